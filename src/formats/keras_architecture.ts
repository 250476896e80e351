import { ShapeError } from '../gpu/errors.js';
import type { Shape } from '../gpu/shape.js';
import { type GraphNode, IMAGES, Network } from '../nn/network.js';
import { RunError } from '../util/errors.js';
import { isKerasObject, type KerasObject, withPlainLists } from './keras_config.js';
import {
  type FeatureInputs,
  featureInputs,
  featureLayer,
  imageInput,
  looksAtImages,
  readFeatures,
} from './keras_features.js';
import { readLayer, writeLayer } from './keras_layers.js';

/**
 * Reads and writes networks in Keras's JSON (`model.to_json()`, `model_config`), Sequential and functional. In a functional
 * model, the `inbound_nodes` of a layer name its inputs.
 */
export interface KerasModel {
  readonly class_name: 'Sequential' | 'Functional';
  readonly config: {
    readonly name: string;
    readonly layers: readonly KerasLayer[];
    readonly [more: string]: unknown;
  };
  readonly keras_version: string;
  readonly backend: string;
  /** How fer-tui computes inputs other than the images, by their names. Keras reads past it. */
  readonly fer_tui?: { readonly features: FeatureInputs };
}

export interface KerasLayer extends KerasObject {
  readonly name?: string;
  readonly inbound_nodes?: readonly unknown[];
}

/** The Keras version whose layout is written. Keras 3 reads it, too. */
export const KERAS_VERSION = '2.15.0';
const BACKEND = 'tensorflow';
/** Values of an image at most: those of 4096 x 4096 pixels in colours. */
const MOST_INPUTS = 3 * 4096 ** 2;

/**
 * Converts a network to Keras's JSON: Sequential if each layer takes the one before, else functional. Layers that compute
 * designed features become inputs, which `fer_tui` describes.
 */
export function toKeras(network: Network): KerasModel {
  const images = imageInput(network);
  const nameOf = (index: number): string => network.layers[index]?.name ?? images;
  const about = { keras_version: KERAS_VERSION, backend: BACKEND };
  const features = featureInputs(network);
  const designed = Object.keys(features);
  if (network.isChain && designed.length === 0) {
    const layers = network.layers.map(({ name, layer, outputShape }) => writeLayer(name, layer, outputShape));
    const config = { name: network.name, layers: [inputLayer(images, network.inputShape), ...layers] };
    return { class_name: 'Sequential', config, ...about };
  }
  const looks = looksAtImages(network);
  const inputs = [...(looks ? [images] : []), ...designed];
  const config = {
    name: network.name,
    trainable: true,
    layers: [
      ...(looks ? [{ ...inputLayer(images, network.inputShape), name: images, inbound_nodes: [] }] : []),
      ...network.layers.map(({ name, layer, outputShape, inputs: from }) =>
        Object.hasOwn(features, name)
          ? { ...inputLayer(name, outputShape), name, inbound_nodes: [] }
          : {
              ...writeLayer(name, layer, outputShape),
              name,
              inbound_nodes: [from.map((index) => [nameOf(index), 0, 0, {}])],
            },
      ),
    ],
    input_layers: inputs.map((name) => [name, 0, 0]),
    output_layers: [[nameOf(network.layers.length - 1), 0, 0]],
  };
  return {
    ...{ class_name: 'Functional', config, ...about },
    ...(designed.length > 0 && { fer_tui: { features } }),
  };
}

function inputLayer(name: string, shape: Shape): KerasLayer {
  const config = { batch_input_shape: [null, ...shape], dtype: 'float32', sparse: false, name };
  return { class_name: 'InputLayer', config };
}

/**
 * Converts Keras's JSON to a network.
 * @param source name of the file, for messages
 * Throws RunError that names the layer, class and option that is not supported.
 */
export function fromKeras(json: unknown, source: string): Network {
  const {
    class_name: kind,
    config,
    fer_tui: own,
  } = (withPlainLists(json) ?? {}) as { class_name?: string; config?: unknown; fer_tui?: unknown };
  const functional = kind === 'Functional' || kind === 'Model';
  if (kind !== 'Sequential' && !functional) {
    throw new RunError(
      `${source}: a ${kind ?? 'file without a'} model; only Sequential and Functional ones are supported`,
    );
  }
  // Old versions of Keras wrote just the list of layers.
  const body = (Array.isArray(config) ? { layers: config } : (config ?? {})) as ModelBody;
  requireLayers(body.layers ?? [], source);
  refuseKeras1(body.layers ?? [], source);
  const network = functional ? readGraph(body, readFeatures(own, source), source) : readChain(body, source);
  const end = network.layers.at(-1)?.layer;
  if (end?.kind !== 'Softmax' && end?.config['activation'] !== 'softmax') {
    throw new RunError(`${source}: the model does not end in a softmax; only classifiers are supported`);
  }
  return network;
}

/** Throws RunError unless every layer has a class and settings. */
function requireLayers(layers: unknown, source: string): void {
  if (!Array.isArray(layers)) throw new RunError(`${source}: damaged: its layers are no list`);
  const bad = layers.findIndex((layer) => !isKerasObject(layer) || !isObject(layer.config));
  if (bad >= 0) throw new RunError(`${source}: damaged: its layer ${bad} has no class or no settings`);
}

/** Throws RunError for layers of Keras 1, of 2015 to 2017. */
function refuseKeras1(layers: readonly KerasLayer[], source: string): void {
  const old = layers.find(({ class_name: kind, config }) =>
    OF_KERAS_1.test([kind, ...Object.keys(config)].join(' ')),
  );
  if (old === undefined) return;
  throw new RunError(
    `${source}: a model of Keras 1 (its layer "${nameOf(old)}" is a ${old.class_name}), whose layers have other names and options; open it in Keras 2.0 to 2.3 and save it again`,
  );
}

/** Classes and options that Keras 2 has renamed. */
const OF_KERAS_1 =
  /\b(\w*Convolution[12]D|MaxoutDense|Merge|nb_filter|nb_row|border_mode|output_dim|dim_ordering)\b/;

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

interface ModelBody {
  readonly name?: string;
  readonly layers?: readonly KerasLayer[];
  readonly build_input_shape?: unknown;
  readonly input_layers?: unknown;
  readonly output_layers?: unknown;
}

/** Places layers one after the other. */
class Placing {
  readonly nodes: GraphNode[] = [];
  readonly #shapes: Shape[] = [];
  /** Position of the output of each layer, by the layer's name in the file. */
  readonly positions = new Map<string, number>();

  constructor(
    readonly input: Shape,
    private readonly source: string,
  ) {}

  /** @param inputs positions of the outputs that the layer takes */
  add(layer: KerasObject, inputs: readonly number[]): void {
    const shapes = inputs.map((from) => (from === IMAGES ? this.input : this.#shapes[from]) as Shape);
    const [first = this.input, ...others] = shapes;
    let shape = first;
    for (const [i, read] of readLayer(layer, first, this.source).entries()) {
      try {
        shape = i === 0 ? read.layer.outputShape(first, ...others) : read.layer.outputShape(shape);
      } catch (cause) {
        if (!(cause instanceof ShapeError)) throw cause;
        throw new RunError(`${this.source}: layer "${read.name}" (${read.layer.kind}): ${cause.message}`, {
          cause,
        });
      }
      this.nodes.push({ ...read, inputs: i === 0 ? inputs : [this.nodes.length - 1] });
      this.#shapes.push(shape);
    }
    this.positions.set(String(layer.config['name']), this.nodes.length - 1);
  }

  /** Adds the layer that computes an input of designed features from the images. */
  addFeature(name: string, feature: FeatureInputs[string]): void {
    const { layer, shape } = featureLayer(name, feature, this.input, this.source);
    this.nodes.push({ layer, name, inputs: [IMAGES] });
    this.#shapes.push(shape);
    this.positions.set(name, this.nodes.length - 1);
  }
}

function readChain(
  { name = 'model', layers = [], build_input_shape: built }: ModelBody,
  source: string,
): Network {
  const first = layers[0]?.config ?? {};
  const placing = new Placing(inputShape(first, source, built), source);
  for (const layer of layers) {
    if (layer.class_name !== 'InputLayer') placing.add(layer, [placing.nodes.length - 1]);
  }
  return new Network(name, placing.input, placing.nodes);
}

function readGraph(
  { name = 'model', layers = [], ...ends }: ModelBody,
  features: FeatureInputs,
  source: string,
): Network {
  const [output, ...more] = refsOf(ends.output_layers);
  const inputs = layers.filter(({ class_name: kind }) => kind === 'InputLayer');
  const [images, ...others] = inputs.filter((input) => !Object.hasOwn(features, nameOf(input)));
  if (others.length > 0 || inputs.length !== refsOf(ends.input_layers).length || inputs.length === 0) {
    throw new RunError(
      `${source}: the model has ${inputs.length} inputs; only models with one are supported, and those of fer-tui with LBP features, whose files say how these are made`,
    );
  }
  if (output === undefined || more.length > 0) {
    throw new RunError(
      `${source}: the model has ${more.length + 1} outputs; only models with one are supported`,
    );
  }
  const seen = Object.values(features)[0]?.image;
  const shape = images === undefined && seen !== undefined ? seen : inputShape(images?.config ?? {}, source);
  const placing = new Placing(shape, source);
  if (images !== undefined) placing.positions.set(nameOf(images), IMAGES);
  for (const layer of layers) {
    const feature = Object.hasOwn(features, nameOf(layer)) ? features[nameOf(layer)] : undefined;
    if (layer.class_name === 'InputLayer') {
      if (feature !== undefined) placing.addFeature(nameOf(layer), feature);
      continue;
    }
    const calls = layer.inbound_nodes ?? [];
    const own = { ...layer, config: { ...layer.config, name: layer.config['name'] ?? layer.name } };
    const where = `${source}: layer "${own.config.name}" (${layer.class_name})`;
    if (calls.length !== 1) {
      throw new RunError(
        `${where}: it is used ${calls.length} times; only layers that are used once are supported`,
      );
    }
    placing.add(
      own,
      callOf(calls[0], where).map(({ layer: from, node }) => {
        const position = placing.positions.get(from);
        if (position === undefined || node !== 0) {
          throw new RunError(`${where}: its input, call ${node} of "${from}", does not come before it`);
        }
        return position;
      }),
    );
  }
  if (placing.positions.get(output.layer) !== placing.nodes.length - 1) {
    throw new RunError(
      `${source}: its output "${output.layer}" is not its last layer; only such models are supported`,
    );
  }
  return new Network(name, placing.input, placing.nodes);
}

const nameOf = ({ name, config }: KerasLayer): string => String(config['name'] ?? name);

/** An input: the output of call `node` of a layer. */
interface Ref {
  readonly layer: string;
  readonly node: number;
}

/** Parses `[name, node, tensor]`, or a list of these. */
function refsOf(value: unknown): Ref[] {
  if (!Array.isArray(value)) return [];
  const [layer, node] = value as unknown[];
  return typeof layer === 'string' ? [{ layer, node: Number(node) }] : value.flatMap(refsOf);
}

/** Parses the inputs of a layer: nested lists with arguments in fourth place (Keras 2), or `args` and `kwargs` (Keras 3). */
function callOf(call: unknown, where: string): Ref[] {
  const lists = Array.isArray(call) ? (Array.isArray(call[0]) ? (call as unknown[][]) : [call]) : [];
  const { args = [], kwargs = {} } = (Array.isArray(call) ? {} : call) as {
    args?: unknown[];
    kwargs?: object;
  };
  const options = [kwargs, ...lists.map((list) => (list[3] ?? {}) as object)].flatMap((o) =>
    Object.entries(o),
  );
  // Keras 3 writes `training = false` for every dropout of a functional model. A training overrides it, and inference means it anyway.
  const told = options.find(
    ([name, value]) => value !== null && value !== undefined && !(name === 'training' && value === false),
  );
  if (told !== undefined) {
    throw new RunError(
      `${where}: it is called with ${told[0]} = ${JSON.stringify(told[1])}; only plain calls are supported`,
    );
  }
  return [...refsOf(lists), ...tensorsOf(args)];
}

/** Parses the tensors among the arguments of a call, as Keras 3 writes them. */
function tensorsOf(value: unknown): Ref[] {
  if (Array.isArray(value)) return value.flatMap(tensorsOf);
  if (!isKerasObject(value) || value.class_name !== '__keras_tensor__') return [];
  return refsOf(value.config['keras_history']);
}

function inputShape(config: Readonly<Record<string, unknown>>, source: string, built?: unknown): Shape {
  const batch = config['batch_input_shape'] ?? config['batch_shape'] ?? built;
  const shape = Array.isArray(batch) ? (batch.slice(1) as unknown[]) : [];
  const whole = (n: unknown): n is number => Number.isInteger(n) && (n as number) > 0;
  if (shape.length !== 3 || !shape.every(whole) || shape.reduce((product, n) => product * n) > MOST_INPUTS) {
    throw new RunError(
      `${source}: input shape ${JSON.stringify(batch)}; expected [null, height, width, channels], of at most ${MOST_INPUTS} values`,
    );
  }
  return shape;
}
