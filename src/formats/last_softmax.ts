import type { Layer } from '../nn/layer.js';
import { Activation, Flatten, Softmax } from '../nn/layers.js';
import { Network } from '../nn/network.js';
import { RunError } from '../util/errors.js';

/**
 * Returns the network with a softmax at its end. A softmax is added to logits. Sigmoids become log-sigmoids before it: the
 * softmax then divides the sigmoids by their sum. Throws RunError for any other last layer.
 */
export function withSoftmax(network: Network, source: string): Network {
  const end = network.layers.at(-1)?.layer;
  const { activation = 'linear' } = end?.config ?? {};
  if (end?.kind === 'Softmax' || activation === 'softmax') return network;
  const [outputs = 0, ...more] = network.outputShape;
  if (
    !(end !== undefined && PLAIN.has(end.kind)) ||
    (activation !== 'linear' && activation !== 'sigmoid') ||
    more.length > 0 ||
    outputs < 2
  ) {
    const count = [outputs, ...more].join(' x ');
    throw new RunError(
      `${source}: the model ends in ${end?.kind ?? 'nothing'} (${activation}) with ${count === '1' ? '1 output' : `${count} outputs`}, not in a softmax; only classifiers are supported, which end in one, or in plain numbers or sigmoids for two classes or more`,
    );
  }
  const last = network.layers.length - 1;
  const nodes = network.layers.map(({ name, layer, inputs }, i) => ({
    ...{ name, inputs },
    layer: i === last && activation === 'sigmoid' ? withLogSigmoid(layer) : layer,
  }));
  return new Network(network.name, network.inputShape, [...nodes, { layer: Softmax(), name: ADDED }]);
}

/** Whether a layer after a softmax changes no probability, at most the shape. */
function changesNothing({ kind, config }: Layer): boolean {
  const flat = kind === 'Flatten' || kind === 'Reshape' || kind === 'Dropout';
  return flat || (kind === 'Activation' && config['activation'] === 'linear');
}

const isSoftmax = ({ kind, config }: Layer): boolean =>
  kind === 'Softmax' || config['activation'] === 'softmax';

/**
 * Moves the softmax of a network to its end: removes later layers that change nothing, and moves it after the `Flatten` or
 * `Reshape` of a 1 x 1 map. Returns any other network as it is.
 */
export function softmaxLast(network: Network): Network {
  const { layers, outputShape } = network;
  const at = layers.findLastIndex(({ layer }) => !changesNothing(layer));
  const end = layers[at];
  if (end === undefined || at === layers.length - 1 || !isSoftmax(end.layer)) return network;
  const follows = layers.slice(at + 1).every(({ inputs }, i) => inputs.join() === String(at + i));
  if (!follows || outputShape.length !== 1 || end.outputShape.at(-1) !== outputShape[0]) return network;
  const nodes = layers.slice(0, at + 1).map(({ name, layer, inputs }) => ({ name, layer, inputs }));
  if (end.outputShape.length === 1) return new Network(network.name, network.inputShape, nodes);
  const { name, layer, inputs } = nodes.pop() as (typeof nodes)[number];
  const flat = { name: layers.at(-1)?.name ?? '', layer: Flatten() };
  const plain = layer.withActivation?.('linear');
  if (plain === undefined && layer.kind !== 'Softmax' && layer.kind !== 'Activation') return network;
  const ending = plain
    ? [
        { name, inputs, layer: plain },
        { ...flat, inputs: [at] },
        { name: `${name}_softmax`, inputs: [at + 1], layer: Softmax() },
      ]
    : [
        { ...flat, inputs },
        { name, inputs: [at], layer: Softmax() },
      ];
  return new Network(network.name, network.inputShape, [...nodes, ...ending]);
}

/** The last layer with log-sigmoid in place of its sigmoid. */
function withLogSigmoid(layer: Layer): Layer {
  const activation = 'log_sigmoid';
  return layer.withActivation?.(activation) ?? Activation({ activation });
}

/** Layers whose output may be logits. */
const PLAIN = new Set(['Dense', 'Activation', 'GlobalAveragePooling2D']);
/** Name of a softmax that a file does not have. */
const ADDED = 'added_softmax';
