import type { Engine } from '../../src/engine/engine.js';
import { HANDLERS } from '../../src/engine/handlers.js';
import { SILENT_ENGINE } from './render_at.js';

/** An engine that answers in this process, without a device: requests that need one fail. `settled` waits for answers. */
export function localEngine(): Engine & { settled(): Promise<void> } {
  const pending: Promise<unknown>[] = [];
  const request: Engine['request'] = (name, args, options = {}) => {
    const answer = (async () => {
      const handler = await HANDLERS[name]();
      return handler(args, {
        progress: (value) => options.onProgress?.(value),
        signal: options.signal ?? new AbortController().signal,
        gpu: () => Promise.reject(new Error('no device in this test')),
      });
    })();
    pending.push(answer.catch(() => undefined));
    return answer;
  };
  return {
    ...SILENT_ENGINE,
    request,
    async settled() {
      // Keys and answers may lead to requests one turn of the loop later.
      do {
        await Promise.all(pending.splice(0));
        await new Promise((resolve) => setTimeout(resolve, 5));
      } while (pending.length > 0);
    },
  };
}
