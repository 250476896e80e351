import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadDataset } from '../../src/data/load.js';
import { syntheticFaces } from '../../src/data/synthetic.js';
import type { Split } from '../../src/data/types.js';
import { readH5 } from '../../src/formats/keras_h5.js';
import { buildModel } from '../../src/nn/models.js';
import { relativeError } from '../../src/reference/arrays.js';
import { loadModel } from '../../src/train/model_file.js';
import { saveH5 } from '../../src/train/weights.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { Rng } from '../../src/util/random.js';
import { csv } from '../data/fixtures.js';
import { runCli } from '../helpers/cli.js';
import { describeGpu } from '../helpers/gpu.js';
import { all, FER2013, needs } from '../helpers/needs.js';
import { Oracle, type OraclePlan } from '../helpers/oracle.js';

const PIXELS = 48 * 48;
/** What lets another program check a whole training. */
const ORACLE = '--no-shuffle --no-augment --dropout 0 --preprocess scale255 --log-every 1 --json --quiet';

/** Weights as a network of that kind may have: kernels by Glorot, everything else off its first value. */
async function someWeights(path: string, model: 'fer-cnn' | 'fer-shallow', plan: OraclePlan): Promise<void> {
  const network = buildModel(model, plan);
  const rng = new Rng(3);
  const value = (name: string, fan: number): number => {
    if (name.endsWith('kernel')) return rng.uniform(-1, 1) * Math.sqrt(6 / fan);
    if (/gamma|variance/.test(name)) return rng.uniform(0.5, 1.5);
    return rng.uniform(-0.1, 0.1);
  };
  const weights = new Map(
    network.weights.map(({ name, shape }) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const fan = size / (shape.at(-1) ?? 1) + size / (shape.at(-2) ?? 1);
      return [name, { shape, data: Float32Array.from({ length: size }, () => value(name, fan)) }];
    }),
  );
  await saveH5(path, { network, classes: CLASS_NAMES, preprocess: { name: 'scale255' }, weights, notes: {} });
}

/** Trains with the program and in float64 on the same rows; compares every loss, and the weights after each step. */
async function compare(
  data: string,
  split: Split,
  {
    model,
    plan,
    batch,
    steps,
  }: { model: 'fer-cnn' | 'fer-shallow'; plan: OraclePlan; batch: number; steps: number },
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'fer-tui-oracle-'));
  const init = join(folder, 'w.h5');
  const saved = join(folder, 'steps');
  await someWeights(init, model, plan);
  const shape = ['--filters', plan.filters.join(','), '--dense', plan.dense.join(',')];
  const { code, stdout, stderr } = await runCli([
    ...['train', '--data', data, '--model', model, ...shape, '--batch', String(batch)],
    ...['--init', init, '--max-steps', String(steps), '--save-steps', saved, '--out', join(folder, 'run')],
    ...ORACLE.split(' '),
  ]);
  expect([code, stderr.replaceAll(/^Warning.*\n/gm, '')]).toEqual([0, '']);
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const told = events.filter(({ type }) => type === 'step');
  expect(told.map(({ step }) => step)).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
  expect(readdirSync(saved)).toHaveLength(steps);

  const oracle = new Oracle(
    plan,
    [...(await readH5(init)).weights.values()].map(({ data: w }) => w),
  );
  const perEpoch = Math.ceil(split.labels.length / batch);
  for (let step = 1; step <= steps; step++) {
    const first = ((step - 1) % perEpoch) * batch;
    const labels = split.labels.subarray(first, first + batch);
    const pixels = split.images.subarray(first * PIXELS, (first + labels.length) * PIXELS);
    const loss = oracle.step(
      Float64Array.from(pixels, (v) => v / 255),
      labels,
    );
    expect(Math.abs(told[step - 1].loss - loss) / loss, `loss of step ${step}`).toBeLessThan(1e-4);
    const file = join(saved, `step-${String(step).padStart(6, '0')}.safetensors`);
    const got = [...loadModel(file).weights.values()].flatMap(({ data: w }) => [...w]);
    const want = oracle.weights.flatMap((w) => [...w]);
    expect(relativeError(Float32Array.from(got), want), `weights after step ${step}`).toBeLessThan(1e-4);
  }
}

describeGpu('a training with --init, --no-shuffle, --no-augment, --dropout 0 and --save-steps', () => {
  it('follows a float64 training on the rows in file order, short last batches included', async () => {
    const { train, validation } = syntheticFaces(3, 70).splits;
    const row = (split: Split, i: number, usage: string) =>
      [split.labels[i] ?? 0, usage, split.images.subarray(i * PIXELS, (i + 1) * PIXELS).join(' ')] as const;
    const path = join(mkdtempSync(join(tmpdir(), 'fer-tui-oracle-')), 'faces.csv');
    const rows = [...train.labels.keys()].map((i) => row(train, i, 'Training'));
    writeFileSync(path, csv([...rows, ...[0, 1, 2].map((i) => row(validation, i, 'PublicTest'))]));
    const { splits } = await loadDataset(path);
    await compare(path, splits.train, {
      ...{ model: 'fer-cnn', plan: { filters: [4, 8], dense: [16] }, batch: 8, steps: 10 },
    });
  });
});

// Adam moves a weight by the whole rate however small its gradient, so rounding of tiny gradients grows; and in one of ten
// batches the rounding of Winograd's tiles (3e-6, whichever kernels transform them) lets a pooling window whose pixels nearly tie
// choose the other one, which turns hundreds of such gradients over. The whole network is therefore compared for one step only (the
// loss of step 2 is 9e-5 to 1.3e-4 apart), one of a quarter of its width for four.
describe('the named networks on FER-2013', all(needs.fer2013, needs.full), () => {
  it.each([
    { model: 'fer-shallow', plan: { filters: [32], dense: [64] }, batch: 8, steps: 10 },
    { model: 'fer-cnn', plan: { filters: [8, 16, 32, 64], dense: [32, 32] }, batch: 4, steps: 4 },
    { model: 'fer-cnn', plan: { filters: [32, 64, 128, 256], dense: [64, 64] }, batch: 4, steps: 1 },
  ] as const)('$model of $plan.filters follows a float64 training', async (spec) => {
    const { splits } = await loadDataset(FER2013);
    await compare(FER2013, splits.train, spec);
  });
});
