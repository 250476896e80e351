import { formatShape } from '../gpu/shape.js';
import { type Network, snakeCase } from '../nn/network.js';
import type { NamedArray } from '../nn/parameters.js';
import { RunError } from '../util/errors.js';
import { groupAt, type H5Group, numbersAt, textsOf } from './hdf5.js';
import { isFeature } from './keras_features.js';

/** Reads the weights of a network from Keras's HDF5 file, in either of its two layouts. Throws RunError. */
export function readKerasWeights(group: H5Group, network: Network, path: string): Map<string, NamedArray> {
  const root = ['layers', '_layer_checkpoint_dependencies'].find(
    (name) => groupAt(group, name) !== undefined,
  );
  if (textsOf(group, 'layer_names').length > 0 || root === undefined) return readNamed(group, network, path);
  return readNumbered(group, root, network, path);
}

/**
 * Keras 2's layout (`.h5`): `layer_names` lists groups, and the `weight_names` of each group its datasets. Weights are
 * assigned to layers in order, as Keras does, because names can differ each time that a model is built.
 */
function readNamed(group: H5Group, network: Network, path: string): Map<string, NamedArray> {
  const found = textsOf(group, 'layer_names').flatMap((layer) => {
    const own = groupAt(group, layer);
    const list = own === undefined ? [] : textsOf(own, 'weight_names');
    return own === undefined || list.length === 0 ? [] : [{ layer, own, list }];
  });
  const wanted = network.layers.filter((placed) => placed.weights.length > 0 && !isFeature(placed));
  if (found.length !== wanted.length) {
    throw new RunError(
      `${path}: weights of ${found.length} layers; the model has ${wanted.length} with weights`,
    );
  }
  const result = new Map<string, NamedArray>();
  wanted.forEach((placed, i) => {
    const { layer, own, list } = found[i] as (typeof found)[number];
    if (list.length !== placed.weights.length) {
      throw new RunError(
        `${path}: layer "${layer}" has ${list.length} weights; "${placed.name}" (${placed.layer.kind}) has ${placed.weights.length}`,
      );
    }
    placed.weights.forEach(({ name, shape }, k) => {
      const weight = list[k] ?? '';
      result.set(name, numbers(own, weight, shape, `${path}: weight "${weight}" of layer "${layer}"`));
    });
  });
  return result;
}

/**
 * Keras 3's layout (`.keras`, `.weights.h5`): weights are numbered, as in `layers/conv2d_1/vars/0`. The group is named after
 * the layer's class, numbered in the order of the model, not after the layer.
 */
function readNumbered(group: H5Group, root: string, network: Network, path: string): Map<string, NamedArray> {
  const counts = new Map<string, number>();
  const result = new Map<string, NamedArray>();
  for (const {
    name: layer,
    layer: { kind },
    weights,
  } of network.layers.filter((placed) => !isFeature(placed))) {
    const base = snakeCase(kind);
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    const folder = `${root}/${count === 0 ? base : `${base}_${count}`}/vars`;
    const held = groupAt(group, folder)?.members.size ?? 0;
    if (held !== weights.length) {
      throw new RunError(
        `${path}: ${folder} has ${held} weights; "${layer}" (${kind}) has ${weights.length}`,
      );
    }
    weights.forEach(({ name, shape }, k) => {
      result.set(
        name,
        numbers(group, `${folder}/${k}`, shape, `${path}: weight "${folder}/${k}" of "${layer}"`),
      );
    });
  }
  return result;
}

function numbers(group: H5Group, at: string, shape: readonly number[], what: string): NamedArray {
  const found = numbersAt(group, at);
  const got = found === undefined ? 'not there' : formatShape(found.shape);
  if (found === undefined || got !== formatShape(shape)) {
    throw new RunError(`${what} is ${got}; the model expects ${formatShape(shape)}`);
  }
  if (found.data === undefined || !/^<[efd]$|^float/.test(found.kind)) {
    throw new RunError(
      `${what} has the data type ${found.kind}; only floats of 16, 32 and 64 bits are supported`,
    );
  }
  return { shape, data: found.data };
}
