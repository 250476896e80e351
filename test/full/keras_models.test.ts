import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Learner } from '../../src/nn/learner.js';
import { openModel, type SavedModel, saveH5 } from '../../src/train/weights.js';
import { describeGpu } from '../helpers/gpu.js';
import { runKeras } from '../helpers/keras.js';
import { all, needs } from '../helpers/needs.js';

/** Files that the real Keras saves, read here, and what is written of them, read by Keras. */

interface Answer {
  readonly shape: readonly number[];
  readonly input: readonly number[];
  readonly output: readonly number[];
}

const MODELS = ['sequential', 'functional', 'nested', 'transferred'];
const FORMS = ['.keras', '.h5', '.weights.h5'];

const apart = (one: ArrayLike<number>, other: ArrayLike<number>): number => {
  expect(one.length).toBe(other.length);
  return Math.max(...Array.from(one, (value, i) => Math.abs(value - (other[i] as number))));
};

describe('the real Keras', all(needs.full, needs.keras), () => {
  const folder = mkdtempSync(join(tmpdir(), 'fer-tui-keras-'));
  let answers: Readonly<Record<string, Answer>> = {};
  beforeAll(() => {
    answers = runKeras('keras_models.py', { folder, models: MODELS });
  }, 300_000);

  describeGpu('and its files', (gpu) => {
    /** What a model says of the images that Keras was given. */
    async function probabilitiesOf(
      { network, weights }: SavedModel,
      { input }: Answer,
    ): Promise<Float32Array> {
      const learner = new Learner(gpu(), network);
      learner.writeWeights(weights);
      const probabilities = await learner.predict(Float32Array.from(input));
      await learner.dispose();
      return probabilities;
    }

    const open = (model: string, form: string): Promise<SavedModel> =>
      openModel(join(folder, `${model}${form}`), {
        preprocess: 'none',
        classes: Array.from({ length: model === 'functional' ? 5 : 4 }, (_, i) => `class ${i}`),
        ...(form === '.weights.h5' && { architecture: join(folder, `${model}.json`) }),
      });

    it.each(MODELS.flatMap((model) => FORMS.map((form) => [model, form] as const)))(
      '%s%s computes here what it computes there',
      async (model, form) => {
        const answer = answers[model] as Answer;
        expect(apart(await probabilitiesOf(await open(model, form), answer), answer.output)).toBeLessThan(
          1e-5,
        );
      },
      60_000,
    );

    it.each(MODELS)('%s, written here, computes there what it computes here', async (model) => {
      const { shape, input, output } = answers[model] as Answer;
      const path = join(folder, `ours_${model}.h5`);
      await saveH5(path, await open(model, '.keras'));
      const inputs = [{ shape: [3, ...shape], data: input }];
      const there = runKeras<{ probabilities: number[] }>('keras_predict.py', {
        model: path,
        inputs,
        save: [],
      });
      expect(apart(there.probabilities, output)).toBeLessThan(1e-5);
    }, 120_000);
  });
});
