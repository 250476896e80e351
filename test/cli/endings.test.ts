import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Terminal } from '../../scripts/terminal.mjs';
import { CLI, type CliResult, runCli } from '../helpers/cli.js';
import { describeGpu } from '../helpers/gpu.js';
import { FULL } from '../helpers/needs.js';

const folder = (): string => mkdtempSync(join(tmpdir(), 'fer-tui-endings-'));
const TINY = ['train', '--data', 'synthetic:35', '--filters', '4,8', '--dense', '8', '--epochs', '9999'];

/** Runs `fer-tui` in a folder of its own, and sends it signals, one after another, once stderr has some text. */
async function signalled(
  args: readonly string[],
  when: string,
  signals: readonly NodeJS.Signals[],
): Promise<CliResult> {
  let sent = false;
  return runCli(args, {
    onStderr: (text, kill) => {
      if (sent || !text.includes(when)) return;
      sent = true;
      for (const signal of signals) kill(signal);
    },
  });
}

/** Runs a line of bash in which $FER stands for the program. */
function bash(line: string, cwd: string): Promise<{ code: number | null; output: string }> {
  const child = spawn('bash', ['-c', `set -o pipefail; ${line}`], {
    cwd,
    env: { ...process.env, FER: `${process.execPath} ${CLI}` },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => {
      output += data.toString();
    });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })));
}

/** A run was saved, says so, and can be resumed. */
function expectSaved(run: string): void {
  expect(existsSync(join(run, 'checkpoint.safetensors'))).toBe(true);
  expect(existsSync(join(run, 'lock'))).toBe(false);
  expect(readFileSync(join(run, 'events.ndjson'), 'utf8')).toMatch(/"type":"end","status":"stopped"/);
}

describeGpu('a training that is ended from outside', () => {
  it.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s saves, and exits with %i', async (signal, code) => {
    const out = join(folder(), 'run');
    // A signal that comes twice at once, as from `timeout` and `npx`, is one request.
    const result = await signalled([...TINY, '--out', out], 'epoch 1/', [signal, signal]);
    expect(result.code).toBe(code);
    expect(result.stderr).not.toContain('    at ');
    expectSaved(out);
  });

  it('in its last validation or after it, is finished, and exits with 0', async () => {
    const out = join(folder(), 'run');
    const args = [...TINY.slice(0, -1), '1', '--out', out];
    const { code, stdout, stderr } = await signalled(args, 'epoch 1/1  loss', ['SIGINT']);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('stopped')]);
    expect(stdout).toContain('finished at epoch 1');
    expect(readFileSync(join(out, 'events.ndjson'), 'utf8')).toMatch(
      /"type":"end","status":"finished","exit":0/,
    );
  });

  it('before its first step leaves nothing behind', async () => {
    const out = join(folder(), 'run');
    const args = ['train', '--data', 'synthetic:60000', '--out', out];
    const child = runCli(args, { onStart: (kill) => setTimeout(() => kill('SIGINT'), 3000) });
    const { code } = await child;
    expect(code).toBe(130);
    expect(existsSync(out)).toBe(false);
  });

  it.each([
    ['stdout', '--json --quiet'],
    ['stdout and stderr', '2>&1'],
  ])('saves when nobody reads its %s any more', async (_, how) => {
    const cwd = folder();
    const { code, output } = await bash(`$FER ${TINY.join(' ')} --out run ${how} | head -4`, cwd);
    expect(code).toBe(129);
    expect(output).not.toContain('    at ');
    expectSaved(join(cwd, 'run'));
  });

  it('goes on after the hang-up that nohup is there for', async () => {
    const cwd = folder();
    const line = `set -m; nohup "${process.execPath}" "${CLI}" ${TINY.join(' ')} --out run > log 2>&1 & echo "pid $!"; sleep 60`;
    const t = new Terminal('bash', ['-c', line], { cwd });
    await t.waitFor(/pid \d+/);
    const pid = Number(/pid (\d+)/.exec(t.text())?.[1]);
    onTestFinished(() => void process.kill(-pid, 'SIGKILL'));
    const epochs = (): number => readFileSync(join(cwd, 'log'), 'utf8').split('\nepoch ').length;
    await expect.poll(epochs).toBeGreaterThan(1);
    t.hangUp();
    process.kill(pid, 'SIGHUP');
    const before = epochs();
    await expect.poll(epochs).toBeGreaterThan(before + 1);
  });
});

describeGpu('a command that has nothing to save', () => {
  it.each([
    'data synthetic:60000',
    'evaluate --data synthetic:60000',
    'noise --data synthetic:60000',
  ])('%s ends at a hang-up with 129', async (args) => {
    const { code, stdout } = await runCli(args.split(' '), {
      onStart: (kill) => setTimeout(() => kill('SIGHUP'), 1500),
    });
    expect(code).toBe(129);
    expect(stdout).toBe(''); // it is not done
  });

  it('a camera that has not begun yet ends with the code of the signal', async () => {
    const args = ['webcam', '--source', 'demo', '--headless'];
    const { code, stderr } = await signalled(args, 'drawn faces are known', ['SIGTERM']);
    expect(code).toBe(143);
    expect(stderr).not.toContain('unexpectedly');
  });

  it.each(['summary fer-cnn', '--help', 'lab', 'export-history r1'])('%s | true is quiet', async (args) => {
    const cwd = folder();
    if (args.endsWith('r1')) await bash(`$FER ${TINY.join(' ')} --max-steps 1 --quiet`, cwd);
    const { code, output } = await bash(`$FER ${args} | true`, cwd);
    expect({ code, output }).toEqual({ code: 0, output: '' });
  });
});

describeGpu('a terminal that is closed', () => {
  it.each([
    'tui home',
    `${TINY.join(' ')} --out run`,
    `${TINY.join(' ')} --out run --no-tui`,
  ])('ends %s with 129', async (args) => {
    const cwd = folder();
    const t = new Terminal(process.execPath, [CLI, ...args.split(' ')], { cwd });
    await t.waitFor(args.startsWith('tui') ? 'Train a new model' : /ep(och)? ([2-9]|\d\d+)\//);
    t.hangUp();
    expect(await t.exited).toBe(129);
    if (args.startsWith('train')) await expect.poll(() => existsSync(join(cwd, 'run/lock'))).toBe(false);
    if (args.startsWith('train')) expectSaved(join(cwd, 'run'));
  });
});

describeGpu('a search that is ended from outside', () => {
  const signals = [
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ] as const;
  it.each(
    FULL ? signals : signals.slice(0, 1),
  )('%s gives its trial back, and exits with %i', async (signal, code) => {
    const cwd = folder();
    const [space, study] = [join(cwd, 'space.yaml'), join(cwd, 's')];
    writeFileSync(space, 'space:\n  lr: [0.001, 0.01]\n');
    const args = ['search', space, '--out', study, '--trials', '2', ...TINY.slice(1)];
    const result = await runCli(args, {
      onStart: (kill) => {
        const timer = setInterval(() => {
          if (!existsSync(join(study, 'trials/t1/checkpoint.safetensors'))) return;
          clearInterval(timer);
          kill(signal);
        }, 50);
      },
    });
    expect(result.code).toBe(code);
    expect(result.stderr).not.toContain('    at ');
    expect(existsSync(join(study, 'study.lock'))).toBe(false);
    expect(existsSync(join(study, 'trials/t1.lock'))).toBe(false);
    expectSaved(join(study, 'trials/t1'));
  });
});
