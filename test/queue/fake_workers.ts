import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, vi } from 'vitest';
import { Coordinator } from '../../src/queue/coordinator.js';
import { WorkerFiles } from '../../src/queue/files.js';
import { type TrainTrial, work } from '../../src/queue/worker.js';
import type { TrialOrder } from '../../src/study/run_trial.js';
import type { TrialRecord } from '../../src/study/trial.js';
import { Control } from '../../src/train/control.js';
import type { TrainEvent } from '../../src/train/events.js';
import { fakeEvents } from '../helpers/events.js';
import type { MemoryStore } from '../helpers/memory_store.js';

/** Workers and coordinators of the tests, with a stand-in for training. */

export const folder = (): string => mkdtempSync(join(tmpdir(), 'fer-tui-queue-'));
export const read = (run: string, name: string): string => readFileSync(join(run, name), 'utf8');
export const quiet = (): void => undefined;

/** What a trainer of the tests does at an epoch, beside training. */
export type AtEpoch = (epoch: number, order: TrialOrder) => void | Promise<void>;

const EPOCHS = fakeEvents({ epochs: 9, of: 9, steps: 1 }).filter((event) => event.type === 'epoch');

/**
 * Stands in for training: an epoch appends its number to the checkpoint, which is all that an epoch depends on. Like a real run
 * it keeps its settings, logs, and goes on from its checkpoint.
 */
export const trainer =
  (log: string[], atEpoch: AtEpoch = quiet): TrainTrial =>
  async (order, { control, emit }) => {
    const { run, until, number, values } = order;
    const path = (name: string): string => join(run, name);
    const trained = (): string =>
      existsSync(path('checkpoint.safetensors')) ? read(run, 'checkpoint.safetensors') : '';
    const record = (state: TrialRecord['state']): TrialRecord => {
      const epochs = trained().length;
      const curve = Array.from({ length: epochs }, (_, i) => (i === 1 ? Number.NaN : i / 10));
      return { number, values, run, until, epochs, state, metric: 0, curve, seconds: epochs };
    };
    log.push(`${number} from ${trained().length} to ${until}`);
    if (!existsSync(path('config.json'))) {
      mkdirSync(run, { recursive: true });
      writeFileSync(path('config.json'), JSON.stringify({ ...order.settings, ...values, out: run }));
      writeFileSync(path('events.ndjson'), `${JSON.stringify({ type: 'step', path: run })}\n`);
      writeFileSync(
        path('events.ndjson'),
        `${JSON.stringify({ type: 'note', kind: 'data', message: run })}\n`,
        { flag: 'a' },
      );
    }
    for (let epoch = trained().length + 1; epoch <= until; epoch++) {
      await atEpoch(epoch, order);
      if (control.stopped !== undefined) return record('running');
      const event = EPOCHS[epoch - 1] as TrainEvent;
      writeFileSync(path('events.ndjson'), `${JSON.stringify(event)}\n`, { flag: 'a' });
      emit(event);
      writeFileSync(path('best.safetensors'), `best of ${epoch}`);
      writeFileSync(path('checkpoint.safetensors'), `${trained()}${epoch}`);
    }
    return record('paused');
  };

/** Aborted after each test. */
export const open: AbortController[] = [];
afterEach(() => {
  for (const controller of open.splice(0)) controller.abort();
  vi.unstubAllEnvs();
});

interface Told {
  readonly train?: TrainTrial;
  readonly data?: readonly string[];
  readonly once?: boolean;
  readonly syncMs?: number;
  readonly adapter?: string | undefined;
}

/** Starts a worker. @returns how it ended, when it has, and what stops it */
export function worker(
  store: MemoryStore,
  { train = trainer([]), data = [], once = false, syncMs = 0, adapter }: Told = {},
) {
  const stop = new AbortController();
  open.push(stop);
  const [cache, home] = [folder(), folder()];
  const say = vi.fn();
  const files = new WorkerFiles(store, { cache, data, say });
  const card = { name: 'w', host: 'h', version: '1', adapter: 'none', gflops: 1 };
  const options = {
    card,
    train,
    files,
    folder: home,
    leaseMs: 30_000,
    syncMs,
    limit: 1e6,
    once,
    say,
    adapter,
  };
  const ended = work(store, options, stop.signal);
  ended.catch(quiet);
  return { ended, stop: () => stop.abort(), home, cache, say };
}

export function coordinator(store: MemoryStore, limit = 1e6) {
  const say = vi.fn();
  const study = new Coordinator(store, { study: 'abc', limit, say });
  const control = new Control();
  const epochs: number[] = [];
  const emit = (event: TrainEvent): void => void (event.type === 'epoch' && epochs.push(event.epoch));
  const run = (order: TrialOrder): Promise<TrialRecord> => study.run(order, { control, emit });
  return { run, say, epochs, stop: () => control.stop('sigint'), close: () => study.close() };
}

export const order = (part: Partial<TrialOrder> = {}): TrialOrder => ({
  ...{ number: 1, values: { lr: 0.1 }, settings: { data: 'synthetic:70' }, until: 3, objective: 'val_acc' },
  ...{ run: join(folder(), 't1'), ...part },
});
