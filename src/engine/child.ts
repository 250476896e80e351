import { constants, setPriority } from 'node:os';
import type { Gpu } from '../gpu/device.js';
import { FerError } from '../util/errors.js';
import type { Handler } from './handler.js';
import { HANDLERS } from './handlers.js';
import { BATCH_MS, type Batch, type Command, HEARTBEAT_MS, type Message } from './protocol.js';
import type { RequestName } from './requests.js';

/**
 * The engine's process: everything that computes, at a low priority, so that the screen stays quick. It ends when its
 * parent does; a training is then saved first.
 */
setPriority(constants.priority.PRIORITY_LOW); // before any thread of the driver begins, so that they inherit it

let seq = 0;
let waiting: Message[] = [];
let timer: NodeJS.Timeout | undefined;

function send(message: Message): void {
  waiting.push(message);
  timer ??= setTimeout(flush, BATCH_MS);
}

function flush(): void {
  clearTimeout(timer);
  timer = undefined;
  if (waiting.length === 0 || !process.connected) return;
  process.send?.({ seq: seq++, messages: waiting } satisfies Batch);
  waiting = [];
}

setInterval(() => send({ type: 'heartbeat' }), HEARTBEAT_MS).unref();

let gpu: Promise<Gpu> | undefined;

/** The device of all requests; a failure is not kept, so that asking again tries again. */
function sharedGpu(): Promise<Gpu> {
  gpu ??= import('../gpu/device.js').then(({ openGpu }) => openGpu());
  gpu.catch(() => {
    gpu = undefined;
  });
  return gpu;
}

const asked = new Map<number, AbortController>();

async function answer({ id, name, args }: Extract<Command, { type: 'request' }>): Promise<void> {
  const controller = new AbortController();
  asked.set(id, controller);
  try {
    const handler = (await HANDLERS[name]()) as Handler<RequestName>;
    const value = await handler(args as never, {
      progress: (progress: unknown) => send({ type: 'progress', id, value: progress }),
      signal: controller.signal,
      gpu: sharedGpu,
    });
    send({ type: 'reply', id, value });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (!(error instanceof FerError)) console.error(error); // our bug: its stack goes to the log
    send({ type: 'failed', id, message: text });
  } finally {
    asked.delete(id);
    flush();
  }
}

process.on('message', (command: Command) => {
  switch (command.type) {
    case 'request':
      void answer(command);
      break;
    case 'cancel':
      asked.get(command.id)?.abort();
      break;
    default:
      break;
  }
});
process.on('disconnect', () => process.exit(0));
