import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadCheckpoint } from '../../src/train/checkpoint.js';
import type { EpochEvent } from '../../src/train/events.js';
import { readEvents } from '../../src/train/run_folder.js';
import { loadModel } from '../../src/train/weights.js';
import { Rng } from '../../src/util/random.js';
import { CLI, runCli } from '../helpers/cli.js';
import { describeGpu } from '../helpers/gpu.js';

const folder = () => mkdtempSync(join(tmpdir(), 'fer-tui-resume-'));
/** Everything that has state: momentum, averages, dropout, augmentation, a schedule, falling rates, a short last batch. */
const RUN = [
  ...['train', '--data', 'synthetic:210', '--limit', '200', '--model', 'fer-shallow', '--epochs', '20'],
  ...['--schedule', 'cosine', '--warmup-epochs', '1', '--reduce-lr', '1', '--checkpoint-seconds', '0'],
  ...['--ema', '0.9', '--mixup', '0.2', '--clip-norm', '1', '--class-weights', 'balanced', '--l1', '1e-5'],
  '--quiet',
];

/**
 * Starts the program and kills it, with no chance to clean up, so long after it began to train: after its log in `out`
 * grew. Resolves when it is gone.
 */
function killedAfter(ms: number, args: readonly string[], out: string): Promise<'killed' | 'ended'> {
  const log = join(out, 'events.ndjson');
  const size = (): number => (existsSync(log) ? statSync(log).size : 0);
  const before = size();
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(process.execPath, [CLI, ...args], { stdio: 'ignore' });
    let timer: NodeJS.Timeout | undefined;
    const watch = setInterval(() => {
      if (timer === undefined && size() > before) timer = setTimeout(() => child.kill('SIGKILL'), ms);
    }, 5);
    child.on('error', reject);
    child.on('exit', (_, signal) => {
      clearInterval(watch);
      clearTimeout(timer);
      resolve(signal === 'SIGKILL' ? 'killed' : 'ended');
    });
  });
}

const epochsOf = (out: string) =>
  new Map(
    readEvents(join(out, 'events.ndjson'))
      .filter((event): event is EpochEvent => event.type === 'epoch')
      .map(({ epoch, train, val, lr }) => [epoch, { train, val, lr }]),
  );

describeGpu('a resumed run', () => {
  it('that was killed ten times, anywhere, ends in the same bits as one that was not', async () => {
    const whole = join(folder(), 'whole');
    expect((await runCli([...RUN, '--out', whole])).code).toBe(0);

    const out = join(folder(), 'killed');
    const rng = new Rng(Number(process.env['FER_TEST_SEED'] ?? 1));
    let furthest = 0;
    let patience = 300;
    for (let kills = 0; kills < 10; kills++) {
      const begun = existsSync(join(out, 'config.json'));
      const args = begun ? ['train', '--resume', out, '--quiet'] : [...RUN, '--out', out];
      if ((await killedAfter(rng.uniform(0, patience), args, out)) === 'ended') break;
      if (!existsSync(join(out, 'checkpoint.safetensors'))) {
        patience *= 1.5;
        continue;
      }
      // Whatever moment it was: nothing is damaged, and no step that a checkpoint held is lost.
      const { learner } = loadCheckpoint(join(out, 'checkpoint.safetensors'));
      expect(learner.stepCount).toBeGreaterThanOrEqual(furthest);
      // A slow machine gets more time, so that the kills are spread over the run.
      if (learner.stepCount === furthest) patience *= 1.5;
      furthest = learner.stepCount;
      for (const name of readdirSync(out)) {
        if (/^(best|last)\.safetensors$/.test(name))
          expect(loadModel(join(out, name)).network.name).toBe('fer-shallow');
        if (/\.json$/.test(name)) JSON.parse(readFileSync(join(out, name), 'utf8'));
      }
      readEvents(join(out, 'events.ndjson'));
    }
    expect(furthest, 'steps that the last killed sitting left behind').toBeGreaterThan(0);
    expect((await runCli(['train', '--resume', out, '--quiet'])).code).toBe(0);

    const bits = (run: string, name: string) => {
      const { weights } = loadModel(join(run, name));
      return [...weights].map(([key, { data }]) => [key, Buffer.from(data.buffer).toString('hex')]);
    };
    for (const name of ['best.safetensors', 'last.safetensors'])
      expect(bits(out, name)).toEqual(bits(whole, name));
    expect(epochsOf(out)).toEqual(epochsOf(whole));
    const last = (run: string) => loadCheckpoint(join(run, 'checkpoint.safetensors')).learner;
    expect(last(out).optimizer).toEqual(last(whole).optimizer);
  }, 300_000);

  it('keeps its settings, and a finished one stays finished', async () => {
    const out = join(folder(), 'run');
    const short = ['train', '--data', 'synthetic:70', '--model', 'fer-shallow', '--epochs', '1', '--quiet'];
    await runCli([...short, '--out', out]);
    const before = readFileSync(join(out, 'last.safetensors'));
    const other = await runCli(['train', '--resume', out, '--batch', '7']);
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('--batch: a resumed run keeps')]);
    expect((await runCli(['train', '--resume', out])).code).toBe(0);
    expect(readFileSync(join(out, 'last.safetensors'))).toEqual(before);
  });

  it('must be there, be alone, and be whole', async () => {
    const nothing = await runCli(['train', '--resume', '/nowhere/r1']);
    expect([nothing.code, nothing.stderr]).toEqual([5, expect.stringContaining('no run to resume there')]);
    const out = join(folder(), 'run');
    await runCli([
      'train',
      '--data',
      'synthetic:70',
      '--model',
      'fer-shallow',
      '--epochs',
      '1',
      '--out',
      out,
    ]);
    writeFileSync(join(out, 'lock'), String(process.pid));
    const busy = await runCli(['train', '--resume', out]);
    expect([busy.code, busy.stderr]).toEqual([
      5,
      expect.stringContaining(`process ${process.pid} is using it`),
    ]);
    writeFileSync(join(out, 'lock'), '');
    writeFileSync(join(out, 'checkpoint.safetensors'), 'broken');
    const broken = await runCli(['train', '--resume', out]);
    expect([broken.code, broken.stderr]).toEqual([5, expect.stringContaining('not a readable .safetensors')]);
  });
});
