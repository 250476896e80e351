import type { Shape } from '../../gpu/shape.js';
import { Cropping2D, Flatten, Permute, Reshape, ZeroPadding2D } from '../../nn/layers.js';
import type { ConfigReader } from '../keras_config.js';
import type { OnnxGraph } from '../onnx_graph.js';
import { CHANNELS_LAST, type FileLayers } from './file_layer.js';

/** Files store [[top, bottom], [left, right]]. */
function readMargins(r: ConfigReader, option: 'padding' | 'cropping'): [number, number, number, number] {
  const raw = r.raw(option) ?? (option === 'padding' ? 1 : 0);
  const pairs = Array.isArray(raw) ? (raw as unknown[]) : [raw, raw];
  const flat = pairs.flatMap((n) => (Array.isArray(n) ? (n as unknown[]) : [n, n]));
  const good =
    flat.length === 4 &&
    flat.every((n) => Number.isInteger(n) && (n as number) >= 0 && (n as number) <= 1000);
  return good ? (flat as [number, number, number, number]) : r.fail(option, 'expected rows and columns');
}

/** The inverse of `readMargins`. */
function writeMargins(margins: unknown): [number[], number[]] {
  const [top = 0, bottom = 0, left = 0, right = 0] = margins as readonly number[];
  return [
    [top, bottom],
    [left, right],
  ];
}

/** Reads a list of whole numbers. */
function integers(r: ConfigReader, option: string): number[] {
  const value = r.raw(option);
  const list = Array.isArray(value) ? (value as unknown[]) : [];
  return list.length > 0 && list.every((n) => Number.isInteger(n))
    ? (list as number[])
    : r.fail(option, 'expected whole numbers');
}

/** Maps are in NCHW in the graph; these transpose a map to Keras's order, and back. */
const toLast = (graph: OnnxGraph, name: string, { length }: Shape, x: string): string =>
  length === 3 ? graph.add('Transpose', `${name}/nhwc`, [x], { perm: [0, 2, 3, 1] }) : x;
const toFirst = (graph: OnnxGraph, name: string, { length }: Shape, x: string): string =>
  length === 3 ? graph.add('Transpose', name, [x], { perm: [0, 3, 1, 2] }) : x;

/** Layers that move values. */
export const RESHAPING: FileLayers = {
  Flatten: {
    options: 'all',
    read: (r) => {
      r.must('data_format', 'channels_last');
      return Flatten();
    },
    write: () => CHANNELS_LAST,
    onnx: (graph, { name, inputShape }, [x = '']) =>
      graph.add('Flatten', name, [
        inputShape.length === 3 ? graph.add('Transpose', `${name}/nhwc`, [x], { perm: [0, 2, 3, 1] }) : x,
      ]),
  },
  Reshape: {
    options: 'to a vector or a map',
    read: (r) => {
      const targetShape = integers(r, 'target_shape');
      if (targetShape.length !== 1 && targetShape.length !== 3)
        r.fail('target_shape', 'only one number, or height, width and channels');
      return Reshape({ targetShape });
    },
    write: ({ config: c }) => ({ target_shape: c['targetShape'] }),
    onnx: (graph, { name, inputShape, outputShape }, [x = '']) => {
      const map = outputShape.length === 3;
      const shape = BigInt64Array.from([-1, ...outputShape].map(BigInt));
      const operands = [
        toLast(graph, name, inputShape, x),
        graph.constant(`${name}/shape`, [shape.length], shape),
      ];
      return toFirst(
        graph,
        name,
        outputShape,
        graph.add('Reshape', map ? `${name}/reshaped` : name, operands),
      );
    },
  },
  Permute: {
    options: 'of maps',
    read: (r, input) => {
      const dims = integers(r, 'dims');
      if (input.length !== 3 || [...dims].sort().join() !== '1,2,3')
        r.fail('dims', 'only the numbers 1, 2 and 3 in any order, of a map');
      const [first = 1, second = 2, third = 3] = dims;
      return Permute({ dims: [first, second, third] });
    },
    write: ({ config: c }) => ({ dims: c['dims'] }),
    onnx: (graph, { name, inputShape, outputShape, layer: { config } }, [x = '']) => {
      const perm = [0, ...(config['dims'] as readonly number[])];
      const turned = graph.add('Transpose', `${name}/turned`, [toLast(graph, name, inputShape, x)], { perm });
      return toFirst(graph, name, outputShape, turned);
    },
  },
  ZeroPadding2D: {
    options: 'all',
    read: (r) => {
      r.must('data_format', 'channels_last');
      return ZeroPadding2D({ padding: readMargins(r, 'padding') });
    },
    write: ({ config: c }) => ({ padding: writeMargins(c['padding']), ...CHANNELS_LAST }),
    onnx: (graph, { name, layer: { config } }, [x = '']) => {
      const [top = 0, bottom = 0, left = 0, right = 0] = config['padding'] as readonly number[];
      const pads = BigInt64Array.from([0, 0, top, left, 0, 0, bottom, right].map(BigInt));
      return graph.add('Pad', name, [x, graph.constant(`${name}/pads`, [8], pads)]);
    },
  },
  Cropping2D: {
    options: 'all',
    read: (r) => {
      r.must('data_format', 'channels_last');
      return Cropping2D({ cropping: readMargins(r, 'cropping') });
    },
    write: ({ config: c }) => ({ cropping: writeMargins(c['cropping']), ...CHANNELS_LAST }),
    onnx: (graph, { name, inputShape: [h = 0, w = 0], layer: { config } }, [x = '']) => {
      const [top = 0, bottom = 0, left = 0, right = 0] = config['cropping'] as readonly number[];
      const pairs = { starts: [top, left], ends: [h - bottom, w - right], axes: [2, 3] };
      const lists = Object.entries(pairs).map(([own, list]) =>
        graph.constant(`${name}/${own}`, [2], BigInt64Array.from(list.map(BigInt))),
      );
      return graph.add('Slice', name, [x, ...lists]);
    },
  },
};
