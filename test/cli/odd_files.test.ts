import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { CLI, runCli } from '../helpers/cli.js';
import { describeGpu } from '../helpers/gpu.js';
import { needs } from '../helpers/needs.js';
import { runTogether } from '../helpers/together.js';

/** Pipes and devices where files are expected, and outputs on a full disk. */

const TINY = ['--data', 'synthetic:140', '--filters', '4,8', '--dense', '8'];
let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'fer-tui-odd-'));
  spawnSync('mkfifo', [join(cwd, 'pipe')]);
  symlinkSync('/dev/zero', join(cwd, 'zero'));
});

describe('a pipe or device in place of a file is refused at once', () => {
  const LINES = [
    ['evaluate --data synthetic:70 --weights pipe', 5],
    ['summary zero', 5],
    ['verify pipe', 5],
    ['train --data synthetic:70 --config zero', 2],
    ['train --data synthetic:70 --labels pipe', 4],
    ['train --data synthetic:70 --ferplus pipe', 4],
    ['noise --data synthetic:140 --probabilities pipe', 4],
  ] as const;
  let refused: ReturnType<typeof runTogether>;
  beforeAll(() => {
    refused = runTogether(
      LINES.map(([line]) => line.split(' ')),
      cwd,
    );
  });
  it.each(LINES)('%s', needs.linux, async (line, exit) => {
    const { code, stdout, stderr } = await refused(line.split(' '));
    expect([code, stdout + stderr]).toEqual([
      exit,
      expect.stringContaining('it is a pipe or a device, which is not supported'),
    ]);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });
});

describe('settings may come out of a pipe', () => {
  /** Runs a command of bash, in which `fer-tui` is the program. */
  const bash = (line: string) =>
    spawnSync('bash', ['-c', `fer-tui() { "${process.execPath}" "${CLI}" "$@"; }; ${line}`], {
      cwd,
      encoding: 'utf8',
    });

  it('as a shell makes one', needs.linux, () => {
    const wrong = bash('fer-tui train --config <(sleep 0.1; echo "epochs: 0")');
    expect([wrong.status, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('epochs = 0: expected a whole'),
    ]);
    const space = bash('fer-tui search <(echo "epochs: [0]") --data synthetic:70');
    expect([space.status, space.stderr]).toEqual([2, expect.stringContaining('epochs')]);
  });

  it.each([
    ['fer-tui train --config pipe', 'it is a pipe out of which nothing comes'],
    ['fer-tui train --config <(yes)', 'it is a pipe with more than a megabyte'],
  ])('but not %s', needs.linux, (line, words) => {
    const { status, stderr } = bash(line);
    expect([status, stderr]).toEqual([2, expect.stringContaining(words)]);
  });
});

/** Runs a command whose stdout or stderr is a full disk. */
function onFullDisk(args: readonly string[], output: 'stdout' | 'stderr') {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd,
    stdio: ['ignore', ...(output === 'stdout' ? ([full, 'pipe'] as const) : (['pipe', full] as const))],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (printed += String(data)));
  return new Promise<{ code: number | null; printed: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, printed })),
  );
}

describeGpu('an output on a full disk', () => {
  it('is told in a line, with exit code 5', needs.linux, async () => {
    for (const args of [['runs'], ['summary', 'fer-cnn']]) {
      const { code, printed } = await onFullDisk(args, 'stdout');
      expect([code, printed]).toEqual([
        5,
        expect.stringContaining('cannot write its output: the disk is full'),
      ]);
      expect(printed).not.toMatch(/^ {4}at /m);
    }
  });

  it('lets a training save first; where only stderr is full, it goes on', needs.linux, async () => {
    const train = ['train', ...TINY, '--epochs', '2'];
    const events = await onFullDisk([...train, '--json', '--out', 'a'], 'stdout');
    expect(events.code).toBe(5);
    expect([existsSync(join(cwd, 'a/summary.json')), existsSync(join(cwd, 'a/lock'))]).toEqual([true, false]);
    const { code, printed } = await onFullDisk([...train, '--out', 'b'], 'stderr');
    expect([code, printed]).toEqual([0, expect.stringContaining('finished at epoch 2')]);
  });

  it(
    'apart, a run with a pipe or a folder among its files is refused by their names',
    needs.linux,
    async () => {
      for (const [file, make] of [
        ['events.ndjson', (path: string) => spawnSync('mkfifo', [path])],
        ['checkpoint.safetensors', (path: string) => spawnSync('mkfifo', [path])],
        ['lock', (path: string) => mkdirSync(path)],
      ] as const) {
        const run = join(cwd, 'c');
        rmSync(run, { recursive: true, force: true });
        cpSync(join(cwd, 'b'), run, { recursive: true });
        rmSync(join(run, file), { force: true });
        make(join(run, file));
        const { code, stderr } = await runCli(['train', '--resume', 'c', '--epochs', '3'], { cwd });
        expect([code, stderr]).toEqual([5, expect.stringContaining(join('c', file))]);
        expect(stderr).not.toMatch(/^ {4}at /m);
      }
    },
  );
});
