import { averagePoolGeometry } from '../../gpu/kernels/avg_pool2d.js';
import { type Extent, type Padding, pairOf } from '../../gpu/shape.js';
import type { Layer } from '../../nn/layer.js';
import {
  AveragePooling2D,
  GlobalAveragePooling2D,
  GlobalMaxPooling2D,
  MaxPooling2D,
} from '../../nn/layers.js';
import type { ConfigReader } from '../keras_config.js';
import { CHANNELS_LAST, type FileLayer, type FileLayers, PADDINGS } from './file_layer.js';
import { windowAttributes } from './windows.js';

function readPool(r: ConfigReader) {
  r.must('data_format', 'channels_last');
  const poolSize = r.extent('pool_size', 2);
  return { poolSize, strides: r.extent('strides', poolSize), padding: r.text('padding', PADDINGS, 'valid') };
}

const writePool = ({ config: c }: Layer): Record<string, unknown> => ({
  pool_size: [...pairOf(c['poolSize'] as Extent)],
  padding: c['padding'],
  strides: [...pairOf(c['strides'] as Extent)],
  ...CHANNELS_LAST,
});

/** A pooling layer and its ONNX operator. */
const pooling = (operator: string, make: (options: ReturnType<typeof readPool>) => Layer): FileLayer => ({
  options: 'all',
  read: (r) => make(readPool(r)),
  write: writePool,
  onnx: (graph, { name, inputShape, layer: { config } }, [x = '']) => {
    const g = averagePoolGeometry([1, ...inputShape], {
      size: config['poolSize'] as Extent,
      stride: config['strides'] as Extent,
      padding: config['padding'] as Padding,
    });
    return graph.add(operator, name, [x], windowAttributes(g));
  },
});

/** A pooling layer over whole maps. */
const globalPooling = (
  operator: string,
  make: (options: { readonly keepdims: boolean }) => Layer,
): FileLayer => ({
  options: 'all',
  read: (r) => {
    r.must('data_format', 'channels_last');
    return make({ keepdims: r.boolean('keepdims', false) });
  },
  write: ({ config: c }) => ({ ...CHANNELS_LAST, ...(c['keepdims'] === true && { keepdims: true }) }),
  onnx: (graph, { name, layer: { config } }, [x = '']) =>
    config['keepdims'] === true
      ? graph.add(operator, name, [x])
      : graph.add('Flatten', name, [graph.add(operator, `${name}/pool`, [x])]),
});

/** Pooling layers. */
export const POOLING: FileLayers = {
  MaxPooling2D: pooling('MaxPool', MaxPooling2D),
  AveragePooling2D: pooling('AveragePool', AveragePooling2D),
  GlobalAveragePooling2D: globalPooling('GlobalAveragePool', GlobalAveragePooling2D),
  GlobalMaxPooling2D: globalPooling('GlobalMaxPool', GlobalMaxPooling2D),
};
