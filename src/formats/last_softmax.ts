import { frozen, type Layer } from '../nn/layer.js';
import { Activation, Dense, type DenseOptions, Softmax } from '../nn/layers.js';
import { Network } from '../nn/network.js';
import { RunError } from '../util/errors.js';

/**
 * The network, which ends in a softmax. One is added to a last layer of plain numbers, or of sigmoids: behind their logarithms, a
 * softmax divides them by their sum. Throws RunError for any other end.
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
    throw new RunError(
      `${source}: the model ends in ${end?.kind ?? 'nothing'} (${activation}) with ${[outputs, ...more].join(' x ')} outputs, not in a softmax; only classifiers are supported, which end in one, or in plain numbers or sigmoids for two classes or more`,
    );
  }
  const last = network.layers.length - 1;
  const nodes = network.layers.map(({ name, layer, inputs }, i) => ({
    ...{ name, inputs },
    layer: i === last && activation === 'sigmoid' ? withLogSigmoid(layer) : layer,
  }));
  return new Network(network.name, network.inputShape, [...nodes, { layer: Softmax(), name: ADDED }]);
}

/** A last layer whose sigmoid becomes the logarithm of one. */
function withLogSigmoid(layer: Layer): Layer {
  const activation = 'log_sigmoid';
  if (layer.kind === 'Activation') return Activation({ activation });
  const changed = Dense({ ...(layer.config as unknown as DenseOptions), activation });
  return layer.config['trainable'] === false ? frozen(changed) : changed;
}

/** Layers whose output may be logits. */
const PLAIN = new Set(['Dense', 'Activation', 'GlobalAveragePooling2D']);
/** Name of a softmax that a file does not have. */
const ADDED = 'added_softmax';
