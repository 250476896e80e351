import { formatShape } from '../gpu/shape.js';
import type { WeightSpec } from '../nn/layer.js';
import { type PlacedLayer, snakeCase } from '../nn/network.js';
import type { NamedArray } from '../nn/parameters.js';
import { RunError } from '../util/errors.js';
import { groupAt, type H5Dataset, type H5Group, numbersAt, textsOf } from './hdf5_tree.js';
import type { ReadModel } from './keras_architecture.js';
import type { FilePart } from './keras_graph.js';
import { LEFT_OUT } from './layers/left_out.js';

/** Reads the weights of a network from Keras's HDF5 file, in either of its two layouts. Throws RunError. */
export function readKerasWeights(
  file: H5Group,
  { network, parts }: ReadModel,
  path: string,
): Map<string, NamedArray> {
  const group = withSlashes(file);
  const root = ROOTS.find((name) => groupAt(group, name) !== undefined);
  const placed = new Map(network.layers.map((layer) => [layer.name, layer]));
  const holders = parts.flatMap((part) => holdersOf(part, placed));
  if (textsOf(group, 'layer_names').length > 0 || root === undefined) {
    return readNamed(group, holders, parts.filter(isIdle), path);
  }
  const result = new Map<string, NamedArray>();
  readNumbered({ group, path }, root, holders, result);
  return result;
}

/** Whether a file holds weights of Keras, in either layout. */
export function isWeightsFile(file: H5Group): boolean {
  const group = withSlashes(file);
  return (
    [...group.attributes.keys()].some((name) => /^layer_names\d*$/.test(name)) ||
    ROOTS.some((name) => groupAt(group, name) !== undefined)
  );
}

const ROOTS = ['layers', '_layer_checkpoint_dependencies'];

/** A layer with weights, or a nested model with such layers, which a file stores in one group. */
interface Holder {
  readonly kind: string;
  readonly name: string;
  /** In the order of Keras 2's files: in a nested model, the trainable weights come first. */
  readonly weights: readonly WeightSpec[];
  /** The layers of a nested model. */
  readonly inner?: readonly Holder[];
}

/** Whether a part has only random state, such as a layer of augmentation. */
const isIdle = ({ kind, parts }: FilePart): boolean =>
  parts === undefined ? LEFT_OUT.has(kind) : parts.every(isIdle);

/** The part as a holder, unless it has no weights. */
function holdersOf({ kind, name, parts }: FilePart, placed: ReadonlyMap<string, PlacedLayer>): Holder[] {
  if (parts === undefined) {
    const weights = placed.get(name)?.weights ?? [];
    return weights.length > 0 ? [{ kind, name, weights }] : [];
  }
  const inner = parts.flatMap((part) => holdersOf(part, placed));
  const all = inner.flatMap(({ weights }) => weights);
  const weights = [true, false].flatMap((trained) => all.filter(({ trainable }) => trainable === trained));
  return weights.length > 0 ? [{ kind, name, weights, inner }] : [];
}

/**
 * Splits names that are paths with backslashes (`layers\conv2d`), which Keras 2.12 to 2.15 writes on Windows, into nested groups.
 */
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
 * Keras 2's layout (`.h5`): `layer_names` lists groups, and the `weight_names` of each group its datasets. Weights are assigned
 * to layers in order, as Keras does, because names can differ whenever a model is built.
 */
function readNamed(
  group: H5Group,
  wanted: readonly Holder[],
  idle: readonly FilePart[],
  path: string,
): Map<string, NamedArray> {
  const found = textsOf(group, 'layer_names').flatMap((layer) => {
    const own = idle.some(({ name }) => name === layer) ? undefined : groupAt(group, layer);
    const list = own === undefined ? [] : textsOf(own, 'weight_names');
    return own === undefined || list.length === 0 ? [] : [{ layer, own, list }];
  });
  if (found.length !== wanted.length) {
    throw new RunError(
      `${path}: weights of ${found.length} layers; the model has ${wanted.length} with weights`,
    );
  }
  const result = new Map<string, NamedArray>();
  wanted.forEach((holder, i) => {
    const { layer, own, list } = found[i] as (typeof found)[number];
    if (list.length !== holder.weights.length) {
      throw new RunError(
        `${path}: layer "${layer}" has ${list.length} weights; "${holder.name}" (${holder.kind}) has ${holder.weights.length}`,
      );
    }
    holder.weights.forEach(({ name, shape }, k) => {
      const weight = list[k] ?? '';
      result.set(name, numbers(own, weight, shape, `${path}: weight "${weight}" of layer "${layer}"`));
    });
  });
  return result;
}

/**
 * Keras 3's layout (`.keras`, `.weights.h5`): weights are numbered, as in `layers/conv2d_1/vars/0`. The group is named after the
 * layer's class, numbered in the order of the model, not after the layer. Keras 2.12 to 2.15 counts a layer with weights twice
 * (`conv2d`, `conv2d_2`), so only the order of the numbers matters.
 */
function readNumbered(
  file: { readonly group: H5Group; readonly path: string },
  root: string,
  holders: readonly Holder[],
  result: Map<string, NamedArray>,
): void {
  const { group, path } = file;
  for (const [base, alike] of byKind(holders)) {
    const folders = numberedAs(base, groupAt(group, root));
    if (folders.length > alike.length) {
      throw new RunError(
        `${path}: ${root} has weights of ${folders.length} layers ${base}; the model has ${alike.length}`,
      );
    }
    alike.forEach(({ name: holder, kind, weights, inner }, i) => {
      const own = `${root}/${folders[i] ?? (i === 0 ? base : `${base}_${i}`)}`;
      if (inner !== undefined) {
        readNumbered(file, `${own}/${root.split('/')[0]}`, inner, result);
        return;
      }
      const folder = `${own}/vars`;
      const held = groupAt(group, folder)?.members.size ?? 0;
      if (held !== weights.length) {
        throw new RunError(
          `${path}: ${folder} has ${held} weights; "${holder}" (${kind}) has ${weights.length}`,
        );
      }
      weights.forEach(({ name, shape }, k) => {
        result.set(
          name,
          numbers(group, `${folder}/${k}`, shape, `${path}: weight "${folder}/${k}" of "${holder}"`),
        );
      });
    });
  }
}

/** Groups layers and models by their class name in Keras 3's spelling. */
function byKind(holders: readonly Holder[]): Map<string, Holder[]> {
  const kinds = new Map<string, Holder[]>();
  for (const holder of holders) {
    const base = snakeCase(holder.kind);
    kinds.set(base, [...(kinds.get(base) ?? []), holder]);
  }
  return kinds;
}

/** The groups of a class that hold weights, in the order of their numbers. */
function numberedAs(base: string, group: H5Group | undefined): string[] {
  const numberOf = (name: string): number => Number(/^_(\d+)$/.exec(name.slice(base.length))?.[1] ?? 0);
  return [...(group?.members ?? [])]
    .filter(([name]) => name === base || (name.startsWith(base) && /^_\d+$/.test(name.slice(base.length))))
    .filter(([, member]) => holdsWeights(member))
    .map(([name]) => name)
    .sort((a, b) => numberOf(a) - numberOf(b));
}

/** Whether a group holds weights of a layer, or of a layer of a nested model. */
function holdsWeights(member: H5Group | H5Dataset): boolean {
  if (!('members' in member)) return false;
  if ((groupAt(member, 'vars')?.members.size ?? 0) > 0) return true;
  return ROOTS.some((root) => [...(groupAt(member, root)?.members.values() ?? [])].some(holdsWeights));
}

function numbers(group: H5Group, at: string, shape: readonly number[], what: string): NamedArray {
  const found = numbersAt(group, at);
  const got = found === undefined ? 'not there' : formatShape(found.shape);
  if (found === undefined || got !== formatShape(shape)) {
    throw new RunError(`${what} is ${got}; the model expects ${formatShape(shape)}`);
  }
  const counts = shape.length === 0 && /^<[iq]$|^<i\d$|^int/.test(found.kind); // those of a Normalization
  if (found.data === undefined || !(counts || /^<[efd]$|^float/.test(found.kind))) {
    throw new RunError(
      `${what} has the data type ${found.kind}; only floats of 16, 32 and 64 bits are supported`,
    );
  }
  return { shape, data: found.data };
}
