import { toKeras } from '../formats/keras_architecture.js';
import type { Learner } from '../nn/learner.js';
import type { NamedArray } from '../nn/parameters.js';
import { RunError } from '../util/errors.js';
import { weightsPath } from './shipped_models.js';
import { openWeights } from './weights.js';

/**
 * Initialises a network with the weights of a file, a shipped network or a run, assigned in order to the weight names of the
 * network. If the file has another number of classes, the last layer keeps its initial weights. Throws RunError when the
 * numbers of weights differ, ShapeError for other shapes.
 * @returns notes for the user
 */
export async function writeInitial(
  path: string,
  learner: Pick<Learner, 'model' | 'readWeights' | 'writeWeights'>,
): Promise<string[]> {
  const { model } = learner;
  const { network, weights } = await openWeights(weightsPath(path), toKeras(model));
  const given = [...weights.values()];
  if (given.length !== model.weights.length) {
    throw new RunError(`${path}: ${given.length} weights; ${model.name} has ${model.weights.length}`);
  }
  const [before, now] = [network.outputShape.at(-1), model.outputShape.at(-1)];
  const head = before === now ? undefined : model.layers.findLast((layer) => layer.weights.length > 0);
  const own = new Set(head?.weights.map(({ name }) => name));
  const taken = model.weights.flatMap(({ name }, i) =>
    own.has(name) ? [] : [[name, given[i] as NamedArray] as const],
  );
  const fresh = head === undefined ? new Map<string, NamedArray>() : await learner.readWeights();
  learner.writeWeights(new Map([...fresh, ...taken]));
  if (head === undefined) return [];
  return [
    `${path} tells ${before} classes apart, the data have ${now}: the last layer, ${head.name}, begins with fresh weights`,
  ];
}
