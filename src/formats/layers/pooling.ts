import { averagePoolGeometry } from '../../gpu/kernels/avg_pool2d.js';
import type { Padding } from '../../gpu/shape.js';
import type { Layer } from '../../nn/layer.js';
import { AveragePooling2D, GlobalAveragePooling2D, MaxPooling2D } from '../../nn/layers.js';
import type { ConfigReader } from '../keras_config.js';
import { CHANNELS_LAST, type FileLayer, type FileLayers, PADDINGS } from './file_layer.js';
import { windowAttributes } from './windows.js';

const OPTIONS = 'one size and stride for both directions';

function readPool(r: ConfigReader) {
  r.must('data_format', 'channels_last');
  const poolSize = r.square('pool_size', 2);
  return { poolSize, strides: r.square('strides', poolSize), padding: r.text('padding', PADDINGS, 'valid') };
}

const writePool = ({ config: c }: Layer): Record<string, unknown> => ({
  pool_size: [c['poolSize'], c['poolSize']],
  padding: c['padding'],
  strides: [c['strides'], c['strides']],
  ...CHANNELS_LAST,
});

/** A pooling layer and its ONNX operator. */
const pooling = (operator: string, make: (options: ReturnType<typeof readPool>) => Layer): FileLayer => ({
  options: OPTIONS,
  read: (r) => make(readPool(r)),
  write: writePool,
  onnx: (graph, { name, inputShape, layer: { config } }, [x = '']) => {
    const size = Number(config['poolSize']);
    const options = { stride: Number(config['strides']), padding: config['padding'] as Padding };
    const g = averagePoolGeometry([1, ...inputShape], { size: [size, size], ...options });
    return graph.add(operator, name, [x], windowAttributes(g));
  },
});

/** Pooling layers. */
export const POOLING: FileLayers = {
  MaxPooling2D: pooling('MaxPool', MaxPooling2D),
  AveragePooling2D: pooling('AveragePool', AveragePooling2D),
  GlobalAveragePooling2D: {
    options: OPTIONS,
    read: (r) => {
      r.must('data_format', 'channels_last');
      r.must('keepdims', false);
      return GlobalAveragePooling2D();
    },
    write: () => CHANNELS_LAST,
    onnx: (graph, { name }, [x = '']) =>
      graph.add('Flatten', name, [graph.add('GlobalAveragePool', `${name}/mean`, [x])]),
  },
};
