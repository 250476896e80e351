import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { fitPicture } from '../../src/data/image.js';
import { loadDataset } from '../../src/data/load.js';
import { applyPreprocess } from '../../src/data/preprocess.js';
import { toKeras } from '../../src/formats/keras_architecture.js';
import { Activation, Conv2D, GlobalAveragePooling2D } from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import { Sequential } from '../../src/nn/network.js';
import { relativeError } from '../../src/reference/arrays.js';
import { mapLabels } from '../../src/train/class_mapping.js';
import { Classifier } from '../../src/train/classifier.js';
import { resolveConfig } from '../../src/train/config.js';
import { Control } from '../../src/train/control.js';
import { evaluateWeights } from '../../src/train/evaluate_weights.js';
import { predictSplit } from '../../src/train/evaluation.js';
import type { TrainEvent } from '../../src/train/events.js';
import type { SavedModel } from '../../src/train/model_file.js';
import { predictImages } from '../../src/train/predict.js';
import { resumeTraining, runTraining } from '../../src/train/session.js';
import { openModel, saveH5 } from '../../src/train/weights.js';
import { CLASS_NAMES, CSV_CLASS_NAMES, sameClass } from '../../src/util/classes.js';
import { describeGpu } from '../helpers/gpu.js';
import { newFolder } from '../helpers/keras_files.js';
import { miniXception, randomWeights } from '../helpers/networks.js';
import { sharedPlace } from '../helpers/place.js';
import { referenceNetwork } from '../helpers/reference_network.js';

const place = sharedPlace();

/** A tiny network of any input size, colours and number of classes. */
const tiny = (shape: readonly number[], classes: number) =>
  new Sequential('tiny', shape, [
    Conv2D({ filters: classes, strides: 3 }),
    GlobalAveragePooling2D(),
    Activation({ activation: 'softmax' }),
  ]);

async function fileOf(
  shape: readonly number[],
  classes: readonly string[],
  preprocess: SavedModel['preprocess'] = { name: 'minus1to1' },
): Promise<{ path: string; saved: SavedModel }> {
  const network = tiny(shape, classes.length);
  const saved = { network, classes, weights: randomWeights(network), preprocess, notes: {} };
  const path = join(newFolder(), 'model.h5');
  await saveH5(path, saved);
  return { path, saved };
}

const exact = ({ weights }: SavedModel) =>
  new Map([...weights].map(([name, { data }]) => [name, Float64Array.from(data)]));
const DATA = 'synthetic:140';
const FIVE = ['anger', 'HAPPY', 'neutral', 'sadness', 'surprised'];

describe('images', () => {
  it('of other than one or three channels are refused, and what has them first is named', async () => {
    const odd = await fileOf([6, 7, 4], FIVE);
    await expect(openModel(odd.path)).rejects.toThrow(
      `${odd.path}: it takes images of 6 x 7 with 4 channels; expected 1 (gray) or 3 (colours)`,
    );
    const turned = await fileOf([1, 48, 48], FIVE);
    await expect(openModel(turned.path)).rejects.toThrow(
      'if its channels come first, build the model in Keras with keras.Input((48, 48, 1)), without what turns the axes',
    );
  });
});

describe('classes', () => {
  it('are the same under any of their names', () => {
    expect(sameClass('Anger', 'angry')).toBe(true);
    expect(sameClass('scared', 'Fear')).toBe(true);
    expect(sameClass('Happy', 'Sad')).toBe(false);
    expect(sameClass('contempt', 'Contempt')).toBe(true);
  });

  it('of the data are found in the model by name', () => {
    const split = {
      images: Uint8Array.from({ length: 7 }, (_, i) => i),
      labels: Uint8Array.from([0, 1, 2, 3, 4, 5, 6]),
    };
    const mapped = mapLabels(split, { from: CLASS_NAMES, to: CSV_CLASS_NAMES, skipUnknown: false });
    expect([...mapped.labels]).toEqual([0, 1, 2, 3, 6, 4, 5]);
    expect(() => mapLabels(split, { from: CLASS_NAMES, to: FIVE, skipUnknown: false })).toThrow(
      'images of classes that the model does not know (1 of Disgust, 1 of Fear); it knows anger, HAPPY',
    );
    const some = mapLabels(split, { from: CLASS_NAMES, to: FIVE, skipUnknown: true });
    expect([[...some.images], [...some.labels]]).toEqual([
      [0, 3, 4, 5, 6],
      [0, 1, 2, 3, 4],
    ]);
  });
});

describeGpu('models of other sizes, colours and classes', (gpu) => {
  it.each([
    [[64, 64, 1], CLASS_NAMES],
    [[21, 30, 3], FIVE],
  ])('%j, %j: evaluate, the classifier and float64 agree', async (shape, classes) => {
    const { path, saved } = await fileOf(shape, classes);
    const { splits } = await loadDataset(DATA);
    const { images, labels } = splits.validation;
    const [height = 1, width = 1, channels = 1] = shape;
    const input = new Float32Array(labels.length * height * width * channels);
    for (let i = 0; i < labels.length; i++) {
      const data = images.subarray(i * 48 * 48, (i + 1) * 48 * 48);
      const face = fitPicture({ width: 48, height: 48, channels: 1, data }, [height, width, 1]);
      const size = height * width * channels;
      applyPreprocess(saved.preprocess, face, input.subarray(i * size), [height, width, 1], channels);
    }
    const want = referenceNetwork(saved.network, exact(saved), Float64Array.from(input), labels.length);
    const learner = new Learner(gpu(), saved.network);
    learner.writeWeights(saved.weights);
    expect(
      relativeError(await predictSplit(learner, splits.validation, saved.preprocess), want),
    ).toBeLessThan(1e-4);
    await learner.dispose();
    const classifier = await Classifier.open(gpu(), path);
    expect(classifier.inputSize).toEqual(shape.slice(0, 2));
    const said = await classifier.classify(images.subarray(0, 70 * 48 * 48), 70, 48, 48);
    expect(relativeError(said, want.subarray(0, 70 * classes.length))).toBeLessThan(1e-4);
    await classifier.dispose();
    const result = await evaluateWeights({
      weights: path,
      data: DATA,
      split: 'validation',
      skipUnknown: true,
    });
    expect(result.count).toBe(classes.length === 7 ? labels.length : (labels.length / 7) * 5);
    expect(result.perClass.map(({ name }) => name)).toEqual(classes);
  });

  it('the order of the classes does not change how right a model is', async () => {
    const { path, saved } = await fileOf([48, 48, 1], CLASS_NAMES);
    const other = join(newFolder(), 'turned.h5');
    await saveH5(other, { ...saved, classes: CSV_CLASS_NAMES });
    const about = { data: DATA, split: 'validation' } as const;
    const own = await evaluateWeights({ ...about, weights: path });
    const turned = await evaluateWeights({ ...about, weights: other });
    CSV_CLASS_NAMES.forEach((name, row) => {
      expect(turned.confusion[row]).toEqual(own.confusion[CLASS_NAMES.indexOf(name)]);
    });
    expect([own.classesGuessed, turned.classesGuessed]).toEqual([false, false]);
  });

  it('a file that names its classes keeps them: a list may be about the data', async () => {
    const { path } = await fileOf([48, 48, 1], CLASS_NAMES);
    expect((await openModel(path, { classes: CSV_CLASS_NAMES })).classes).toEqual(CLASS_NAMES);
    const classes = ['bear', 'cat', ...FIVE];
    await expect(openModel(path, { classes })).rejects.toThrow(
      'the file names its classes itself, Angry, Disgust, Fear, Happy, Neutral, Sad, Surprise; leave out --classes',
    );
    expect((await openModel(path, { classes, ofData: true })).classes).toEqual(CLASS_NAMES);
  });

  it('a mean image that the file lacks is made of the training images, by evaluate', async () => {
    const { path } = await fileOf([30, 30, 1], CLASS_NAMES);
    const foreign = { preprocess: 'mean' } as const;
    const { count } = await evaluateWeights({ weights: path, data: DATA, split: 'validation', foreign });
    expect(count).toBeGreaterThan(0);
    const advice = `"fer-tui export ${path} --preprocess mean --data DATA --to h5" writes a file that does`;
    await expect(predictImages({ weights: path, paths: [], foreign })).rejects.toThrow(advice);
    await expect(Classifier.open(gpu(), path, { foreign })).rejects.toThrow(advice);
  });

  it.each(['standardize', 'standardize-global'] as const)('%s too, of mean and deviation', async (name) => {
    const { path } = await fileOf([30, 30, 1], CLASS_NAMES);
    const foreign = { preprocess: name };
    const { loss } = await evaluateWeights({ weights: path, data: DATA, split: 'validation', foreign });
    expect(loss).toBeGreaterThan(0);
    await expect(predictImages({ weights: path, paths: [], foreign })).rejects.toThrow(
      `--preprocess ${name} needs the mean and standard deviation of the training images`,
    );
  });

  it('a standard deviation of 0 in a file is damage, and one of another size is told', async () => {
    const mean = new Float32Array(900).fill(100);
    const std = new Float32Array(900).fill(50);
    const make = (changed: Float32Array) =>
      fileOf([30, 30, 1], CLASS_NAMES, { name: 'standardize', mean, std: changed });
    expect((await openModel((await make(std)).path)).preprocess.std).toEqual(std);
    const zero = await make(std.with(7, 0));
    await expect(openModel(zero.path)).rejects.toThrow('needs standard deviations; expected numbers above 0');
    const short = await make(std.slice(1));
    await expect(openModel(short.path)).rejects.toThrow('expected 30 x 30');
  });

  it('the network of a file is trained, and goes on without the file', async () => {
    const folder = newFolder();
    const architecture = join(folder, 'model.json');
    const network = miniXception([20, 16, 3], [4]);
    writeFileSync(architecture, JSON.stringify(toKeras(network)));
    const data = { data: 'synthetic:28', batch: 14, augment: 'default', seed: 3 };
    const config = resolveConfig({ ...data, architecture, epochs: 1, out: join(folder, 'run') });
    const events: TrainEvent[] = [];
    const hooks = () => ({
      control: new Control(),
      emit: (event: TrainEvent) => void events.push(event),
      place,
    });
    const { path, steps } = await runTraining(config, hooks());
    expect(steps).toBe(2);
    expect(events[0]).toMatchObject({ type: 'start', model: 'mini_xception' });
    const { network: back, weights } = await openModel(join(path, 'last.safetensors'));
    expect(back.summary()).toEqual(network.summary());
    rmSync(architecture);
    await resumeTraining(path, hooks());
    expect((await openModel(join(path, 'last.safetensors'))).weights).toEqual(weights);
    const wrong = resolveConfig({ ...data, architecture: path, filters: '4', out: join(folder, 'other') });
    await expect(runTraining(wrong, hooks())).rejects.toThrow(
      'filters: it cannot be set here, because the network comes from a file',
    );
  });

  it('colours of an image reach a model that takes colours', async () => {
    const { path, saved } = await fileOf([10, 12, 3], FIVE, { name: 'scale255' });
    const png = new PNG({ width: 12, height: 10 });
    for (let i = 0; i < 120; i++) png.data.set([(7 * i) % 256, (3 * i) % 256, 255 - i, 255], i * 4);
    const image = join(newFolder(), 'face.png');
    writeFileSync(image, PNG.sync.write(png));
    const { predictions } = await predictImages({ weights: path, paths: [image] });
    const input = Float64Array.from(
      { length: 360 },
      (_, i) => (png.data[Math.floor(i / 3) * 4 + (i % 3)] as number) / 255,
    );
    const want = referenceNetwork(saved.network, exact(saved), input, 1);
    expect(relativeError(predictions[0]?.probabilities ?? [], want)).toBeLessThan(1e-4);
  });
});
