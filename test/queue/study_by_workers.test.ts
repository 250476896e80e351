import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { encodeFaces } from '../../src/data/faces_file.js';
import { loadSource } from '../../src/data/load.js';
import { Coordinator } from '../../src/queue/coordinator.js';
import { CoordinatorFiles, WorkerFiles } from '../../src/queue/files.js';
import { hashOf, putFile } from '../../src/queue/parcels.js';
import type { NeededFile } from '../../src/queue/task.js';
import { type TrainTrial, work } from '../../src/queue/worker.js';
import type { TrialOrder } from '../../src/study/run_trial.js';
import type { TrialRecord } from '../../src/study/trial.js';
import { Control } from '../../src/train/control.js';
import type { TrainEvent } from '../../src/train/events.js';
import { OPTION_ENTRIES } from '../../src/train/options.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { DataError, QueueError } from '../../src/util/errors.js';
import { png, someSplit } from '../data/fixtures.js';
import { fakeEvents } from '../helpers/events.js';
import { MemoryStore } from '../helpers/memory_store.js';

const folder = (): string => mkdtempSync(join(tmpdir(), 'fer-tui-queue-'));
const read = (run: string, name: string): string => readFileSync(join(run, name), 'utf8');
const quiet = (): void => undefined;

/** What a trainer of the tests does at an epoch, beside training. */
type AtEpoch = (epoch: number, order: TrialOrder) => void | Promise<void>;

const EPOCHS = fakeEvents({ epochs: 9, of: 9, steps: 1 }).filter((event) => event.type === 'epoch');

/**
 * Stands in for training: an epoch appends its number to the checkpoint, which is all that an epoch depends on. Like a real run
 * it keeps its settings, logs, and goes on from its checkpoint.
 */
const trainer =
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

const open: AbortController[] = [];
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
function worker(
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

function coordinator(store: MemoryStore, limit = 1e6) {
  const say = vi.fn();
  const study = new Coordinator(store, { study: 'abc', limit, say });
  const control = new Control();
  const epochs: number[] = [];
  const emit = (event: TrainEvent): void => void (event.type === 'epoch' && epochs.push(event.epoch));
  const run = (order: TrialOrder): Promise<TrialRecord> => study.run(order, { control, emit });
  return { run, say, epochs, stop: () => control.stop('sigint'), close: () => study.close() };
}

const order = (part: Partial<TrialOrder> = {}): TrialOrder => ({
  ...{ number: 1, values: { lr: 0.1 }, settings: { data: 'synthetic:70' }, until: 3, objective: 'val_acc' },
  ...{ run: join(folder(), 't1'), ...part },
});

describe('a study by workers', () => {
  it('has a step trained elsewhere, with its curve and its files as if it had been here', async () => {
    const store = new MemoryStore();
    const { home } = worker(store);
    const study = coordinator(store);
    const asked = order();
    const record = await study.run(asked);
    const { number, values, run, until } = asked;
    expect(record).toEqual({
      ...{ number, values, run, until, epochs: 3, state: 'paused', metric: 0, seconds: 3 },
      curve: [0, Number.NaN, 0.2],
    });
    expect(readdirSync(run).sort()).toEqual([
      ...['best.safetensors', 'checkpoint.safetensors', 'config.json', 'events.ndjson'],
    ]);
    expect(read(run, 'best.safetensors')).toBe('best of 3');
    expect(JSON.parse(read(run, 'config.json'))).toEqual({ data: 'synthetic:70', lr: 0.1, out: run });
    expect(read(run, 'events.ndjson')).toContain(`{"type":"step","path":"${run}"}`);
    expect(read(run, 'events.ndjson')).not.toContain(home);
    expect([store.tasks.size, store.shelves.size]).toEqual([0, 0]);
    await vi.waitFor(() => expect(readdirSync(home)).toEqual([]));
  });

  it('begins with the weights of a network that comes with the program: they travel as a file', async () => {
    const store = new MemoryStore();
    const begun: unknown[] = [];
    const look: AtEpoch = (_, { settings, values }) => void begun.push(settings['init'], values['init']);
    worker(store, { train: trainer([], look) });
    const shared = order({ settings: { data: 'synthetic:70', init: 'fer-shallow' }, until: 1 });
    const record = await coordinator(store).run(shared);
    await coordinator(store).run(order({ number: 2, values: { init: 'fer-shallow' }, until: 1 }));
    expect(begun.filter(Boolean)).toEqual(Array(2).fill(expect.stringMatching(/fer-shallow\.h5$/)));
    expect(record.values).toEqual(shared.values);
  });

  it('goes on with a trial that was paused, on any worker', async () => {
    const [store, log]: [MemoryStore, string[]] = [new MemoryStore(), []];
    const asked = order({ until: 1 });
    const study = coordinator(store);
    const first = worker(store, { train: trainer(log), once: true, adapter: 'A' });
    await study.run(asked);
    await first.ended;
    expect(JSON.parse(read(asked.run, 'config.json'))).toMatchObject({ adapter: 'A' });
    const adapters: unknown[] = [];
    const look: AtEpoch = (_, { run }) => void adapters.push(JSON.parse(read(run, 'config.json')).adapter);
    worker(store, { train: trainer(log, look) });
    await study.run({ ...asked, until: 4 });
    expect(adapters).toEqual([undefined, undefined, undefined]);
    expect(log).toEqual(['1 from 0 to 1', '1 from 1 to 4']);
    expect(read(asked.run, 'checkpoint.safetensors')).toBe('1234');
    expect(store.submitted).toEqual(['abc.1.1', 'abc.1.4']);
  });

  it('loses no trial with a worker: another one goes on from the last checkpoint in the store', async () => {
    const [store, log]: [MemoryStore, string[]] = [new MemoryStore(), []];
    const dies: AtEpoch = async (epoch) => {
      if (epoch < 3) return;
      await vi.waitFor(() => expect(store.tasks.get('abc.1.4')?.progress?.folder?.files.length).toBe(4));
      store.takeAway('abc.1.4');
    };
    const asked = order({ until: 4 });
    const study = coordinator(store);
    const ended = study.run(asked);
    await worker(store, { train: trainer(log, dies), once: true }).ended;
    worker(store, { train: trainer(log) });
    expect((await ended).epochs).toBe(4);
    expect(log[0]).toBe('1 from 0 to 4');
    expect(log[1]).toMatch(/^1 from [12] to 4$/);
    expect(log).toHaveLength(2);
    expect(study.say).not.toHaveBeenCalled();
    expect(read(asked.run, 'checkpoint.safetensors')).toBe('1234');
  });

  it('begins anew where the copy of the checkpoint is no longer whole', async () => {
    const [store, log]: [MemoryStore, string[]] = [new MemoryStore(), []];
    const dies: AtEpoch = async (epoch) => {
      if (epoch < 3) return;
      await vi.waitFor(() => expect(store.tasks.get('abc.1.4')?.progress?.folder).toBeDefined());
      store.shelves.clear();
      store.takeAway('abc.1.4');
    };
    const study = coordinator(store);
    const asked = order({ until: 4 });
    const ended = study.run(asked);
    await worker(store, { train: trainer(log, dies), once: true }).ended;
    const second = worker(store, { train: trainer(log) });
    expect((await ended).epochs).toBe(4);
    expect(log).toEqual(['1 from 0 to 4', '1 from 0 to 4']);
    expect(second.say).toHaveBeenCalledWith(expect.stringContaining('no longer in the queue'));
  });

  it('records a failure when every worker dies with a trial', async () => {
    const store = new MemoryStore();
    const dies: AtEpoch = () => store.takeAway('abc.1.3', { most: 2 });
    worker(store, { train: trainer([], dies) });
    const record = await coordinator(store).run(order());
    expect(record).toMatchObject({ state: 'failed', error: expect.stringContaining('died') });
  });

  it('gives a trial back when the worker is stopped, with its checkpoint', async () => {
    const [store, log]: [MemoryStore, string[]] = [new MemoryStore(), []];
    const first = worker(store, { train: trainer(log, (epoch) => (epoch === 3 ? first.stop() : undefined)) });
    const asked = order({ until: 4 });
    const ended = coordinator(store).run(asked);
    await first.ended;
    expect(store.tasks.get('abc.1.4')).toMatchObject({
      state: 'waiting',
      progress: { epochs: 2 },
    });
    expect(store.cards.size).toBe(0);
    worker(store, { train: trainer(log) });
    await ended;
    expect(log).toEqual(['1 from 0 to 4', '1 from 2 to 4']);
    expect(store.submitted).toEqual(['abc.1.4']);
  });

  it('goes on after the coordinator was killed, without training anything twice', async () => {
    const [store, log]: [MemoryStore, string[]] = [new MemoryStore(), []];
    const asked = order();
    let looks = 0;
    const dies = { look: async (id: string) => (looks++ === 0 ? store.look(id) : new Promise<never>(quiet)) };
    const killed = coordinator(Object.assign(Object.create(store) as MemoryStore, dies));
    void killed.run(asked);
    await worker(store, { train: trainer(log), once: true }).ended; // its result waits in the store
    const again = coordinator(store);
    const record = await again.run(asked);
    expect(record.epochs).toBe(3);
    expect(log).toEqual(['1 from 0 to 3']);
  });

  it('takes back what no worker has begun when it is stopped, and leaves what one has', async () => {
    const store = new MemoryStore();
    const study = coordinator(store);
    const waiting = study.run(order());
    await vi.waitFor(() => expect(store.tasks.size).toBe(1));
    study.stop();
    expect(await waiting).toMatchObject({ state: 'running', epochs: 0 });
    expect(store.tasks.size).toBe(0);

    const begun = coordinator(store);
    const free = new AbortController();
    open.push(free);
    const slow: AtEpoch = async (epoch) => {
      if (epoch === 2) await sleep(60_000, undefined, { signal: free.signal }).catch(quiet);
    };
    worker(store, { train: trainer([], slow) });
    const asked = order();
    const running = begun.run(asked);
    await vi.waitFor(() => expect(begun.epochs).toEqual([1]));
    begun.stop();
    expect(await running).toMatchObject({ state: 'running', epochs: 1 });
    expect(store.tasks.get('abc.1.3')?.state).toBe('active');
    expect(read(asked.run, 'events.ndjson')).toContain(
      `{"type":"note","kind":"data","message":"${asked.run}"}`,
    );
    expect(read(asked.run, 'events.ndjson')).not.toContain('step');
  });
});

describe('the files of a trial', () => {
  /** A data set and a file of weights on the coordinator's machine. */
  function coordinatorsFiles() {
    const here = folder();
    const [data, init] = [join(here, 'a.faces'), join(here, 'init.h5')];
    const split = someSplit(3);
    const splits = { train: split, validation: split, test: split };
    const parts = { splits, name: 'a', source: 'a', classes: CLASS_NAMES, notes: [], skipped: 0, bad: [] };
    writeFileSync(data, Buffer.concat(encodeFaces(parts)));
    writeFileSync(init, 'weights');
    return { settings: { data, init }, data, init };
  }
  vi.stubEnv('FER_TUI_DATA', '');

  it('carry the names that --classes gives to numbered folders', async () => {
    const store = new MemoryStore();
    const data = folder();
    ['0', '1'].forEach((name, i) => {
      mkdirSync(join(data, 'train', name), { recursive: true });
      writeFileSync(join(data, 'train', name, 'a.png'), png([i, i, i]));
    });
    const files = new CoordinatorFiles(store, 's', 1e9);
    const settings = { data, classes: 'b,a' };
    const [need] = await files.neededBy({ settings, values: {} });
    const cache = folder();
    const there = new WorkerFiles(store, { cache, data: [], say: quiet });
    await store.wish('s', (need as NeededFile).sha256);
    await files.grantWishes();
    // The worker has no such folder.
    const moved = { ...(need as NeededFile), path: join(folder(), 'gone') };
    const path = await there.pathOf(moved, 's', new AbortController().signal);
    const { classes, splits } = await loadSource(path, settings);
    expect([path.startsWith(cache), classes, [...splits.train.labels]]).toEqual([true, ['a', 'b'], [1, 0]]);
    // One that has the same folder reads it with the same names.
    expect(
      await new WorkerFiles(store, { cache: folder(), data: [data], say: quiet }).pathOf(
        moved,
        's',
        new AbortController().signal,
      ),
    ).toBe(data);
  });

  it('are fetched once, and their paths translated both ways', async () => {
    const store = new MemoryStore();
    const { settings, data, init } = coordinatorsFiles();
    const seen: Record<string, unknown>[] = [];
    const { cache, say } = worker(store, {
      train: trainer([], (epoch, { settings: given }) => {
        if (epoch === 1) seen.push(given);
      }),
    });
    const study = coordinator(store);
    const remote = join(folder(), 'gone');
    const asked = order({ settings });
    // The worker must not find them under the coordinator's paths.
    const submit = store.submit.bind(store);
    store.submit = (task) =>
      submit({
        ...task,
        order: { ...task.order, settings: { data: `${remote}/a.faces`, init: `${remote}/init.h5` } },
        needs: task.needs.map((need) => ({ ...need, path: need.path.replace(/^.*\//, `${remote}/`) })),
      });
    await study.run(asked);
    await study.run({ ...asked, number: 2, run: join(folder(), 't2') });
    expect(seen.map((given) => Object.values(given).every((path) => String(path).startsWith(cache)))).toEqual(
      [true, true],
    );
    expect(readFileSync(String(seen[0]?.['data']))).toEqual(readFileSync(data));
    expect(readFileSync(String(seen[0]?.['init']))).toEqual(readFileSync(init));
    expect(String(seen[0]?.['init'])).toMatch(/\.h5$/);
    expect(say).toHaveBeenCalledTimes(2);
    expect(JSON.parse(read(asked.run, 'config.json'))['data']).toBe(`${remote}/a.faces`);
    await study.close();
    expect(store.shelves.size).toBe(0);
  });

  it('are used where they lie on the machine of the worker, whatever they are called', async () => {
    const store = new MemoryStore();
    const { settings, data } = coordinatorsFiles();
    const own = join(folder(), 'other.faces');
    writeFileSync(own, readFileSync(data));
    const seen: unknown[] = [];
    const train = trainer([], (_, given) => void seen.push(given.settings['data']));
    const { say } = worker(store, { data: [join(folder(), 'nothing'), own], train });
    await coordinator(store).run(order({ settings, until: 1 }));
    expect(seen).toEqual([own]);
    expect(say).not.toHaveBeenCalled();
  });

  it('above the limit are not sent: the worker says what to do, and gives the trial back', async () => {
    const store = new MemoryStore();
    const { settings } = coordinatorsFiles();
    const study = coordinator(store, 1000);
    void study.run(order({ settings }));
    await vi.waitFor(() => expect(store.tasks.size).toBe(1));
    const entry = store.tasks.get('abc.1.3');
    const gone = { ...entry?.task.needs[0], path: '/gone/a.faces' };
    if (entry) Object.assign(entry.task.needs, [gone]);
    const { ended } = worker(store);
    await expect(ended).rejects.toThrow(DataError);
    await expect(ended).rejects.toThrow(/\/gone\/a\.faces .*give --data PATH/);
    expect(store.tasks.get('abc.1.3')?.state).toBe('waiting');
  });
});

it('every setting that names a file to read is known to travel, or refused', async () => {
  const texts = OPTION_ENTRIES.filter(([, { type, choices }]) => type === 'string' && choices === undefined);
  const reading = texts.filter(([name, { help }]) => /\bfiles?\b|\.csv/.test(help) && name !== 'teacher');
  expect(reading.map(([name, { file }]) => [name, file !== undefined])).toEqual(
    reading.map(([name]) => [name, true]),
  );
  expect(reading.map(([name]) => name)).toEqual(expect.arrayContaining(['data', 'init', 'labels']));
  const run = coordinator(new MemoryStore()).run(order({ settings: { teacher: 'a.h5' } }));
  await expect(run).rejects.toThrow(/^teacher: /);
});

describe('what comes from a server', () => {
  it.each([
    ['a run that is called ..', { run: '/x/..' }, /not allowed: \.\./],
    ['a run that is called like a hidden file', { run: '/x/.ssh' }, /not allowed/],
  ])('%s is refused', async (_, part, message) => {
    const store = new MemoryStore();
    await store.submit({
      ...{ id: 'x.1.1', study: 'x', version: '0.1.0', needs: [], folder: { sender: '', files: [] } },
      order: order(part),
    });
    await expect(worker(store).ended).rejects.toThrow(message);
  });

  it('a file outside of the run folder is refused, and the step trained again', async () => {
    const store = new MemoryStore();
    const study = coordinator(store);
    const asked = order();
    const ended = study.run(asked);
    const stop = new AbortController();
    await store.serve(async ({ task, sender }) => {
      stop.abort();
      const bytes = Buffer.from('x');
      const sha256 = hashOf(bytes);
      await putFile({ depot: store.depot, shelf: task.id, sender }, { sha256, bytes });
      const folder = { sender, files: [{ name: '../evil', sha256, bytes: 1 }] };
      const record = { ...task.order, epochs: 3, state: 'paused' as const, metric: 0, curve: [], seconds: 1 };
      return { worker: 'w', record, folder };
    }, stop.signal);
    worker(store);
    expect((await ended).epochs).toBe(3);
    expect(study.say).toHaveBeenCalledWith(expect.stringContaining('not allowed: ../evil'));
    expect(existsSync(join(asked.run, '..', 'evil'))).toBe(false);
    expect(read(asked.run, 'checkpoint.safetensors')).toBe('123');
  });

  it('a trial of another version is refused', async () => {
    const store = new MemoryStore();
    await store.submit({
      ...{ id: 'x.1.1', study: 'x', version: '9.9.9', needs: [], folder: { sender: '', files: [] } },
      order: order(),
    });
    await expect(worker(store).ended).rejects.toThrow(QueueError);
  });

  it('a run folder above the limit ends the worker with a message', async () => {
    const store = new MemoryStore();
    const large: AtEpoch = (_, { run }) => writeFileSync(join(run, 'last.safetensors'), Buffer.alloc(2e6));
    const { ended } = worker(store, { train: trainer([], large) });
    void coordinator(store).run(order());
    await expect(ended).rejects.toThrow(/3 MB|--transfer-limit/);
  });
});
