import { ShapeError } from '../gpu/errors.js';
import type { Shape } from '../gpu/shape.js';
import { type GraphNode, IMAGES, Network } from '../nn/network.js';
import { RunError } from '../util/errors.js';
import { withChannelsLast } from './keras_channels.js';
import { type KerasObject, withPlainLists } from './keras_config.js';
import {
  type FeatureInputs,
  featureInputs,
  featureLayer,
  imageInput,
  looksAtImages,
  readFeatures,
} from './keras_features.js';
import { withoutFront } from './keras_front.js';
import {
  bodyOf,
  type Call,
  endsOf,
  type FileGraph,
  type FilePart,
  isModel,
  type KerasLayer,
  type ModelBody,
  nameOf,
  readGraph,
  THE_IMAGES,
} from './keras_graph.js';
import { readLayer, writeLayer } from './keras_layers.js';
import { softmaxLast, withSoftmax } from './last_softmax.js';

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
  /** How fer-tui computes inputs other than the images, by their names. Keras ignores this field. */
  readonly fer_tui?: { readonly features: FeatureInputs };
}

/** The Keras version whose layout is written. Keras 3 reads it, too. */
export const KERAS_VERSION = '2.15.0';
const BACKEND = 'tensorflow';
/** Most values of an image: 4096 x 4096 pixels in colour. */
const MOST_INPUTS = 3 * 4096 ** 2;
/** Most layers of a network. The largest ones in keras.applications have about a thousand. */
const MOST_LAYERS = 4096;

/**
 * Converts a network to Keras's JSON: Sequential if the input of each layer is the layer before, else functional. Layers that
 * compute designed features become inputs, which `fer_tui` describes.
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

/** A network that was read from Keras's JSON. */
export interface ReadModel {
  readonly network: Network;
  /** How its file groups the weights. */
  readonly parts: readonly FilePart[];
  /** Whether the model in the file ends in logits, and a softmax was added. */
  readonly softmaxAdded: boolean;
  /** Name of the preprocessing that layers of the file did; the network does not contain these layers. */
  readonly preprocess: string | undefined;
}

/** `readKeras`, for the network alone. */
export const fromKeras = (json: unknown, source: string): Network => readKeras(json, source).network;

/**
 * Converts Keras's JSON to a network. Nested models are replaced by their layers.
 * @param source name of the file, for messages @param version version of Keras, if the file states it outside of the JSON
 * Throws RunError that names the layer, class and option that is not supported.
 */
export function readKeras(json: unknown, source: string, version?: string): ReadModel {
  const {
    class_name: kind,
    config,
    fer_tui: own,
  } = (withPlainLists(json) ?? {}) as { class_name?: string; config?: unknown; fer_tui?: unknown };
  if (kind === undefined || !isModel(kind)) {
    throw new RunError(
      `${source}: a ${kind ?? 'file without a'} model; only Sequential and Functional ones are supported; if it is a class of your own, save keras.Model(x, model.call(x)), with x = keras.Input((height, width, channels))`,
    );
  }
  const body = bodyOf(config, source);
  const whole = readGraph(kind, body, source);
  if (whole.calls.length > MOST_LAYERS) {
    throw new RunError(`${source}: a model of ${whole.calls.length} layers; expected at most ${MOST_LAYERS}`);
  }
  refuseKeras1(whole.calls, source);
  const { graph: fronted, preprocess } = withoutFront(whole, source);
  const { graph, turned } = withChannelsLast(fronted, source);
  const about = { source, turned, keras: versionOf(json, version) };
  const network = softmaxLast(place(graph, readFeatures(own, source), body, about));
  const ending = withSoftmax(network, source);
  return { network: ending, parts: graph.parts, softmaxAdded: ending !== network, preprocess };
}

/** The major version of Keras that wrote the JSON. Only Keras 3 does not write its version in `to_json()`. */
function versionOf(json: unknown, version: string | undefined): number {
  const { keras_version: own, module } = (json ?? {}) as { keras_version?: unknown; module?: unknown };
  const major = Number.parseInt(String(version ?? own ?? (module === undefined ? 2 : 3)), 10);
  return Number.isNaN(major) ? 2 : major;
}

/** Throws RunError for layers of Keras 1, of 2015 to 2017. */
function refuseKeras1(calls: readonly Call[], source: string): void {
  const old = calls
    .map(({ layer }) => layer)
    .find(({ class_name: kind, config }) => OF_KERAS_1.test([kind, ...Object.keys(config)].join(' ')));
  if (old === undefined) return;
  throw new RunError(
    `${source}: a model of Keras 1 (its layer "${nameOf(old)}" is a ${old.class_name}), whose layers have other names and options; open it in Keras 2.0 to 2.3 and save it again`,
  );
}

/** Classes and options that Keras 2 has renamed. */
const OF_KERAS_1 =
  /\b(\w*Convolution[12]D|MaxoutDense|Merge|nb_filter|nb_row|border_mode|output_dim|dim_ordering)\b/;

/** Facts about the file that a layer was read from. */
interface Origin {
  /** Name of the file, for messages. */
  readonly source: string;
  /** Major version of Keras that wrote it. */
  readonly keras: number;
  /** Whether its layers have `data_format: channels_first`. */
  readonly turned: boolean;
}

/** Builds a network, layer by layer. */
class Placing {
  readonly nodes: GraphNode[] = [];
  readonly #shapes: Shape[] = [];
  /** Position of the output of each layer, by the layer's name in the file. */
  readonly positions = new Map([[THE_IMAGES, IMAGES]]);

  constructor(
    readonly input: Shape,
    private readonly about: Origin,
  ) {}

  /** @param inputs positions of the layers whose outputs are the inputs of this layer */
  add(layer: KerasObject, inputs: readonly number[]): void {
    const shapes = inputs.map((from) => (from === IMAGES ? this.input : this.#shapes[from]) as Shape);
    const [first = this.input, ...others] = shapes;
    let shape = first;
    for (const [i, read] of readLayer(layer, first, this.about.source, this.about.keras).entries()) {
      try {
        shape = i === 0 ? read.layer.outputShape(first, ...others) : read.layer.outputShape(shape);
      } catch (cause) {
        if (!(cause instanceof ShapeError)) throw cause;
        throw new RunError(
          `${this.about.source}: layer "${read.name}" (${read.layer.kind}): ${cause.message}`,
          {
            cause,
          },
        );
      }
      this.nodes.push({ ...read, inputs: i === 0 ? inputs : [this.nodes.length - 1] });
      this.#shapes.push(shape);
    }
    this.positions.set(String(layer.config['name']), this.nodes.length - 1);
  }

  /** Adds the layer that computes an input of designed features from the images. */
  addFeature(name: string, feature: FeatureInputs[string]): void {
    const { layer, shape } = featureLayer(name, feature, this.input, this.about.source);
    this.nodes.push({ layer, name, inputs: [IMAGES] });
    this.#shapes.push(shape);
    this.positions.set(name, this.nodes.length - 1);
  }
}

/** Builds the network of a graph. */
function place(graph: FileGraph, features: FeatureInputs, body: ModelBody, about: Origin): Network {
  const { source } = about;
  const { inputs, calls } = graph;
  const [images, ...others] = inputs.filter((input) => !Object.hasOwn(features, nameOf(input)));
  const chain = body.output_layers === undefined;
  if (
    others.length > 0 ||
    (!chain && (inputs.length !== endsOf(body.input_layers).length || inputs.length === 0))
  ) {
    throw new RunError(
      `${source}: the model has ${inputs.length} inputs; only models with one are supported, and those of fer-tui with LBP features, whose files say how these are made`,
    );
  }
  const seen = Object.values(features)[0]?.image;
  const first = images?.config ?? (chain ? graph.first : undefined) ?? {};
  const shape =
    images === undefined && seen !== undefined ? seen : inputShape(first, about, body.build_input_shape);
  const placing = new Placing(shape, about);
  for (const { layer, from } of calls) {
    const name = nameOf(layer);
    const feature = Object.hasOwn(features, name) ? features[name] : undefined;
    const taken = from.map((one) => placing.positions.get(one) as number);
    if (layer.class_name !== 'InputLayer') placing.add(layer, taken);
    else if (feature === undefined) placing.positions.set(name, IMAGES);
    else placing.addFeature(name, feature);
  }
  if (graph.output !== undefined && placing.positions.get(graph.output) !== placing.nodes.length - 1) {
    throw new RunError(
      `${source}: its output "${graph.output}" is not its last layer; only such models are supported`,
    );
  }
  return new Network(graph.name, placing.input, placing.nodes);
}

function inputShape(
  config: Readonly<Record<string, unknown>>,
  { source, turned }: Origin,
  built?: unknown,
): Shape {
  const batch = config['batch_input_shape'] ?? config['batch_shape'] ?? built;
  const stored = Array.isArray(batch) ? (batch.slice(1) as unknown[]) : [];
  const shape = turned ? [...stored.slice(1), ...stored.slice(0, 1)] : stored;
  const whole = (n: unknown): n is number => Number.isInteger(n) && (n as number) > 0;
  if (shape.length === 3 && shape.some((n) => n === null)) {
    throw new RunError(
      `${source}: it takes images of any size, ${JSON.stringify(batch)}; build the model in Keras with an input of one (keras.Input((48, 48, 1))), set the weights, and save it`,
    );
  }
  if (shape.length !== 3 || !shape.every(whole) || shape.reduce((product, n) => product * n) > MOST_INPUTS) {
    throw new RunError(
      `${source}: input shape ${JSON.stringify(batch)}; expected [null, height, width, channels], of at most ${MOST_INPUTS} values${shape.length === 1 ? `; save a model that begins with images: keras.Sequential([keras.Input((48, 48, 1)), keras.layers.Flatten(), model])` : ''}`,
    );
  }
  return shape;
}
