import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { applyPreprocess } from '../../src/data/preprocess.js';
import { Learner } from '../../src/nn/learner.js';
import { transpose } from '../../src/reference/transpose.js';
import type { SavedModel } from '../../src/train/model_file.js';
import { openModel, saveH5 } from '../../src/train/weights.js';
import { describeGpu } from '../helpers/gpu.js';
import { runKeras } from '../helpers/keras.js';
import { all, needs } from '../helpers/needs.js';

/** Files that the real Keras saves, read here, and what is written of them, read by Keras. */

interface Answer {
  readonly shape: readonly [number, number, number];
  readonly input: readonly number[];
  readonly output: readonly number[];
}

const MODELS = [
  ...[
    'sequential',
    'functional',
    'nested',
    'transferred',
    'prepared',
    'cropped',
    'attention',
    'channels_first',
  ],
];
/** Images that Keras is asked about. */
const BATCH = 3;
const FORMS = ['.keras', '.h5', '.weights.h5'];

const apart = (one: ArrayLike<number>, other: ArrayLike<number>): number => {
  expect(one.length).toBe(other.length);
  return Math.max(...Array.from(one, (value, i) => Math.abs(value - (other[i] as number))));
};

/** Networks that people start from, as Keras builds them. */
const APPLICATIONS = ['efficientnetb0', 'mobilenetv2', 'resnet50', 'vgg16', 'xception'];
/** Those that tf2onnx writes with operators that are read. */
const BY_TF2ONNX = ['nested', 'transferred', 'cropped', 'channels_first', ...APPLICATIONS];
/** Those whose layers prepare the pixels themselves. */
const PREPARED = new Set(['prepared', 'cropped', 'efficientnetb0']);
const CLASSES = [...'abcde'];

describe('the real Keras', all(needs.full, needs.keras), () => {
  const folder = mkdtempSync(join(tmpdir(), 'fer-tui-keras-'));
  const answers: Record<string, Answer> = {};
  const inOnnx: Record<string, Answer> = {};
  beforeAll(() => {
    Object.assign(answers, runKeras('keras_models.py', { folder, models: MODELS, forms: FORMS }));
    Object.assign(answers, runKeras('keras_models.py', { folder, models: APPLICATIONS, forms: ['.h5'] }));
    if (!needs.tf2onnx.skip) {
      const task = { folder, models: BY_TF2ONNX, forms: ['.onnx'] };
      Object.assign(inOnnx, runKeras('keras_models.py', task));
    }
  });

  describeGpu('and its files', (gpu) => {
    const open = (model: string, form: string): Promise<SavedModel> =>
      openModel(join(folder, `${model}${form}`), {
        ...(!PREPARED.has(model) && { preprocess: 'none' as const }),
        classes: CLASSES.slice(0, (answers[model]?.output.length ?? 0) / BATCH),
        ...(form === '.weights.h5' && { architecture: join(folder, `${model}.json`) }),
      });

    /** The images that Keras was given, as the network here takes them. */
    function inputOf({ preprocess, network: { inputShape } }: SavedModel, answer: Answer): Float32Array {
      const turned = answer.shape.join() !== inputShape.join();
      const { shape, input } = answer;
      const images = Float32Array.from(
        turned ? transpose(Float64Array.from(input), [BATCH, ...shape], [1, 2, 0]) : input,
      );
      applyPreprocess(preprocess, images, images, inputShape as Answer['shape']);
      return images;
    }

    /** What a model says of them. */
    async function probabilitiesOf(saved: SavedModel, answer: Answer): Promise<Float32Array> {
      const learner = new Learner(gpu(), saved.network);
      learner.writeWeights(saved.weights);
      const probabilities = await learner.predict(inputOf(saved, answer));
      await learner.dispose();
      return probabilities;
    }

    it.each(
      MODELS.flatMap((model) => FORMS.map((form) => [model, form] as const)),
    )('%s%s computes here what it computes there', async (model, form) => {
      const answer = answers[model] as Answer;
      expect(apart(await probabilitiesOf(await open(model, form), answer), answer.output)).toBeLessThan(1e-5);
    });

    it.each(MODELS)('%s, written here, computes there what it computes here', async (model) => {
      const answer = answers[model] as Answer;
      const path = join(folder, `ours_${model}.h5`);
      const saved = await open(model, '.keras');
      await saveH5(path, saved);
      const inputs = [{ shape: [BATCH, ...saved.network.inputShape], data: [...inputOf(saved, answer)] }];
      const there = runKeras<{ probabilities: number[] }>('keras_predict.py', {
        model: path,
        inputs,
        save: [],
      });
      expect(apart(there.probabilities, answer.output)).toBeLessThan(1e-5);
    });

    it.each(APPLICATIONS)('%s of keras.applications computes here what it computes there', async (model) => {
      const answer = answers[model] as Answer;
      expect(apart(await probabilitiesOf(await open(model, '.h5'), answer), answer.output)).toBeLessThan(
        1e-4,
      );
    });

    it.each(BY_TF2ONNX)(
      '%s, written by tf2onnx, computes here what it computes there',
      needs.tf2onnx,
      async (model) => {
        const answer = inOnnx[model] as Answer;
        const saved = await openModel(join(folder, `${model}.onnx`), {
          ...(!PREPARED.has(model) && { preprocess: 'none' as const }),
          classes: CLASSES.slice(0, answer.output.length / BATCH),
        });
        expect(apart(await probabilitiesOf(saved, answer), answer.output)).toBeLessThan(1e-4);
      },
    );
  });
});
