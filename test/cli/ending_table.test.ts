import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { CLI } from '../helpers/cli.js';
import { describeGpu } from '../helpers/gpu.js';
import { all, needs } from '../helpers/needs.js';
import { RedisServer } from '../helpers/redis_server.js';
import { CASES, ENDINGS, type EndingCase, ended, endingFolder, PICTURES } from './ending_cases.js';

let origin = '';
beforeAll(async () => {
  origin = await endingFolder();
});

/** A new folder with the run, the pictures and the space. */
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'fer-tui-ended-'));
  cpSync(origin, path, { recursive: true });
  return path;
}

async function expectEnd(command: string, ending: string): Promise<void> {
  const [given, how] = [CASES[command], ENDINGS[ending]];
  if (given === undefined || how === undefined) throw new RangeError(`no ${command} or ${ending}`);
  const { code, stdout, stderr, left } = await ended(given, how, folder());
  expect(stderr).not.toMatch(/^ {4}at /m);
  expect(left).toEqual([]);
  // A short command may be done before the signal comes, and one that prints only at its end is where its output is closed.
  const inItsMiddle = given.saves ?? (given.when !== undefined && how.closes === undefined);
  if (inItsMiddle) expect(code).toBe(how.saves);
  else expect([0, how.others]).toContain(code);
  if (ending === 'closed stderr' && command === 'predict')
    expect(stdout.match(/"type":"prediction"/g)?.length).toBeGreaterThanOrEqual(PICTURES);
}

/** A worker that has nothing to do. */
const waiting = ({ url }: RedisServer): EndingCase => ({
  args: ['worker', '--queue', url],
  when: { text: 'waiting for trials' },
});

const QUICK: readonly (readonly [command: string, ending: string])[] = [
  ['cv', 'SIGTERM'],
  ['resume', 'SIGINT twice'],
  ['export', 'closed outputs'],
  ['predict', 'SIGINT'],
  ['predict', 'closed stderr'],
];
const REST = Object.keys(CASES).flatMap((command) =>
  Object.keys(ENDINGS)
    // It prints nothing there while it works, so that it cannot notice.
    .filter((ending) => command !== 'webcam' || ending !== 'closed stderr')
    .filter((ending) => !QUICK.some(([one, other]) => one === command && other === ending))
    .map((ending) => [command, ending] as const),
);

describeGpu('a command leaves nothing behind, and tells by its exit code how it ended', () => {
  it.concurrent.each(QUICK)('%s, %s', needs.linux, expectEnd);
  it.each(REST)('%s, %s', all(needs.full, needs.linux), expectEnd);

  it.concurrent.each(['SIGINT', 'SIGTERM', 'SIGHUP'])(
    'worker that waits for trials, %s',
    all(needs.linux, needs.redis),
    async (signal) => {
      const server = await RedisServer.start();
      const how = ENDINGS[signal] as (typeof ENDINGS)[string];
      // Not by onTestFinished, which of tests that run at once takes the hooks for those of one.
      const { code, stderr, left } = await ended(waiting(server), how, folder()).finally(() => server.kill());
      expect([code, left]).toEqual([how.others, []]);
      expect(stderr).not.toMatch(/^ {4}at /m);
    },
  );

  it('worker whose server has gone, SIGTERM', all(needs.linux, needs.redis), async () => {
    const server = await RedisServer.start();
    const act = async ({ kill }: { kill(signal: NodeJS.Signals): unknown }): Promise<void> => {
      await server.kill();
      kill('SIGTERM');
    };
    const { code, stderr, left } = await ended(
      waiting(server),
      { act: (worker) => void act(worker) },
      folder(),
    );
    expect([code, left]).toEqual([143, []]);
    expect(stderr).toContain('lost the queue');
    expect(stderr).not.toMatch(/^ {4}at /m);
  });

  it('a training whose parent is killed saves, and ends', needs.linux, async () => {
    const cwd = folder();
    const args = [CLI, ...(CASES['train']?.args ?? [])];
    // The parent reads what the training prints; nobody does once it is gone.
    const code = `require('node:child_process').spawn(process.execPath, ${JSON.stringify(args)})`;
    const parent = spawn(process.execPath, ['-e', code], { cwd, stdio: 'ignore' });
    const lock = join(cwd, 'r2/lock');
    // Before its first epoch it would have nothing to save.
    await expect.poll(() => existsSync(join(cwd, 'r2/checkpoint.safetensors'))).toBe(true);
    const summary = join(cwd, 'r2/summary.json');
    expect([existsSync(lock), existsSync(summary)]).toEqual([true, false]);
    parent.kill('SIGKILL');
    await expect.poll(() => existsSync(lock)).toBe(false);
    expect(JSON.parse(readFileSync(summary, 'utf8'))).toMatchObject({ status: 'stopped' });
  });
});
