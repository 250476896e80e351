import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BatchSource } from '../../src/data/batches.js';
import { resizeImages } from '../../src/data/image.js';
import { syntheticFaces } from '../../src/data/synthetic.js';
import { Learner } from '../../src/nn/learner.js';
import { buildModel } from '../../src/nn/models.js';
import { CallbackList } from '../../src/train/callbacks/callback.js';
import { EarlyStopping } from '../../src/train/callbacks/early_stopping.js';
import { ModelCheckpoint } from '../../src/train/callbacks/model_checkpoint.js';
import { ReduceLROnPlateau } from '../../src/train/callbacks/reduce_lr_on_plateau.js';
import { StepWeights } from '../../src/train/callbacks/step_weights.js';
import { Classifier } from '../../src/train/classifier.js';
import { Control } from '../../src/train/control.js';
import { ensembleOfOne } from '../../src/train/ensemble.js';
import { evaluateBatches, predictSplit } from '../../src/train/evaluation.js';
import { loadModel, saveModel } from '../../src/train/model_file.js';
import { defaultText, expectedText } from '../../src/train/option_text.js';
import { runSanityChecks } from '../../src/train/sanity.js';
import { Trainer } from '../../src/train/trainer.js';
import { openModel } from '../../src/train/weights.js';
import { describeGpu } from '../helpers/gpu.js';

describe('callbacks', () => {
  it("have Keras's defaults", () => {
    expect(new ModelCheckpoint().options).toEqual({
      ...{ monitor: 'val_loss', mode: 'auto', saveBestOnly: false },
    });
    expect(new EarlyStopping().options).toEqual({
      ...{ monitor: 'val_loss', mode: 'auto', minDelta: 0, patience: 0, restoreBestWeights: false },
    });
    expect(new ReduceLROnPlateau().options).toEqual({
      ...{ monitor: 'val_loss', mode: 'auto', minDelta: 1e-4 },
      ...{ factor: 0.1, patience: 10, cooldown: 0, minLr: 0 },
    });
  });

  it('keep states by name; one without a name, or without a state, has none', () => {
    const [named, plain, nameless] = [{ name: 'a', state: 1 }, { name: 'b' }, { state: 3 }];
    const list = new CallbackList([named, plain, nameless]);
    expect(list.states).toEqual({ a: 1 });
    list.restore({ a: 7, c: 9, undefined: 8 });
    expect([named.state, plain, nameless.state]).toEqual([7, { name: 'b' }, 3]);
  });
});

describe('a setting in words', () => {
  it.each([
    [{ type: 'boolean', help: '' }, 'true or false', undefined],
    [{ type: 'string', help: '' }, 'one text', undefined],
    [{ type: 'string', choices: ['a', 'b'], default: 'b', help: '' }, 'one of a, b', 'b'],
    [{ type: 'number', help: '' }, 'a number', undefined],
    [{ type: 'number', range: [0, 1], above: true, help: '' }, 'a number in (0, 1]', undefined],
    [{ type: 'number', range: [1, 9], integer: true, default: 2, help: '' }, 'a whole number in [1, 9]', '2'],
    [{ type: 'boolean', default: false, help: '' }, 'true or false', 'false'],
  ] as const)('%j', (spec, takes, byDefault) => {
    expect([expectedText(spec), defaultText(spec)]).toEqual([takes, byDefault]);
  });
});

const { splits, classes } = syntheticFaces(3, 70);
const preprocess = { name: 'scale255' } as const;
const tiny = () => buildModel('fer-shallow', { filters: [4], dense: [8] });

describeGpu('weights after every step', (gpu) => {
  it('are in files that sort by step', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fer-tui-steps-'));
    const learner = new Learner(gpu(), tiny());
    const trainer = new Trainer(learner, {
      ...{ validation: splits.validation, preprocess, classes, epochs: 1, maxSteps: 2 },
      source: new BatchSource(splits.train, { batchSize: 14, preprocess }),
      callbacks: [new StepWeights(folder)],
    });
    await trainer.run({ emit: () => undefined, control: new Control() });
    expect(readdirSync(folder)).toEqual(['step-000001.safetensors', 'step-000002.safetensors']);
    const { weights } = loadModel(join(folder, 'step-000002.safetensors'));
    expect([...weights.values()].map(({ data }) => [...data])).toEqual(
      [...(await learner.readWeights()).values()].map(({ data }) => [...data]),
    );
    await learner.dispose();
  });
});

describeGpu('a file of our own', (gpu) => {
  it('comes back with its mean image, opened as any model is', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'fer-tui-mean-')), 'w.safetensors');
    const learner = new Learner(gpu(), tiny());
    const mean = Float32Array.from({ length: 2304 }, (_, i) => i / 10);
    const saved = { network: tiny(), weights: await learner.readWeights(), classes, notes: { run: 'r1' } };
    saveModel(path, { ...saved, preprocess: { name: 'mean', mean } });
    const opened = await openModel(path);
    expect(opened.preprocess).toEqual({ name: 'mean', mean });
    expect([opened.classes, opened.notes]).toEqual([classes, { run: 'r1' }]);
    await learner.dispose();
  });
});

describeGpu('evaluating', (gpu) => {
  it('tells of every batch', async () => {
    const learner = new Learner(gpu(), tiny());
    const heard: number[][] = [];
    const source = new BatchSource(splits.train, { batchSize: 32, preprocess });
    await evaluateBatches(learner, source, (done, total) => heard.push([done, total]));
    expect(heard).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    await learner.dispose();
  });

  it('faces that are no squares, and more than a batch of them', async () => {
    const network = tiny();
    const learner = new Learner(gpu(), network);
    const weights = await learner.readWeights();
    await learner.dispose();
    const saved = { network, weights, classes, preprocess, notes: {} };
    const classifier = new Classifier(gpu(), ensembleOfOne(saved, 'w.safetensors'));
    const count = 70;
    const faces = Uint8Array.from({ length: count * 20 * 30 + 5 }, (_, i) => (i * 37) % 256);
    const squares = resizeImages(faces.subarray(0, count * 600), [20, 30], [48, 48]);
    const got = await classifier.classify(faces, count, 20, 30);
    expect(got).toHaveLength(count * 7);
    for (const face of [0, 1, 63, 64, 69]) {
      const one = await classifier.classify(squares.subarray(face * 2304, (face + 1) * 2304), 1, 48, 48);
      one.forEach((p, k) => {
        expect(got[face * 7 + k]).toBeCloseTo(p, 5);
      });
    }
    await classifier.dispose();
  });

  it.each([
    'flip',
    'tencrop',
    'tenview',
  ] as const)('averages what it says of the versions of a face, as predict does: %s', async (tta) => {
    const network = tiny();
    const learner = new Learner(gpu(), network);
    const saved = { network, weights: await learner.readWeights(), classes, preprocess, notes: {} };
    const count = 40; // more versions than fit into a batch
    const images = Uint8Array.from({ length: count * 2304 }, (_, i) => (i * 37 + (i % 48) ** 2) % 256);
    const split = { images, labels: new Uint8Array(count) };
    const expected = await predictSplit(learner, split, preprocess, tta);
    const plain = await predictSplit(learner, split, preprocess);
    const classifier = new Classifier(gpu(), ensembleOfOne(saved, 'w.safetensors'), tta);
    const got = await classifier.classify(images, count, 48, 48);
    const difference = (other: Float32Array): number =>
      Math.max(...got.map((value, i) => Math.abs(value - (other[i] ?? Number.NaN))));
    expect(difference(expected)).toBeLessThan(0.001); // the pixels of crops are rounded
    expect(difference(plain)).toBeGreaterThan(0.01);
    await Promise.all([learner.dispose(), classifier.dispose()]);
  });
});

describeGpu('the sanity checks', () => {
  it('pass for the reference network: its first loss, and 140 images by heart', async () => {
    const heard: string[] = [];
    const [first, overfit] = await runSanityChecks({
      data: 'synthetic:210',
      onProgress: (m) => heard.push(m),
    });
    expect(first).toMatchObject({ name: 'first loss', pass: true, expected: 'ln 7 = 1.9459 +- 0.15' });
    expect(Math.abs((first?.got ?? 0) - Math.log(7))).toBeLessThan(0.15);
    expect(overfit).toMatchObject({ name: 'overfit 140 images', pass: true });
    expect(overfit?.got).toBeGreaterThanOrEqual(0.99);
    expect(overfit?.detail).toBe(`reached after ${heard.length - 1} epochs of 5 steps`);
    expect(heard.at(-1)).toMatch(/^140 images by heart: epoch \d+, accuracy (99|100)\.\d %$/);
  });
});
