import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { completions, lineOf, outcome, startCli, startWorker } from '../../bench/queue_kit.mjs';
import { csv, pixels } from '../data/fixtures.js';
import { all, FULL, need, needs } from '../helpers/needs.js';
import { netSpaces } from '../helpers/net_spaces.js';
import { RedisServer } from '../helpers/redis_server.js';

/** Studies by real workers through a real server. Each must end as one in a single process does, to the last bit. */

const folder = mkdtempSync(join(tmpdir(), 'fer-tui-queue-full-'));
const SPACE = join(folder, 'space.yaml');
writeFileSync(SPACE, 'space:\n  lr: [0.001, 0.003, 0.01, 0.03]\n');
const TINY = ['--model', 'fer-shallow', '--filters', '4', '--dense', '8', '--json', '--quiet'];
const searchOn =
  (data: string, epochs: number) =>
  (...args: string[]) => ['search', SPACE, ...TINY, '--data', data, '--epochs', String(epochs), ...args];
const search = searchOn('synthetic:70', 8);

const network = FULL ? netSpaces() : undefined;
const needNetwork = need(network !== undefined, 'network namespaces cannot be made here (root on Linux can)');
afterAll(() => network?.remove());

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const started = (...[args, options]: Parameters<typeof startCli>) => {
  const process = startCli(args, options);
  closing.push(process.kill);
  return process;
};
async function startedWorker(...[url, args, options]: Parameters<typeof startWorker>) {
  const worker = await startWorker(url, ['--lease', '4', '--sync', '0', ...(args ?? [])], options);
  closing.push(worker.kill);
  return worker;
}
async function server(...options: string[]): Promise<RedisServer> {
  const redis = await RedisServer.start(...options);
  closing.push(() => redis.kill());
  return redis;
}

describe('a study by a queue', all(needs.full, needs.redis), () => {
  const alone = join(folder, 'alone');
  const whole = () => outcome(alone);
  const expectWhole = (study: string): void => {
    expect(outcome(study)).toEqual(whole());
    expect(completions(study)).toEqual([1, 1, 1, 1]);
  };

  beforeAll(async () => {
    expect(await startCli(search('--out', alone)).ended).toBe(0);
    expect(whole().map(({ state, epochs }) => [state, epochs])).toEqual(Array(4).fill(['complete', 8]));
  });

  it('survives workers that are killed', async () => {
    const { url } = await server();
    const study = join(folder, 'killed');
    let worker = await startedWorker(url);
    const coordinator = started(search('--out', study, '--queue', url));
    await lineOf(coordinator, 'epoch');
    for (let kills = 0; kills < 4; kills++) {
      await new Promise((resolve) => setTimeout(resolve, 700 * kills));
      worker.kill();
      worker = await startedWorker(url);
    }
    expect(await coordinator.ended, coordinator.output.stderr).toBe(0);
    expectWhole(study);
  });

  it('survives a coordinator and a server that are killed, and gives back what a worker that is stopped has', async () => {
    const redis = await server();
    const study = join(folder, 'coordinators');
    const [first] = await Promise.all([startedWorker(redis.url), startedWorker(redis.url)]);
    const killed = started(search('--out', study, '--queue', redis.url));
    await lineOf(killed, 'epoch');
    killed.kill();
    await killed.ended;
    await redis.kill();
    await redis.launch();
    const again = started(['search', '--resume', study, '--queue', redis.url, '--json', '--quiet']);
    await lineOf(again, 'epoch');
    first?.child.kill('SIGTERM');
    expect(await first?.ended).toBe(143);
    expect(await again.ended, again.output.stderr).toBe(0);
    expectWhole(study);
  });

  it('over TLS with a password, which is written nowhere', async () => {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const made = [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      certificate,
    ];
    expect(spawnSync('openssl', [...made, ...names]).status).toBe(0);
    const { port } = await server(
      ...['--requirepass', 'opensesame', '--port', '0', '--tls-auth-clients', 'no'],
      ...['--tls-cert-file', certificate, '--tls-key-file', key],
    );
    const url = `rediss://:opensesame@localhost:${port}`;
    const stranger = started(['worker', '--json'], { env: { FER_TUI_QUEUE: url } });
    expect(await stranger.ended, 'an unknown certificate').toBe(10);
    const env = { NODE_EXTRA_CA_CERTS: certificate };
    const worker = await startedWorker(url, [], { env });
    const study = join(folder, 'secret');
    const coordinator = started([...search('--out', study), '--queue'], {
      env: { ...env, FER_TUI_QUEUE: url },
    });
    expect(await coordinator.ended, coordinator.output.stderr).toBe(0);
    worker.child.kill('SIGTERM');
    await worker.ended;
    expectWhole(study);
    const printed = [stranger, worker, coordinator]
      .map(({ output }) => output.stdout + output.stderr)
      .join('');
    expect(printed).toContain('localhost');
    expect(printed).not.toContain('opensesame');
    for (const entry of readdirSync(study, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      expect(readFileSync(join(entry.parentPath, entry.name)).includes('opensesame'), entry.name).toBe(false);
    }
  });

  it('between two machines, one of which has to fetch the data', needNetwork, async () => {
    if (network === undefined) throw new Error('there is a network');
    const spaces = network;
    const data = mkdtempSync(join(folder, 'data-'));
    const rows = Array.from(
      { length: 70 },
      (_, i) => [i % 7, i < 56 ? 'Training' : 'PublicTest', pixels(i)] as const,
    );
    writeFileSync(join(data, 'faces.csv'), csv(rows));
    const own = searchOn(join(data, 'faces.csv'), 2)();
    const here = join(folder, 'here');
    expect(await started([...own, '--out', here]).ended).toBe(0);

    const redis = await RedisServer.within(spaces.here, spaces.address, '--protected-mode', 'no');
    closing.push(() => redis.kill());
    const url = `redis://${spaces.address}:${redis.port}`;
    const study = join(folder, 'spaces');
    // On the other machine, the folder of the data is empty.
    const hidden = ['sh', '-c', `mount -t tmpfs none '${data}' && exec "$@"`, 'sh'];
    const cache = mkdtempSync(join(folder, 'cache-'));
    const worker = await startedWorker(url, [], {
      before: [...spaces.there, ...hidden],
      env: { XDG_CACHE_HOME: cache, FER_TUI_DATA: '' },
    });
    const coordinator = started([...own, '--out', study, '--queue', url], { before: spaces.here });
    expect(await coordinator.ended, coordinator.output.stderr).toBe(0);
    expect(outcome(study)).toEqual(outcome(here));
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(143);
    expect(readdirSync(join(cache, 'fer-tui', 'fetched'))).toEqual([expect.stringMatching(/\.faces$/)]);
  });
});
