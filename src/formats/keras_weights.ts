import { formatShape } from '../gpu/shape.js';
import { type Network, type PlacedLayer, snakeCase } from '../nn/network.js';
import type { NamedArray } from '../nn/parameters.js';
import { RunError } from '../util/errors.js';
import { groupAt, type H5Dataset, type H5Group, numbersAt, textsOf } from './hdf5.js';
import { isFeature } from './keras_features.js';

/** Reads the weights of a network from Keras's HDF5 file, in either of its two layouts. Throws RunError. */
export function readKerasWeights(file: H5Group, network: Network, path: string): Map<string, NamedArray> {
  const group = withSlashes(file);
  const root = ['layers', '_layer_checkpoint_dependencies'].find(
    (name) => groupAt(group, name) !== undefined,
  );
  if (textsOf(group, 'layer_names').length > 0 || root === undefined) return readNamed(group, network, path);
  return readNumbered(group, root, network, path);
}

/** The group with paths of groups, as Keras 2.12 to 2.15 writes them on Windows (`layers\conv2d`), turned into groups. */
function withSlashes(group: H5Group): H5Group {
  const names = [...group.members.keys()];
  if (!names.some((name) => name.includes('\\'))) return group;
  const members = new Map<string, H5Group | H5Dataset>();
  for (const [path, member] of group.members) {
    const parts = path.split('\\');
    let here = members;
    for (const part of parts.slice(0, -1)) {
      const inner = new Map<string, H5Group | H5Dataset>((here.get(part) as H5Group | undefined)?.members);
      here.set(part, { attributes: new Map(), members: inner });
      here = inner;
    }
    here.set(parts.at(-1) as string, member);
  }
  return { attributes: group.attributes, members };
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
 * the layer's class, numbered in the order of the model, not after the layer. Keras 2.12 to 2.15 counts a layer with weights
 * twice (`conv2d`, `conv2d_2`), so it is the order of the numbers that counts.
 */
function readNumbered(group: H5Group, root: string, network: Network, path: string): Map<string, NamedArray> {
  const layers = network.layers.filter((placed) => placed.weights.length > 0 && !isFeature(placed));
  const result = new Map<string, NamedArray>();
  for (const [base, alike] of byKind(layers)) {
    const folders = numberedAs(base, groupAt(group, root));
    if (folders.length > alike.length) {
      throw new RunError(
        `${path}: ${root} has weights of ${folders.length} layers ${base}; the model has ${alike.length}`,
      );
    }
    alike.forEach(({ name: layer, layer: { kind }, weights }, i) => {
      const folder = `${root}/${folders[i] ?? (i === 0 ? base : `${base}_${i}`)}/vars`;
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
    });
  }
  return result;
}

/** Layers in order, by their class as Keras 3 writes it. */
function byKind(layers: readonly PlacedLayer[]): Map<string, PlacedLayer[]> {
  const kinds = new Map<string, PlacedLayer[]>();
  for (const placed of layers) {
    const base = snakeCase(placed.layer.kind);
    kinds.set(base, [...(kinds.get(base) ?? []), placed]);
  }
  return kinds;
}

/** The groups of a class that hold weights, in the order of their numbers. */
function numberedAs(base: string, group: H5Group | undefined): string[] {
  const numberOf = (name: string): number => Number(/^_(\d+)$/.exec(name.slice(base.length))?.[1] ?? 0);
  return [...(group?.members.keys() ?? [])]
    .filter((name) => name === base || (name.startsWith(base) && /^_\d+$/.test(name.slice(base.length))))
    .filter((name) => (groupAt(group as H5Group, `${name}/vars`)?.members.size ?? 0) > 0)
    .sort((a, b) => numberOf(a) - numberOf(b));
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
