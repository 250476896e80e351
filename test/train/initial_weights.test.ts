import { expect, it } from 'vitest';
import type { Learner } from '../../src/nn/learner.js';
import { buildModel } from '../../src/nn/models.js';
import { writeInitial } from '../../src/train/initial_weights.js';

it('initial weights may be those of a network that comes with the program', async () => {
  const learner = { model: buildModel('fer-cnn') } as unknown as Learner;
  await expect(writeInitial('fer-shallow', learner)).rejects.toThrow(
    /^fer-shallow: \d+ weights; fer-cnn has/,
  );
  await expect(writeInitial('fer-shalow', learner)).rejects.toThrow('did you mean "fer-shallow"?');
});
