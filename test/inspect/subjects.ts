import type { Preprocess } from '../../src/data/preprocess.js';
import type { Gpu } from '../../src/gpu/device.js';
import { Subject } from '../../src/inspect/subject.js';
import {
  BatchNormalization,
  Conv2D,
  Dense,
  ELU,
  Flatten,
  MaxPooling2D,
  Softmax,
} from '../../src/nn/layers.js';
import { type Network, Sequential } from '../../src/nn/network.js';
import type { Arr } from '../../src/reference/arrays.js';
import type { SavedModel } from '../../src/train/model_file.js';
import { Rng } from '../../src/util/random.js';
import { randomWeights } from '../helpers/networks.js';
import { referenceLayers } from '../helpers/reference_network.js';
import { inDoubles } from '../helpers/reference_probe.js';

/** A small network of the shape of the built-in ones; softmax is a layer of its own, so the one before makes the logits. */
export const chain = (input: readonly number[] = [12, 10, 1], classes = 3) =>
  new Sequential('chain', input, [
    ...[Conv2D({ filters: 4 }), ELU(), BatchNormalization(), MaxPooling2D()],
    ...[Conv2D({ filters: 6 }), ELU(), BatchNormalization(), MaxPooling2D(), Flatten()],
    ...[Dense({ units: 5 }), ELU(), Dense({ units: classes }), Softmax()],
  ]);

/** A network with random weights, ready to be inspected. Its scales of batch norm are near 1, so that signals stay alive. */
export function subjectOf(
  gpu: Gpu,
  network: Network = chain(),
  preprocess: Preprocess = { name: 'scale255' },
): Subject {
  const classes = Array.from({ length: network.outputShape.at(-1) ?? 0 }, (_, i) => `Class ${i}`);
  const rng = new Rng(6);
  const weights = randomWeights(network);
  for (const [name, { data }] of weights)
    if (name.endsWith('gamma')) data.set(Array.from(data, () => rng.uniform(0.8, 1.5)));
  const saved: SavedModel = { network, classes, preprocess, weights, notes: {} };
  return new Subject(gpu, saved, 'small.h5');
}

/** Random gray pixels. */
export function pixels(count: number, seed = 1): Uint8Array {
  const rng = new Rng(seed);
  return Uint8Array.from({ length: count }, () => rng.int(256));
}

/** The outputs of all layers in float64, by name. */
export function exactOutputs({ saved }: Subject, input: Arr, count = 1): ReadonlyMap<string, Arr> {
  const values = referenceLayers(saved.network, inDoubles(saved.weights), input, count);
  return new Map(saved.network.layers.map(({ name }, i) => [name, values.get(i) as Arr]));
}
