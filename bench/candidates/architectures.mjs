/**
 * Networks that the search for a recipe compares with fer-cnn and that no option of `train` builds: fer-cnn's blocks with one change.
 */
import {
  Add,
  BatchNormalization,
  Conv2D,
  Dense,
  Dropout,
  ELU,
  Flatten,
  GlobalAveragePooling2D,
  MaxPooling2D,
  Multiply,
  Reshape,
  Softmax,
} from '../../dist/nn/layers.js';
import { Network } from '../../dist/nn/network.js';

const FILTERS = [32, 64, 128, 256];
/** Squeezed channels of squeeze-and-excitation: a share of all (Hu et al. 2018 take 1/16; these blocks have few channels). */
const SQUEEZE = 8;

/** Nodes of a network, where `add` returns the index of what it has added. */
class Nodes {
  list = [];

  add(layer, ...inputs) {
    this.list.push(inputs.length === 0 ? { layer } : { layer, inputs });
    return this.list.length - 1;
  }

  addAll(...layers) {
    for (const layer of layers) this.add(layer);
    return this.list.length - 1;
  }
}

const convolution = (filters) => [Conv2D({ filters }), ELU(), BatchNormalization()];
const dense = (units) => [Dense({ units }), ELU(), BatchNormalization(), Dropout({ rate: 0.5 })];

/** A plain block; then each channel is weighted by what a small network makes of the channels' averages. */
function excited(nodes, filters) {
  const features = nodes.addAll(...convolution(filters));
  const gates = nodes.addAll(
    GlobalAveragePooling2D(),
    Dense({ units: filters / SQUEEZE, activation: 'relu' }),
    Dense({ units: filters, activation: 'sigmoid' }),
    Reshape({ targetShape: [1, 1, filters] }),
  );
  nodes.add(Multiply(), features, gates);
}

/**
 * A plain block; then two convolutions whose result is added to their input (He et al. 2016).
 * @param skipped share of the steps in which an image goes past them (stochastic depth, Huang et al. 2016)
 */
function residual(nodes, filters, skipped) {
  const input = nodes.addAll(...convolution(filters));
  const branch = nodes.addAll(...convolution(filters), Conv2D({ filters }), BatchNormalization());
  const kept = skipped === 0 ? branch : nodes.add(Dropout({ rate: skipped, perImage: true }));
  nodes.add(Add(), input, kept);
}

/** @param block adds a block of so many filters @param head the layers between the last pooling and the last dense layer */
function network(name, block, head) {
  const nodes = new Nodes();
  for (const filters of FILTERS) {
    block(nodes, filters);
    nodes.addAll(MaxPooling2D(), Dropout({ rate: 0.2 }));
  }
  nodes.addAll(...head, Dense({ units: 7 }), Softmax());
  return new Network(name, [48, 48, 1], nodes.list);
}

const plain = (nodes, filters) => nodes.addAll(...convolution(filters));
const head = () => [Flatten(), ...dense(64), ...dense(64)];

/** By name. */
export const ARCHITECTURES = {
  'global-average': () => network('global-average', plain, [GlobalAveragePooling2D()]),
  'squeeze-excite': () => network('squeeze-excite', excited, head()),
  residual: () => network('residual', (nodes, filters) => residual(nodes, filters, 0), head()),
  'stochastic-depth': () =>
    network('stochastic-depth', (nodes, filters) => residual(nodes, filters, 0.2), head()),
};
