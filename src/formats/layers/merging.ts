import { Add, Concatenate, Multiply } from '../../nn/layers.js';
import { type FileLayers, readAxis } from './file_layer.js';

/** Layers where branches meet. */
export const MERGING: FileLayers = {
  Add: {
    options: 'all',
    read: () => Add(),
    write: () => ({}),
    onnx: (graph, { name }, inputs) => graph.add('Sum', name, inputs),
  },
  Multiply: {
    options: 'all; axes of extent 1 are repeated',
    read: () => Multiply(),
    write: () => ({}),
    onnx: (graph, { name }, [first = '', ...others]) =>
      others.reduce(
        (product, x, i) => graph.add('Mul', i === others.length - 1 ? name : `${name}/${i}`, [product, x]),
        first,
      ),
  },
  Concatenate: {
    options: 'the last axis; of vectors or of maps',
    read: (r, input) => {
      if (readAxis(r, input) !== -1) r.fail('axis', 'only the last axis');
      return Concatenate();
    },
    write: () => ({ axis: -1 }),
    // Maps are in NCHW.
    onnx: (graph, { name }, inputs) => graph.add('Concat', name, inputs, { axis: 1 }),
  },
};
