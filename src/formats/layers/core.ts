import { Dense, Dropout, SpatialDropout2D } from '../../nn/layers.js';
import type { PlacedLayer } from '../../nn/network.js';
import type { OnnxGraph } from '../onnx_graph.js';
import { addNamed } from './activations.js';
import { CHANNELS_LAST, type FileLayers, withInside, writeWeights } from './file_layer.js';

/** [rows, columns] to [columns, rows]. */
function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(matrix.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) out[c * rows + r] = matrix[r * columns + c] as number;
  }
  return out;
}

/** Layers that have no effect in inference. */
const pass = (_: OnnxGraph, __: PlacedLayer, [x = '']: readonly string[]): string => x;

/** Dense layers and dropout. */
export const CORE: FileLayers = {
  Dense: {
    options: 'input is a vector',
    read: (r) => {
      const inside = r.activation();
      const activation = typeof inside === 'string' ? inside : 'linear';
      const options = { units: r.count('units'), useBias: r.boolean('use_bias', true), activation };
      return withInside(
        Dense({ ...options, kernelInitializer: r.initializer('kernel_initializer') }),
        inside,
      );
    },
    write: (layer) => ({ units: layer.config['units'], ...writeWeights(layer, ['kernel']) }),
    onnx: (graph, placed, [x = '']) => {
      const { name, layer, weights } = placed;
      const kernel = `${name}/kernel`;
      const [inputs = 0, units = 0] = weights[0]?.shape ?? [];
      // One row for each unit, as PyTorch writes it: OpenCV's dnn reads no other.
      const turned = transposed(graph.data(kernel), inputs, units);
      const operands = [x, graph.constant(kernel, [units, inputs], turned)];
      if (layer.config['useBias']) operands.push(graph.vector(`${name}/bias`));
      return addNamed(graph, placed, graph.add('Gemm', name, operands, { transB: 1 }));
    },
  },
  Dropout: {
    options: '`noise_shape` of whole images, or none',
    read: (r, input) => {
      const whole = [null, ...input.map(() => 1)];
      r.must('noise_shape', whole);
      return Dropout({ rate: r.within('rate', [0, 1]), perImage: (r.raw('noise_shape') ?? null) !== null });
    },
    write: ({ config: c }, output) => ({
      rate: c['rate'],
      noise_shape: c['perImage'] === true ? [null, ...output.map(() => 1)] : null,
      seed: null,
    }),
    onnx: pass,
  },
  SpatialDropout2D: {
    options: 'no `noise_shape`',
    read: (r) => {
      r.must('noise_shape');
      r.must('data_format', 'channels_last');
      return SpatialDropout2D({ rate: r.within('rate', [0, 1]) });
    },
    write: ({ config: c }) => ({ rate: c['rate'], ...CHANNELS_LAST }),
    onnx: pass,
  },
};
