import { basename } from 'node:path';
import { IMAGES, Network } from '../../nn/network.js';
import type { NamedArray } from '../../nn/parameters.js';
import { RunError } from '../../util/errors.js';
import { foreignJson, isMapping } from '../../util/foreign.js';
import { type FeatureInputs, featureLayer, readFeatures } from '../keras_features.js';
import { RESCALED } from '../keras_front.js';
import { softmaxLast, withSoftmax } from '../last_softmax.js';
import { PREPROCESSED } from '../onnx_pixels.js';
import { Building } from './building.js';
import { type OnnxFile, type OnnxNode, readFile } from './file.js';
import { Node } from './node.js';
import { DENSE } from './operators/dense.js';
import type { Operator, Operators } from './operators/operator.js';
import { isAffine, POINTWISE } from './operators/pointwise.js';
import { RESIZING } from './operators/resizing.js';
import { SHAPES } from './operators/shapes.js';
import { WINDOWS } from './operators/windows.js';
import { withoutSteps } from './steps.js';
import { Tensors } from './tensors.js';
import { type Activations, imagesOf, type Value } from './values.js';

/**
 * Reads networks from ONNX files, node by node. A node becomes a layer, part of a layer, or only another view of values; an error
 * names a node that is not supported. Kernels, and the weights after a flattened image, are transposed from channels first to
 * channels last.
 */
const OPERATORS: Operators = { ...WINDOWS, ...DENSE, ...POINTWISE, ...RESIZING, ...SHAPES };

/** ONNX's names of all operators that are read. */
export const OPERATOR_NAMES: readonly string[] = Object.keys(OPERATORS).sort();

/** The content of a file. */
export interface OnnxModel {
  readonly network: Network;
  readonly weights: ReadonlyMap<string, NamedArray>;
  /** Whether the graph ends in logits, and a softmax was added. */
  readonly softmaxAdded: boolean;
  /** Name of the preprocessing at the start of the graph; the network does not contain it. */
  readonly preprocess: string | undefined;
  readonly producer: string;
  /** Metadata. */
  readonly notes: Readonly<Record<string, string>>;
}

/** Most values of an image. */
const MOST_INPUTS = 3 * 4096 ** 2;
/** Types of images: float32, uint8, float16, float64. */
const IMAGE_TYPES = [1, 2, 10, 11];
const [FLOAT, UINT8] = [1, 2];

/** Reads a model. Throws RunError for a file that is damaged or not supported. @param path names the file */
export function readOnnx(bytes: Uint8Array, path: string): OnnxModel {
  const file = readFile(bytes, path);
  const [output, ...more] = file.outputs;
  if (output === undefined || more.length > 0)
    throw new RunError(`${path}: it has ${file.outputs.length} outputs; only models with one are supported`);
  const features = featuresOf(file, path);
  const { images, from, type } = inputOf(file, features, path);
  const tensors = new Tensors(path);
  const nodes = needed(withoutSteps(file, tensors), output, from, path);
  const building = new Building(images.shape, usesOf(nodes, output), () => bytes.length + tensors.otherBytes);
  const values = new Map<string, Value>([[from, images]]);
  building.name(from, images);
  for (const { name } of file.inputs) {
    const feature = features[name];
    if (feature === undefined) continue;
    const value = building.addFeature(name, featureLayer(name, feature, images.shape, path).layer, images);
    building.name(name, value);
    values.set(name, value);
  }
  const named = (name: string): Value | undefined => {
    const tensor = file.tensors.get(name);
    return values.get(name) ?? (tensor && tensors.read(tensor));
  };
  for (const one of nodes) {
    const node = new Node(one, { path, operatorSet: file.operatorSet, tensors, named, output });
    const value = operatorOf(node)(node, building);
    node.finish();
    if (value.kind === 'activations') building.name(node.output, value);
    else building.count(node, value.data.length);
    values.set(node.output, value);
  }
  const end = values.get(output);
  if (end?.kind !== 'activations' || end.position === IMAGES)
    throw new RunError(`${path}: its output "${output}" does not come from its input`);
  requireOrder(end, path);
  const preprocess =
    withoutRescaling(building) ?? (type === UINT8 && from !== PREPROCESSED ? 'none' : undefined);
  const network = softmaxLast(new Network(nameOf(file, path), building.imageShape, building.nodes));
  const ending = withSoftmax(network, path);
  return {
    ...{ network: ending, weights: building.weights, softmaxAdded: ending !== network, preprocess },
    ...{ producer: file.producer, notes: file.notes },
  };
}

/** Inputs of designed features, which a file of fer-tui describes. Throws RunError if the description is damaged. */
function featuresOf({ producer, notes }: OnnxFile, path: string): FeatureInputs {
  const text = notes['features'];
  if (producer !== 'fer-tui' || text === undefined) return {};
  const features = foreignJson(text, `${path}: damaged: its note "features"`);
  if (!isMapping(features)) throw new RunError(`${path}: damaged: its note "features" has no names`);
  return readFeatures({ features }, path);
}

/** The input images, and their name in the graph after any preprocessing that fer-tui has added. */
function inputOf(
  file: OnnxFile,
  features: FeatureInputs,
  path: string,
): { images: Activations; from: string; type: number } {
  const given = file.inputs.filter(({ name }) => !file.tensors.has(name) && !Object.hasOwn(features, name));
  // A network whose only inputs are features has no input of images.
  const [seen] = Object.values(features);
  if (given.length === 0 && seen !== undefined)
    given.push({ name: PREPROCESSED, type: FLOAT, dims: [Number.NaN, ...seen.image] });
  const [input, ...others] = given;
  if (input === undefined || others.length > 0)
    throw new RunError(
      `${path}: it has ${given.length} inputs; only models with one, of images, are supported`,
    );
  const [, ...dims] = input.dims ?? [];
  const whole = dims.length === 3 && dims.every((n) => Number.isInteger(n) && n > 0);
  if (!whole || dims.reduce((product, n) => product * n, 1) > MOST_INPUTS) {
    const text = input.dims?.map((n) => (Number.isNaN(n) ? '?' : n)).join(', ') ?? '';
    throw new RunError(
      `${path}: its input "${input.name}" is [${text}]; expected images of one size, [batch, channels, height, width], of at most ${MOST_INPUTS} values`,
    );
  }
  if (!IMAGE_TYPES.includes(input.type))
    throw new RunError(
      `${path}: its input "${input.name}" has numbers of type ${input.type}; expected floats or uint8`,
    );
  const images = imagesOf(dims, IMAGES);
  // The metadata of a file of fer-tui says whether its graph begins with the preprocessing.
  const inside =
    file.notes['preprocess_within'] !== undefined &&
    file.nodes.some(({ outputs }) => outputs[0] === PREPROCESSED);
  return { images, from: inside ? PREPROCESSED : input.name, type: input.type };
}

/** The nodes that the output needs, in order. Throws RunError if two nodes have the same output. */
function needed(all: readonly OnnxNode[], output: string, from: string, path: string): OnnxNode[] {
  const makers = new Map<string, OnnxNode>();
  for (const node of all) {
    for (const name of node.outputs.filter((one) => one !== '')) {
      if (makers.has(name)) throw new RunError(`${path}: damaged: two nodes give "${name}"`);
      makers.set(name, node);
    }
  }
  makers.delete(from);
  const wanted = new Set<OnnxNode>();
  for (const rest = [output]; rest.length > 0; ) {
    const node = makers.get(rest.pop() as string);
    if (node === undefined || wanted.has(node)) continue;
    wanted.add(node);
    rest.push(...node.inputs);
  }
  return all.filter((node) => wanted.has(node));
}

/** How often each value is used; uses of its extents only do not count. */
function usesOf(nodes: readonly OnnxNode[], output: string): Map<string, number> {
  const uses = new Map<string, number>();
  for (const name of [output, ...nodes.flatMap(({ op, inputs }) => (op === 'Shape' ? [] : inputs))])
    uses.set(name, (uses.get(name) ?? 0) + 1);
  return uses;
}

function operatorOf(node: Node): Operator {
  const found = Object.hasOwn(OPERATORS, node.op) ? OPERATORS[node.op] : undefined;
  return found ?? node.refuse(`this operator is not supported; expected one of ${OPERATOR_NAMES.join(', ')}`);
}

/** Throws RunError unless the output is a vector in the order of the file. */
function requireOrder({ order, dims }: Activations, path: string): void {
  if (order.axes === undefined && order.pieces === undefined) return;
  throw new RunError(
    `${path}: its output is [batch, ${dims.join(', ')}]; only classifiers are supported, with one number for each class`,
  );
}

/** Default graph names of exporters. */
const ANY_NAME = /^(main_graph|torch[_-]jit.*|tf2onnx|)$/;

/** The name of the network: that of its graph, or of the file. */
function nameOf({ name }: OnnxFile, path: string): string {
  const own = ANY_NAME.test(name) ? basename(path).replace(/\.[^.]*$/, '') : name;
  return own.replaceAll(/[^A-Za-z0-9.-]+/g, '_').slice(0, 100) || 'model';
}

/** Removes a first layer that equals a named preprocessing. Returns its name. */
function withoutRescaling(building: Building): string | undefined {
  const [first, ...others] = building.built;
  if (first === undefined || !isAffine(first.layer) || first.inputs[0] !== IMAGES) return undefined;
  if (others.some(({ inputs }) => inputs.includes(IMAGES))) return undefined;
  const { gamma = [], beta = [] } = first.weights;
  const is = (list: ArrayLike<number>, wanted: number): boolean =>
    Array.from(list).every((value) => Math.abs(value - wanted) < 1e-6);
  const name = RESCALED.find(([, scale, offset]) => is(gamma, scale) && is(beta, offset))?.[0];
  if (name !== undefined) building.withoutFirst();
  return name;
}
