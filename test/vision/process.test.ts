import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { VISION_DEFAULTS, visionOptions } from '../../src/vision/options.js';
import { VisionProcess } from '../../src/vision/process.js';
import type { Message } from '../../src/vision/protocol.js';
import { needs } from '../helpers/needs.js';

const OPTIONS = visionOptions('demo', VISION_DEFAULTS, { pace: 'ordered' });
const folder = mkdtempSync(join(tmpdir(), 'fer-tui-process-'));
let count = 0;

/** A vision process whose program is this text, and all that is heard of it. */
function start(program: string) {
  const entry = join(folder, `${++count}.mjs`);
  writeFileSync(entry, program);
  const heard: Message[] = [];
  let wake = (): void => undefined;
  const receive = (message: Message): void => {
    heard.push(message);
    wake();
  };
  const vision = new VisionProcess(OPTIONS, receive, entry);
  /** Until so many messages were heard. */
  const until = async (messages: number): Promise<Message[]> => {
    while (heard.length < messages) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return heard;
  };
  return { vision, heard, until };
}
const note = (text: string): string => `process.send({ type: 'note', text: ${text} });`;

describe('the vision process', () => {
  afterEach(() => void vi.useRealTimers());

  it('is told its options first, then commands; a frame is taken once it has been heard', async () => {
    const { vision, heard, until } = start(`
      process.on('message', (command) => {
        process.send({ type: 'note', text: JSON.stringify(command) });
        if (command.type === 'start') process.send({ type: 'frame', inputs: [new Uint8Array([1, 2])] });
      });`);
    vision.send({ type: 'mirror', on: true });
    await until(4);
    expect(heard[0]).toEqual({ type: 'note', text: JSON.stringify({ type: 'start', options: OPTIONS }) });
    const texts = heard.map((message) => (message.type === 'note' ? message.text : message.type));
    expect(texts.filter((text) => text === '{"type":"taken"}')).toHaveLength(1);
    expect(texts).toContain('{"type":"mirror","on":true}');
    expect(texts).toContain('frame');
    await vision.close();
  });

  it(
    'is in a process group of its own, so that ^C in the terminal does not reach it',
    needs.linux,
    async () => {
      const { vision, heard, until } = start(`${note('String(process.pid)')} setInterval(() => {}, 1000);`);
      await until(1);
      const [first] = heard;
      const pid = Number(first?.type === 'note' && first.text);
      expect(() => process.kill(-pid, 0)).not.toThrow();
      await vision.close();
    },
  );

  it('is over with its last message, and nothing is heard after it', async () => {
    const last = { type: 'ended', frames: 3, dropped: 0, seconds: 1, without: 0, labels: {} };
    const { vision, heard, until } = start(`
      process.send(${JSON.stringify(last)});
      ${note('"late"')}
      process.disconnect();`);
    await until(1);
    await sleep(100);
    expect(heard).toEqual([last]);
    await vision.close();
    expect(heard).toEqual([last]);
  });

  it('tells why it failed, and for a camera what the decoder printed', async () => {
    const failed = (exit: number) => `{ type: 'failed', message: 'it cannot be read', exit: ${exit} }`;
    const printed = `console.error('noise'); console.error('[mov,mp4 @ 0x55d0] moov atom not found');`;
    const program = (exit: number, print: string): string =>
      `process.send(${failed(exit)}, () => { ${print} process.exit(0); });`;
    const message = async (text: string) => {
      const { vision, until } = start(text);
      const [heard, ...more] = await until(1);
      await vision.close();
      expect(more).toEqual([]);
      return heard;
    };
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }); // it is told when the process has ended, however long that takes
    expect(await message(program(7, printed))).toEqual({
      ...{ type: 'failed', exit: 7, message: 'it cannot be read (the decoder says: moov atom not found)' },
    });
    const secret = `console.error("[hls @ 0x5] 'http://me:pw@cam/1.ts?token=SECRET' failed");`;
    expect(await message(program(7, secret))).toMatchObject({
      message: "it cannot be read (the decoder says: 'http://cam/1.ts?token=***' failed)",
    });
    const plain = { type: 'failed', exit: 7, message: 'it cannot be read' };
    expect(await message(program(7, "console.error('x [mov @ 0x5] no');"))).toEqual(plain);
    expect(await message(program(5, printed))).toEqual({ ...plain, exit: 5 });
    expect(vi.getTimerCount()).toBe(0); // nothing keeps the program alive
    vi.useRealTimers();
    // Also where it goes on.
    expect(await message(`process.send(${failed(7)}); setInterval(() => {}, 1000);`)).toEqual(plain);
  });

  it.each([
    ['process.exit(3);', '(exit 3); try again'],
    [
      "console.error('one'); console.error('two'); process.exit(1);",
      '(exit 1); its last output: two; try again',
    ],
    [
      "console.error('no route to http://me:pw@cam/v?token=SECRET'); process.exit(1);",
      '(exit 1); its last output: no route to http://cam/v?token=***; try again',
    ],
    ["process.kill(process.pid, 'SIGKILL');", '(SIGKILL); try again'],
  ])('says with what it died: %s', async (program, words) => {
    const { vision, until } = start(program);
    const [message] = await until(1);
    expect(message).toMatchObject({ type: 'failed', exit: 7 });
    expect(message?.type === 'failed' && message.message).toContain(
      `the vision process ended unexpectedly ${words}`,
    );
    vision.send({ type: 'stop' }); // to nobody
    await vision.close();
  });

  it('keeps what it printed last, and none of it reaches this terminal', async () => {
    const { vision, until } = start(`
      console.error('x'.repeat(5000));
      console.error('the end');
      process.exitCode = 1;`);
    const [message] = await until(1);
    expect(message?.type === 'failed' && message.message).toContain('its last output: the end');
    await vision.close();
  });

  it('is closed without another word, by force where it hangs', async () => {
    const { vision, heard, until } = start(`
      process.on('disconnect', () => {});
      process.on('SIGTERM', () => {});
      ${note('String(process.pid)')}
      setInterval(() => {}, 1000);`);
    await until(1);
    const [first] = heard;
    const pid = Number(first?.type === 'note' && first.text);
    expect(() => process.kill(pid, 0)).not.toThrow();
    const begin = performance.now();
    await vision.close();
    expect(performance.now() - begin).toBeGreaterThan(1400);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(heard).toHaveLength(1);
  });

  it('that ends when it is left is not waited for', async () => {
    const { vision, until } = start(`${note('""')} process.on('disconnect', () => process.exit(0));`);
    await until(1);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await vision.close(); // however long that takes, as no time passes
    expect(vi.getTimerCount()).toBe(0);
  });
});
