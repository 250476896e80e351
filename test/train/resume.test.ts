import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadCheckpoint } from '../../src/train/checkpoint.js';
import { readEvents } from '../../src/train/event_log.js';
import type { EpochEvent } from '../../src/train/events.js';
import { loadModel } from '../../src/train/model_file.js';
import { Rng } from '../../src/util/random.js';
import { CLI, runCli } from '../helpers/cli.js';
import { describeGpu } from '../helpers/gpu.js';
import { FULL } from '../helpers/needs.js';

const folder = () => mkdtempSync(join(tmpdir(), 'fer-tui-resume-'));
const TINY = ['--model', 'fer-shallow', '--filters', '8', '--dense', '16'];
/**
 * Everything that has state: momentum, averages, dropout, augmentation, a schedule, falling rates, a short last batch. A
 * checkpoint after every step, eight an epoch, so that most kills leave one from within an epoch.
 */
const RUN = [
  ...['train', '--data', 'synthetic:210', '--limit', '200', '--epochs', '5'],
  ...TINY,
  ...['--schedule', 'cosine', '--warmup-epochs', '1', '--reduce-lr', '1', '--checkpoint-seconds', '0'],
  ...['--ema', '0.9', '--mixup', '0.2', '--clip-norm', '1', '--class-weights', 'balanced', '--l1', '1e-5'],
  '--quiet',
];

const SHORT = ['train', '--data', 'synthetic:35', '--epochs', '1', '--quiet', ...TINY];

/**
 * Starts the program and kills it, with no chance to clean up, some milliseconds after it has written so many checkpoints
 * in `out`. Resolves when it is gone.
 */
function killedAfter(
  { checkpoints, ms }: { readonly checkpoints: number; readonly ms: number },
  args: readonly string[],
  out: string,
): Promise<'killed' | 'ended'> {
  const path = join(out, 'checkpoint.safetensors');
  const written = (): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  let last = written();
  let seen = 0;
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(process.execPath, [CLI, ...args], { stdio: 'ignore' });
    let timer: NodeJS.Timeout | undefined;
    const watch = setInterval(() => {
      if (written() !== last) seen++;
      last = written();
      if (seen >= checkpoints) timer ??= setTimeout(() => child.kill('SIGKILL'), ms);
    }, 2);
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
  const kills = FULL ? 10 : 4;
  it(`that was killed ${kills} times, within epochs too, ends in the same bits as one that was not`, async () => {
    const whole = join(folder(), 'whole');
    expect((await runCli([...RUN, '--out', whole])).code).toBe(0);

    const out = join(folder(), 'killed');
    const rng = new Rng(Number(process.env['FER_TEST_SEED'] ?? 1));
    let furthest = 0;
    let withinEpochs = 0;
    for (let killed = 0; killed < kills; killed++) {
      const begun = existsSync(join(out, 'config.json'));
      const args = begun ? ['train', '--resume', out, '--quiet'] : [...RUN, '--out', out];
      const moment = { checkpoints: Math.ceil(rng.uniform(0, 6)), ms: rng.uniform(0, 50) };
      if ((await killedAfter(moment, args, out)) === 'ended') break;
      // Whatever moment it was: nothing is damaged, and no step that a checkpoint held is lost.
      const { learner, trainer } = loadCheckpoint(join(out, 'checkpoint.safetensors'));
      if (trainer.index > 0) withinEpochs++;
      expect(learner.stepCount).toBeGreaterThanOrEqual(furthest);
      furthest = learner.stepCount;
      for (const name of readdirSync(out)) {
        if (/^(best|last)\.safetensors$/.test(name))
          expect(loadModel(join(out, name)).network.name).toBe('fer-shallow');
        if (/\.json$/.test(name)) JSON.parse(readFileSync(join(out, name), 'utf8'));
      }
      readEvents(join(out, 'events.ndjson'));
    }
    expect(withinEpochs, 'kills that left a checkpoint from within an epoch').toBeGreaterThan(0);
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
  });

  it('keeps its settings, and a finished one stays finished', async () => {
    const out = join(folder(), 'run');
    await runCli([...SHORT, '--out', out]);
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
    await runCli([...SHORT, '--out', out]);
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
