import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { TrialWorker } from '../../src/study/trial_worker.js';
import { Control } from '../../src/train/control.js';
import type { TrainEvent } from '../../src/train/events.js';

/**
 * A process that answers as the one that trains does: a stop is for the trial that it trains. What it does, the values of the
 * trial say.
 */
const ENTRY = join(mkdtempSync(join(tmpdir(), 'fer-tui-worker-')), 'entry.mjs');
writeFileSync(
  ENTRY,
  `let trains = false;
process.on('message', ({ type, order }) => {
  if (type === 'stop') {
    if (trains) process.send({ type: 'record', record: { state: 'running' } });
    trains = false;
    return;
  }
  trains = true;
  if (order.values.what === 'train') process.send({ type: 'event', event: { type: 'epoch' } });
  else if (order.values.what === 'fail') process.send({ type: 'error', message: 'no data', exit: 4 });
  else if (order.values.what === 'die') {
    console.error('first\\nout of luck');
    process.exit(3);
  } else process.kill(process.pid, 'SIGKILL');
});
process.on('disconnect', () => process.exit());
`,
);
const worker = new TrialWorker(ENTRY);
afterAll(() => worker.close());

const order = (what: string) => ({
  ...{ number: 1, values: { what }, settings: { epochs: 1 }, run: '/nowhere', until: 1 },
  objective: 'loss' as const,
});

it('stops when it is asked to, before it begins or while it trains, and says what it is told', async () => {
  const [control, heard] = [new Control(), [] as TrainEvent[]];
  const emit = (event: TrainEvent): void => {
    heard.push(event);
    control.stop('sigint');
  };
  const began = worker.run(order('train'), { control, emit });
  const { pid } = worker;
  expect(await began).toEqual({ state: 'running' });
  expect(heard).toEqual([{ type: 'epoch' }]);
  expect(await worker.run(order('train'), { control, emit })).toEqual({ state: 'running' });
  expect(worker.pid).toBe(pid);
});

it('passes on an error that is not the fault of the trial', async () => {
  const told = worker.run(order('fail'), { control: new Control(), emit: () => undefined });
  await expect(told).rejects.toMatchObject({ message: 'no data', exitCode: 4 });
});

it('tells how the process has died, and begins another one', async () => {
  const how = async (what: string) =>
    (await worker.run(order(what), { control: new Control(), emit: () => undefined })).error;
  expect(await how('die')).toMatch(/ended \(exit 3\): out of luck$/);
  expect(await how('kill')).toMatch(/ended \(SIGKILL: out of memory, or by hand\)$/);
});
