import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { queueAddress } from '../../src/queue/address.js';
import { RedisCoordinatorStore, RedisWorkerStore } from '../../src/queue/redis_store.js';
import type { Lease, Task, TaskResult } from '../../src/queue/task.js';
import { QueueError } from '../../src/util/errors.js';
import { runCli } from '../helpers/cli.js';
import { needs } from '../helpers/needs.js';
import { eventually } from '../helpers/patience.js';
import { RedisServer } from '../helpers/redis_server.js';

const task = (id: string): Task => ({
  ...{ id, study: 's', version: '0.1.0', needs: [], folder: { sender: '', files: [] } },
  order: { number: 1, values: {}, settings: {}, run: 't1', until: 3, objective: 'val_acc' },
});

const result = ({ task: { order } }: Lease, worker = 'w'): TaskResult => ({
  worker,
  folder: { sender: '', files: [] },
  record: { ...order, epochs: 3, state: 'complete', metric: 0.5, curve: [0.5], seconds: 1 },
});

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function server(...options: string[]): Promise<RedisServer> {
  const started = await RedisServer.start(...options);
  closing.push(() => started.kill());
  return started;
}

/** A coordinator and workers. Their leases are far too long to run out, unless told otherwise. */
async function ends(url: string, { leases = [60_000], say = vi.fn() } = {}) {
  const address = queueAddress(url, {});
  const coordinator = await RedisCoordinatorStore.open({ address, say });
  closing.push(() => coordinator.close());
  const opened = leases.map(async (leaseMs) => {
    const worker = await RedisWorkerStore.open({ address, say, leaseMs });
    closing.push(() => worker.close());
    return worker;
  });
  const [first, second] = await Promise.all(opened);
  if (first === undefined) throw new Error('there is at least one worker');
  return { coordinator, worker: first, second: second ?? first, say };
}

/** Serves one task with `handle`. */
function serveOne(worker: RedisWorkerStore, handle: (lease: Lease) => Promise<TaskResult | undefined>) {
  const stop = new AbortController();
  closing.push(() => stop.abort());
  return worker.serve(async (lease) => {
    stop.abort();
    return handle(lease);
  }, stop.signal);
}

describe('the store in Redis', needs.redis, () => {
  it('hands a task to one worker, and its progress and result back', async () => {
    const { coordinator, worker } = await ends((await server()).url);
    const news: string[] = [];
    coordinator.onNews((id) => news.push(id));
    expect(await coordinator.look('s.1.3')).toBeUndefined();
    await coordinator.submit(task('s.1.3'));
    expect(await coordinator.look('s.1.3')).toEqual({ state: 'waiting' });
    await serveOne(worker, async (lease) => {
      expect(lease.task).toEqual(task('s.1.3'));
      expect(lease.earlier).toBeUndefined();
      await lease.report({ worker: 'w', epochs: 2 });
      const progress = { worker: 'w', epochs: 2 };
      expect(await coordinator.look('s.1.3')).toEqual({ state: 'active', progress });
      expect(await coordinator.forget('s.1.3')).toBe(false);
      return result(lease);
    });
    const view = await coordinator.look('s.1.3');
    expect(view?.state).toBe('done');
    expect(view?.result?.record).toMatchObject({ epochs: 3, metric: 0.5 });
    await eventually(() => expect(news).toEqual(['s.1.3', 's.1.3', 's.1.3']));
    await coordinator.submit(task('s.1.3'));
    expect((await coordinator.look('s.1.3'))?.state, 'queued twice').toBe('done');
    expect(await coordinator.forget('s.1.3')).toBe(true);
    expect(await coordinator.look('s.1.3')).toBeUndefined();
  });

  it('never shows a task as done without its result', async () => {
    const { coordinator, worker } = await ends((await server()).url);
    const ids = Array.from({ length: 40 }, (_, i) => `s.${i}.3`);
    for (const id of ids) await coordinator.submit(task(id));
    const stop = new AbortController();
    const served = worker.serve(async (lease) => {
      if (lease.task.id === ids.at(-1)) stop.abort();
      return result(lease);
    }, stop.signal);
    for (const id of ids) {
      let view = await coordinator.look(id);
      while (view?.state !== 'done') view = await coordinator.look(id);
      expect(view.result?.record.epochs).toBe(3);
    }
    await served;
  });

  it('keeps bytes by shelf', async () => {
    const { coordinator, worker } = await ends((await server()).url);
    const bytes = Uint8Array.from({ length: 300 }, (_, i) => i);
    await worker.depot.put('a', 'x', bytes);
    await worker.depot.put('a', 'y', bytes.subarray(5, 7));
    expect(await coordinator.depot.get('a', 'x')).toEqual(Buffer.from(bytes));
    expect(await coordinator.depot.get('a', 'y')).toEqual(Buffer.from([5, 6]));
    await coordinator.depot.remove('a', ['x']);
    expect(await coordinator.depot.get('a', 'x')).toBeUndefined();
    await coordinator.depot.clear('a');
    expect(await worker.depot.get('a', 'y')).toBeUndefined();
  });

  it('shows the workers that gave a sign of life within their lease, and passes their requests for files on once', async () => {
    const { coordinator, worker, second: brief } = await ends((await server()).url, { leases: [60_000, 50] });
    const card = { name: 'w1', host: 'h', version: '1', adapter: 'a', gflops: 5 };
    await worker.announce(card);
    await worker.announce({ ...card, name: 'w2', task: 't' });
    const names = async () => (await coordinator.workers()).map(({ name }) => name).sort();
    expect(await names()).toEqual(['w1', 'w2']);
    await brief.announce({ ...card, name: 'killed' });
    await brief.announce({ ...card, name: 'w2' });
    await eventually(async () => expect(await names()).toEqual(['w1']));
    await worker.announce({ ...card, name: 'w2', task: 't' });
    await worker.announce(card);
    await worker.leave('w1');
    expect(await coordinator.workers()).toEqual([{ ...card, name: 'w2', task: 't' }]);
    await worker.requestFile('s', 'abc');
    await worker.requestFile('s', 'abc');
    await worker.requestFile('other', 'def');
    expect(await coordinator.takeFileRequests('s')).toEqual(['abc']);
    expect(await coordinator.takeFileRequests('s')).toEqual([]);
  });

  it('gives the task of a silent worker to another one, and refuses what the first one brings', async () => {
    const { coordinator, worker, second } = await ends((await server()).url, { leases: [600, 3000] });
    await coordinator.submit(task('s.1.3'));
    let silent: Lease | undefined;
    // A worker that is killed, or stands still, renews nothing.
    const renew = vi
      .spyOn(globalThis, 'setInterval')
      .mockImplementationOnce(() => setTimeout(() => undefined));
    const free = new AbortController();
    const lost = serveOne(worker, async (lease) => {
      silent = lease;
      await lease.report({ worker: 'first', epochs: 1 });
      await sleep(60_000, undefined, { signal: free.signal }).catch(() => undefined);
      return result(lease, 'first');
    });
    await eventually(() => expect(silent).toBeDefined());
    renew.mockRestore();
    await serveOne(second, async (lease) => {
      expect(lease.earlier).toEqual({ worker: 'first', epochs: 1 });
      return result(lease, 'second');
    });
    free.abort();
    await lost;
    expect((await coordinator.look('s.1.3'))?.result?.worker).toBe('second');
  });

  it('gives a task back that a worker did not finish, and what its work throws', async () => {
    const { coordinator, worker, second } = await ends((await server()).url, { leases: [60_000, 60_000] });
    await coordinator.submit(task('s.1.3'));
    await serveOne(worker, async () => undefined);
    expect((await coordinator.look('s.1.3'))?.state).toBe('waiting');
    const thrown = serveOne(second, async () => {
      throw new Error('no data');
    });
    await expect(thrown).rejects.toThrow('no data');
    expect((await coordinator.look('s.1.3'))?.state).toBe('waiting');
  });

  it('goes on after the server was killed and has come back with what it had', async () => {
    const redis = await server();
    const { coordinator, worker, say } = await ends(redis.url);
    await coordinator.submit(task('s.1.3'));
    await coordinator.submit(task('s.2.3'));
    await coordinator.depot.put('a', 'x', Buffer.from('bytes'));
    const stop = new AbortController();
    let done = 0;
    const served = worker.serve(async (lease) => {
      if (done === 0) {
        await redis.kill();
        const waiting = lease.report({ worker: 'w', epochs: 1 });
        await sleep(300);
        await redis.launch();
        await waiting;
      }
      if (++done === 2) stop.abort();
      return result(lease);
    }, stop.signal);
    await served;
    expect((await coordinator.look('s.1.3'))?.state).toBe('done');
    expect((await coordinator.look('s.2.3'))?.state).toBe('done');
    expect(await coordinator.depot.get('a', 'x')).toEqual(Buffer.from('bytes'));
    const said = say.mock.calls.map(([text]) => String(text).replace(/:\d+/g, ''));
    expect(said).toContainEqual('lost the queue at redis://127.0.0.1; trying again');
    expect(said).toContainEqual('the queue at redis://127.0.0.1 is back');
  });

  it('is left at once by a worker that is stopped, which does not take its own farewell for a server that is away', async () => {
    const { url } = await server();
    let asked = false;
    const { code, stderr } = await runCli(['worker', '--queue', url], {
      onStderr: (text, kill) => {
        if (!asked && text.includes('waiting for trials')) kill('SIGTERM');
        asked ||= text.includes('waiting for trials');
      },
    });
    expect(code).toBe(143);
    expect(stderr).toMatch(/waiting for trials at .*\n\nstopping; press \^C again to exit at once\n$/);
  });

  it('wants the right password, and never tells it', async () => {
    const { port } = await server('--requirepass', 'sesame');
    const open = (credentials: string) =>
      RedisCoordinatorStore.open({
        ...{ address: queueAddress(`redis://${credentials}127.0.0.1:${port}`, {}), say: vi.fn() },
      });
    await (await open(':sesame@')).close();
    for (const credentials of ['', ':hunter2@', 'someone:hunter2@']) {
      const error = await open(credentials).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(QueueError);
      expect((error as QueueError).cause).toBeUndefined();
      expect(String(error)).toMatch(
        /cannot use the queue at redis:\/\/127\.0\.0\.1:\d+: .*give redis:\/\/:PASSWORD@HOST, or redis:\/\/USER:PASSWORD@HOST/,
      );
      expect(`${(error as QueueError).stack}${JSON.stringify(error)}`).not.toContain('hunter2');
    }
  });
});

it('says where no server is', async () => {
  const open = RedisWorkerStore.open({
    ...{ address: queueAddress('redis://127.0.0.1:1', {}), say: vi.fn(), leaseMs: 1000 },
  });
  await expect(open).rejects.toThrow(
    /redis:\/\/127\.0\.0\.1:1: .*ECONNREFUSED.*is a Redis or Valkey server running/,
  );
});
