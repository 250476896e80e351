import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Preprocess } from '../../src/data/preprocess.js';
import {
  BatchNormalization,
  Conv2D,
  Dense,
  ELU,
  Flatten,
  GlobalAveragePooling2D,
  MaxPooling2D,
} from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import { Sequential } from '../../src/nn/network.js';
import { sgd } from '../../src/nn/optimizers.js';
import { relativeError } from '../../src/reference/arrays.js';
import * as reference from '../../src/reference/distillation.js';
import { mixImages } from '../../src/reference/mixup.js';
import * as loss from '../../src/reference/softmax_cross_entropy.js';
import { resolveConfig } from '../../src/train/config.js';
import { Control } from '../../src/train/control.js';
import { writeEnsembleFile } from '../../src/train/ensemble_file.js';
import { loadModel, saveModel } from '../../src/train/model_file.js';
import { resumeTraining, runTraining } from '../../src/train/session.js';
import { openTeachers } from '../../src/train/teachers.js';
import { CLASS_NAMES, CSV_CLASS_NAMES } from '../../src/util/classes.js';
import { Rng } from '../../src/util/random.js';
import { describeGpu } from '../helpers/gpu.js';
import { newFolder } from '../helpers/keras_files.js';
import { randomWeights } from '../helpers/networks.js';
import { sharedPlace } from '../helpers/place.js';

const place = sharedPlace();

const EDGE = 6;
const PIXELS = EDGE * EDGE;
const linear = () =>
  new Sequential('linear', [EDGE, EDGE, 1], [Flatten(), Dense({ units: 7, activation: 'softmax' })]);
const folder = newFolder();

/** A teacher file for images of any size. */
function teacherFile(
  name: string,
  network: Sequential,
  {
    seed = 3,
    preprocess = { name: 'scale255' } as Preprocess,
    classes = CLASS_NAMES as readonly string[],
  } = {},
): string {
  const path = join(folder, `${name}.safetensors`);
  saveModel(path, { network, weights: randomWeights(network, seed), classes, preprocess, notes: {} });
  return path;
}

/** Logits of a linear network in float64. */
function logitsOf(weights: ReturnType<typeof randomWeights>, images: Float64Array): Float64Array {
  const [kernel, bias] = [weights.get('dense/kernel')?.data ?? [], weights.get('dense/bias')?.data ?? []];
  return Float64Array.from({ length: (images.length / PIXELS) * 7 }, (_, at) => {
    const [row, c] = [Math.floor(at / 7), at % 7];
    let sum = bias[c] ?? 0;
    for (let p = 0; p < PIXELS; p++) sum += (images[row * PIXELS + p] ?? 0) * (kernel[p * 7 + c] ?? 0);
    return sum;
  });
}

const softmax = (logits: Float64Array): Float64Array =>
  loss.softmaxCrossEntropyForward(logits, {
    ...{ labels: new Uint32Array(logits.length / 7), weights: new Float64Array(7).fill(1), smoothing: 0 },
  }).probabilities as Float64Array;

describeGpu('a distilled step', (gpu) => {
  it.each([false, true])('has the loss and the gradient of float64 (mixup: %s)', async (mixed) => {
    const rng = new Rng(8);
    const mean = Float32Array.from({ length: PIXELS }, () => rng.uniform(80, 160));
    const [first, second] = [linear(), linear()];
    const paths = [
      teacherFile('csv', first, { classes: CSV_CLASS_NAMES }),
      teacherFile('mean', second, { seed: 4, preprocess: { name: 'mean', mean } }),
    ];
    const file = join(folder, 'teachers.json');
    const shares = [0.75, 0.25] as const;
    writeEnsembleFile(file, {
      members: shares.map((share, i) => ({ weights: paths[i] as string, share })),
      temperature: 1,
    });
    const config = resolveConfig({ teacher: file, temperature: 2.5, 'distill-mix': 0.4 });
    const student = linear();
    const teachers = await openTeachers(config, student, { name: 'minus1to1' }, CLASS_NAMES);
    const learner = new Learner(gpu(), student, { optimizer: sgd(), distill: teachers?.distill });
    const weights = randomWeights(student, 9);
    learner.writeWeights(weights);

    const count = 5;
    const bytes = Float64Array.from({ length: count * PIXELS }, () => rng.int(256));
    const labels = Uint32Array.from([3, 1, 6, 0, 3]);
    const mix = [4, 0, 2, 1, 3].map((partner, i) => ({ partner, share: 0.5 + i / 10 }));
    await learner.train(
      Float32Array.from(bytes, (x) => x / 127.5 - 1),
      labels,
      mixed ? { mix } : {},
    );
    const [{ loss: got } = { loss: Number.NaN }] = await learner.metrics();
    const gradient = (await learner.readGradients()).get('dense/kernel')?.data ?? new Float32Array(0);

    const blended = mixed ? Float64Array.from(mixImages(bytes, mix)) : bytes;
    const input = blended.map((x) => x / 127.5 - 1);
    const said = [
      softmax(
        logitsOf(
          randomWeights(first, 3),
          blended.map((x) => x / 255),
        ),
      ),
      softmax(
        logitsOf(
          randomWeights(second, 4),
          blended.map((x, i) => (x - (mean[i % PIXELS] ?? 0)) / 255),
        ),
      ),
    ];
    const order = CLASS_NAMES.map((name) => CSV_CLASS_NAMES.indexOf(name));
    const teacher = Float64Array.from(
      { length: count * 7 },
      (_, i) =>
        shares[0] * (said[0]?.[i - (i % 7) + (order[i % 7] ?? 0)] ?? 0) + shares[1] * (said[1]?.[i] ?? 0),
    );
    const logits = logitsOf(weights, input);
    const targets = {
      ...{ labels, weights: new Float64Array(7).fill(1), smoothing: 0 },
      ...(mixed && { mix }),
    };
    const { losses, probabilities } = loss.softmaxCrossEntropyForward(logits, targets);
    const settings = { temperature: 2.5, hard: 0.4 };
    const want = reference.distillForward(logits, teacher, losses, settings);
    const hard = loss.softmaxCrossEntropyBackward(probabilities, targets);
    const dlogits = reference.distillBackward(hard, want.klGradient, count, settings);
    const dw = Float64Array.from({ length: PIXELS * 7 }, (_, i) => {
      const [p, c] = [Math.floor(i / 7), i % 7];
      let sum = 0;
      for (let n = 0; n < count; n++) sum += (input[n * PIXELS + p] ?? 0) * (dlogits[n * 7 + c] ?? 0);
      return sum;
    });
    expect(got).toBeCloseTo(want.losses.reduce((sum, value) => sum + value, 0) / count, 5);
    expect(relativeError(gradient, dw)).toBeLessThan(2e-5);
    await learner.dispose();
  });

  it('leaves no memory behind, and evaluates as without teachers', async () => {
    const network = new Sequential(
      'deep',
      [12, 12, 1],
      [
        ...[Conv2D({ filters: 8 }), ELU(), BatchNormalization(), MaxPooling2D()],
        ...[Conv2D({ filters: 8 }), ELU(), BatchNormalization(), GlobalAveragePooling2D()],
        Dense({ units: 7, activation: 'softmax' }),
      ],
    );
    const config = resolveConfig({ teacher: teacherFile('deep', network) });
    const teachers = await openTeachers(config, network, { name: 'scale255' }, CLASS_NAMES);
    const images = Float32Array.from({ length: 4 * 144 }, (_, i) => ((i * 37) % 256) / 255);
    const labels = Uint32Array.from([1, 2, 3, 4]);
    const before = gpu().pool.stats.liveBytes;
    const losses: number[] = [];
    for (const distill of [undefined, teachers?.distill]) {
      const learner = new Learner(gpu(), network, { distill });
      await learner.evaluate(images, labels);
      losses.push((await learner.evaluationMetrics()).batches[0]?.loss ?? Number.NaN);
      await learner.train(images, labels);
      losses.push((await learner.metrics())[0]?.loss ?? Number.NaN);
      await learner.dispose();
    }
    expect(losses[2]).toBe(losses[0]);
    expect(losses[3]).not.toBeCloseTo(losses[1] ?? 0, 2);
    expect(gpu().pool.stats.liveBytes).toBe(before);
  });
});

describe('a teacher is refused', () => {
  it.each([
    ['linear', { name: 'scale255' }, CLASS_NAMES, 'its input is 6 x 6 x 1; expected 12 x 12 x 1'],
    ['other', { name: 'scale255' }, CLASS_NAMES.slice(1), 'it knows the classes Angry'],
    [
      'image',
      { name: 'standardize-image' },
      CLASS_NAMES,
      'that of the network to train standardize-image; with',
    ],
  ] as const)('%s', async (name, preprocess, classes, why) => {
    const edge = name === 'linear' ? 12 : EDGE;
    const student = new Sequential('s', [edge, edge, 1], [Flatten(), Dense({ units: 7 })]);
    const config = resolveConfig({ teacher: teacherFile(name, linear()) });
    await expect(openTeachers(config, student, preprocess, classes)).rejects.toThrow(why);
  });

  it('as settings without one', () => {
    expect(() => resolveConfig({ temperature: 2 })).toThrow('need a --teacher');
    expect(() => resolveConfig({ 'distill-mix': 0 })).toThrow('need a --teacher');
  });
});

describeGpu('a distilled run', () => {
  const hooks = () => ({ emit: () => undefined, control: new Control(), place });
  const teacher = teacherFile(
    'faces',
    new Sequential(
      't',
      [48, 48, 1],
      [
        ...[Conv2D({ filters: 4, strides: 4 }), ELU(), BatchNormalization(), Flatten()],
        Dense({ units: 7, activation: 'softmax' }),
      ],
    ),
  );
  const settings = {
    ...{ data: 'synthetic:70', model: 'fer-shallow', filters: '4', dense: 'none', teacher },
    ...{ epochs: 2, batch: 20, mixup: 0.2, augment: 'flip' },
  };

  it('that is resumed ends in the same bits, and not with another teacher', async () => {
    const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
    mkdirSync(folder, { recursive: true });
    await runTraining(resolveConfig({ ...settings, out: whole }), hooks());
    const { emit, control } = hooks();
    const stopping = (event: { type: string }): void => {
      emit();
      if (event.type === 'epoch') control.stop('user');
    };
    await runTraining(resolveConfig({ ...settings, out: parts }), { emit: stopping, control, place });
    const bytes = readFileSync(teacher);
    saveModel(teacher, { ...loadModel(teacher), notes: { of: 'another day' } });
    await expect(resumeTraining(parts, hooks())).rejects.toThrow('it is not the one that the run began with');
    writeFileSync(teacher, bytes);
    const resumed = await resumeTraining(parts, hooks());
    expect(resumed.epochs).toBe(2);
    const end = (run: string) => readFileSync(join(run, 'last.safetensors')).subarray(-2000);
    expect(end(parts)).toEqual(end(whole));
    expect(JSON.parse(readFileSync(join(whole, 'teacher.json'), 'utf8'))).toEqual([
      { weights: teacher, share: 1, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
  });
});
