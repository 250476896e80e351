import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { hashOf, putFile } from '../../src/queue/parcels.js';
import { EXIT, QueueError } from '../../src/util/errors.js';
import { MemoryStore } from '../helpers/memory_store.js';
import { eventually } from '../helpers/patience.js';
import { type AtEpoch, coordinator, open, order, quiet, read, trainer, worker } from './fake_workers.js';

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
    await eventually(() => expect(readdirSync(home)).toEqual([]));
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
      await eventually(() => expect(store.tasks.get('abc.1.4')?.progress?.folder?.files.length).toBe(4));
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

  it('tells of each epoch once', async () => {
    const store = new MemoryStore();
    const study = coordinator(store);
    const heard: AtEpoch = (epoch) => eventually(() => expect(study.epochs.at(-1) ?? 0).toBe(epoch - 1));
    worker(store, { train: trainer([], heard) });
    await study.run(order());
    expect(study.epochs.slice(0, 2)).toEqual([1, 2]);
  });

  it('copies the checkpoint to the store at the times of --sync alone', async () => {
    const store = new MemoryStore();
    const copied = (): string[] | undefined =>
      store.tasks.get('abc.1.2')?.progress?.folder?.files.map(({ name }) => name);
    const copies: unknown[] = [];
    const looks: AtEpoch = async (epoch) => {
      if (epoch === 1) await eventually(() => expect(copied()).toBeDefined());
      else await sleep(1200); // longer than a worker takes to see the new checkpoint
      copies.push(copied());
    };
    worker(store, { train: trainer([], looks), syncMs: 60_000 });
    const asked = order({ until: 2 });
    await coordinator(store).run(asked);
    expect(copies).toEqual(Array(2).fill(['config.json', 'events.ndjson']));
    expect(read(asked.run, 'checkpoint.safetensors')).toBe('12');
  });

  it('begins anew where the copy of the checkpoint is no longer whole', async () => {
    const [store, log]: [MemoryStore, string[]] = [new MemoryStore(), []];
    const dies: AtEpoch = async (epoch) => {
      if (epoch < 3) return;
      await eventually(() => expect(store.tasks.get('abc.1.4')?.progress?.folder).toBeDefined());
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
    expect(record).toMatchObject({
      ...{ state: 'failed', error: expect.stringContaining('died'), exit: EXIT.device },
    });
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
    await eventually(() => expect(store.tasks.size).toBe(1));
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
    await eventually(() => expect(begun.epochs).toEqual([1]));
    begun.stop();
    expect(await running).toMatchObject({ state: 'running', epochs: 1 });
    expect(store.tasks.get('abc.1.3')?.state).toBe('active');
    expect(read(asked.run, 'events.ndjson')).toContain(
      `{"type":"note","kind":"data","message":"${asked.run}"}`,
    );
    expect(read(asked.run, 'events.ndjson')).not.toContain('step');
  });
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
