import { expect, it } from 'vitest';
import { buildModel } from '../../src/nn/models.js';
import { writeInitial } from '../../src/train/initial_weights.js';

it('initial weights may be those of a network that comes with the program', async () => {
  const written: ReadonlyMap<string, unknown>[] = [];
  const learner = {
    model: buildModel('fer-cnn'),
    readWeights: () => Promise.reject(new Error('nothing of its own is kept')),
    writeWeights: (weights: ReadonlyMap<string, unknown>) => void written.push(weights),
  };
  await expect(writeInitial('fer-shallow', learner)).rejects.toThrow(
    /^fer-shallow: \d+ weights; fer-cnn has/,
  );
  await expect(writeInitial('fer-shalow', learner)).rejects.toThrow('did you mean "fer-shallow"?');
  expect(written).toEqual([]);
  expect(await writeInitial('fer-cnn', learner)).toEqual([]);
  expect(written.map((weights) => [...weights.keys()])).toEqual([
    learner.model.weights.map(({ name }) => name),
  ]);
});
