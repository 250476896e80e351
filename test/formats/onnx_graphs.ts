import type { Graph } from '../helpers/onnx_files.js';

/** A graph, and what is read of it. */
export interface Sample {
  readonly graph: Graph;
  /** The layers that it becomes. */
  readonly kinds: string;
  /** Whether its images have channels last. */
  readonly last?: boolean;
}

/** Graphs as PyTorch, tf2onnx and others write them, with images [C, H, W] unless they say otherwise. */
export const GRAPHS: Readonly<Record<string, Sample>> = {
  'a flattened image, from PyTorch': {
    kinds: 'Conv2D ReLU Flatten Dense Softmax',
    graph: {
      input: [2, 5, 4],
      nodes: [
        ['Conv', 'c', ['x', 'w', 'b'], { pads: [1, 1, 1, 1], kernel_shape: [3, 3] }],
        ['Relu', 'r', ['c']],
        ['Flatten', 'f', ['r']],
        ['Gemm', 'y', ['f', 'v', 'u'], { transB: 1 }],
      ],
      arrays: { w: { shape: [3, 2, 3, 3] }, b: { shape: [3] }, v: { shape: [7, 60] }, u: { shape: [7] } },
    },
  },
  'images with channels last, from tf2onnx': {
    last: true,
    kinds: 'Conv2D BatchNormalization Flatten Dense Softmax',
    graph: {
      input: [6, 5, 3],
      nodes: [
        ['Transpose', 't', ['x'], { perm: [0, 3, 1, 2] }],
        ['Conv', 'c', ['t', 'w'], { strides: [2, 2], pads: [0, 1, 1, 1], kernel_shape: [3, 3] }],
        ['Add', 'a', ['c', 'b']],
        ['Mul', 'm', ['a', 'scale']],
        ['Add', 'n', ['m', 'offset']],
        ['Transpose', 'o', ['n'], { perm: [0, 2, 3, 1] }],
        ['Reshape', 'f', ['o', 'shape']],
        ['MatMul', 'd', ['f', 'v']],
        ['Add', 'y', ['d', 'u']],
      ],
      arrays: {
        ...{ w: { shape: [4, 3, 3, 3] }, b: { shape: [1, 4, 1, 1] } },
        ...{ scale: { shape: [1, 4, 1, 1] }, offset: { shape: [1, 4, 1, 1] } },
        ...{ shape: { shape: [2], data: [-1, 36] }, v: { shape: [36, 7] }, u: { shape: [7] } },
      },
    },
  },
  'images whose edges are cut off': {
    last: true,
    kinds: 'Cropping2D Conv2D Cropping2D GlobalAveragePooling2D Softmax',
    graph: {
      input: [8, 7, 3],
      nodes: [
        ['Slice', 's', ['x', 'from', 'to', 'axes']],
        ['Transpose', 't', ['s'], { perm: [0, 3, 1, 2] }],
        ['Conv', 'c', ['t', 'w'], { kernel_shape: [2, 2] }],
        ['Slice', 'd', ['c', 'late', 'all', 'ends']],
        ['Slice', 'e', ['d', 'first', 'all', 'batch']],
        ['ReduceMean', 'm', ['e'], { axes: [2, 3], keepdims: 0 }],
        ['Softmax', 'y', ['m'], { axis: 1 }],
      ],
      arrays: {
        ...{
          from: { shape: [2], data: [1, 2] },
          to: { shape: [2], data: [-1, 7] },
          axes: { shape: [2], data: [1, 2] },
        },
        ...{
          late: { shape: [1], data: [-3] },
          all: { shape: [1], data: [2 ** 31 - 1] },
          ends: { shape: [1], data: [-1] },
        },
        ...{ first: { shape: [1], data: [0] }, batch: { shape: [1], data: [1] }, w: { shape: [7, 3, 2, 2] } },
      },
    },
  },
  'gray images that are reshaped instead of transposed': {
    last: true,
    kinds: 'ZeroPadding2D Conv2D GlobalAveragePooling2D Softmax',
    graph: {
      input: [6, 7, 1],
      nodes: [
        ['Reshape', 't', ['x', 'shape']],
        ['Conv', 'c', ['t', 'w'], { pads: [2, 0, 1, 0], strides: [1, 2], kernel_shape: [2, 3] }],
        ['ReduceMean', 'm', ['c'], { axes: [2, 3], keepdims: 0 }],
        ['Softmax', 'y', ['m'], { axis: 1 }],
      ],
      arrays: { w: { shape: [7, 1, 2, 3] }, shape: { shape: [4], data: [-1, 1, 6, 7] } },
    },
  },
  'depthwise, pools with borders, a squeeze, a dense layer as convolution': {
    kinds: 'DepthwiseConv2D ReLU ZeroPadding2D MaxPooling2D GlobalAveragePooling2D Dense Softmax',
    graph: {
      input: [2, 9, 8],
      nodes: [
        ['Conv', 'c', ['x', 'w'], { group: 2, kernel_shape: [3, 3] }],
        ['Clip', 'r', ['c', 'low', 'high']],
        ['MaxPool', 'p', ['r'], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }],
        ['GlobalAveragePool', 'g', ['p']],
        ['Conv', 'd', ['g', 'v', 'u'], { kernel_shape: [1, 1] }],
        ['Squeeze', 'y', ['d', 'axes']],
      ],
      arrays: {
        ...{ w: { shape: [6, 1, 3, 3] }, v: { shape: [7, 6, 1, 1] }, u: { shape: [7] } },
        ...{
          low: { shape: [], data: [0] },
          high: { shape: [], data: [6] },
          axes: { shape: [2], data: [2, 3] },
        },
      },
    },
  },
  'branches, of maps and of flattened maps': {
    kinds:
      'Conv2D Activation Activation Add Concatenate Flatten Flatten Concatenate BatchNormalization Dense Softmax',
    graph: {
      input: [1, 6, 6],
      nodes: [
        ['Conv', 'a', ['x', 'w'], { pads: [1, 1, 1, 1], kernel_shape: [3, 3] }],
        ['Sigmoid', 'b', ['a']],
        ['Tanh', 'c', ['a']],
        ['Sum', 'd', ['b', 'c']],
        ['Concat', 'e', ['d', 'a'], { axis: 1 }],
        ['Flatten', 'f', ['e']],
        ['Flatten', 'g', ['a']],
        ['Concat', 'h', ['f', 'g'], { axis: 1 }],
        ['BatchNormalization', 'n', ['h', 'gamma', 'beta', 'mean', 'variance']],
        ['Gemm', 'y', ['n', 'v'], { transB: 1 }],
      ],
      arrays: {
        ...{
          w: { shape: [2, 1, 3, 3] },
          v: { shape: [7, 216] },
          gamma: { shape: [216] },
          beta: { shape: [216] },
        },
        mean: { shape: [216] },
        variance: { shape: [216], data: Array.from({ length: 216 }, (_, i) => 1 + (i % 7)) },
      },
    },
  },
  'numbers added to every pixel and taken away again': {
    kinds:
      'BatchNormalization ZeroPadding2D Conv2D LeakyReLU AveragePooling2D ELU GlobalAveragePooling2D Softmax',
    graph: {
      input: [3, 4, 4],
      nodes: [
        ['Sub', 's', ['x', 'mean']],
        ['Div', 'd', ['s', 'std']],
        ['Pad', 'p', ['d', 'pads']],
        ['Conv', 'c', ['p', 'w'], { kernel_shape: [3, 3] }],
        ['LeakyRelu', 'l', ['c'], { alpha: { float: 0.125 } }],
        ['AveragePool', 'a', ['l'], { kernel_shape: [2, 2], strides: [2, 2] }],
        ['Elu', 'e', ['a'], { alpha: { float: 0.5 } }],
        ['GlobalAveragePool', 'g', ['e']],
        ['Flatten', 'y', ['g']],
      ],
      arrays: {
        ...{ mean: { shape: [1, 3, 1, 1] }, std: { shape: [3, 1, 1], data: [0.5, 0.25, 2] } },
        ...{ pads: { shape: [8], data: [0, 0, 1, 2, 0, 0, 2, 1] }, w: { shape: [7, 3, 3, 3] } },
      },
    },
  },
  'squeeze and excitation, SiLU, groups, dilation, slopes and rectangular windows': {
    kinds:
      'Conv2D Activation GlobalAveragePooling2D Dense Activation Dense Activation Reshape Multiply Conv2D PReLU MaxPooling2D Activation GlobalMaxPooling2D Activation Dense Softmax',
    graph: {
      input: [4, 11, 10],
      nodes: [
        ['Conv', 'a', ['x', 'w'], { pads: [1, 1, 1, 1], kernel_shape: [3, 3], group: 2 }],
        ['Sigmoid', 'b', ['a']],
        ['Mul', 'c', ['a', 'b']],
        ['ReduceMean', 'd', ['c'], { axes: [2, 3], keepdims: 1 }],
        ['Conv', 'e', ['d', 'v', 'u'], { kernel_shape: [1, 1] }],
        ['Sigmoid', 'f', ['e']],
        ['Mul', 'g', ['f', 'e']],
        ['Conv', 'h', ['g', 't'], { kernel_shape: [1, 1] }],
        ['Sigmoid', 'i', ['h']],
        ['Mul', 'j', ['i', 'c']],
        ['Conv', 'k', ['j', 's'], { kernel_shape: [2, 3], dilations: [2, 1], pads: [1, 1, 1, 1] }],
        ['PRelu', 'l', ['k', 'slope']],
        ['MaxPool', 'm', ['l'], { kernel_shape: [3, 2], strides: [2, 1] }],
        ['Selu', 'n', ['m']],
        ['GlobalMaxPool', 'o', ['n']],
        ['Flatten', 'p', ['o']],
        ['Tanh', 'q', ['p']],
        ['Gemm', 'y', ['q', 'r'], { transB: 1 }],
      ],
      arrays: {
        ...{ w: { shape: [6, 2, 3, 3] }, v: { shape: [3, 6, 1, 1] }, u: { shape: [3] } },
        ...{ t: { shape: [6, 3, 1, 1] }, s: { shape: [4, 6, 2, 3] }, slope: { shape: [4, 1, 1] } },
        r: { shape: [7, 4] },
      },
    },
  },
  'the hard functions of MobileNetV3': {
    kinds: 'Conv2D Rescaling ReLU Multiply Rescaling ReLU Rescaling ReLU Flatten Dense Softmax',
    graph: {
      input: [2, 5, 4],
      nodes: [
        ['Conv', 'c', ['x', 'w'], { kernel_shape: [3, 3] }],
        ['HardSwish', 'd', ['c']],
        ['HardSigmoid', 'e', ['d'], { alpha: { float: 1 / 6 } }],
        ['HardSigmoid', 'f', ['e']],
        ['Flatten', 'g', ['f']],
        ['Gemm', 'y', ['g', 'r'], { transB: 1 }],
      ],
      arrays: { w: { shape: [6, 2, 3, 3] }, r: { shape: [7, 36] } },
    },
  },
  'one number for all channels, and a squeeze of all axes of one': {
    kinds: 'Conv2D ReLU BatchNormalization GlobalAveragePooling2D Dense Softmax',
    graph: {
      input: [2, 5, 4],
      nodes: [
        ['Conv', 'c', ['x', 'w'], { kernel_shape: [3, 3] }],
        ['Relu', 'r', ['c']],
        ['Mul', 'm', ['r', 'half']],
        ['GlobalAveragePool', 'g', ['m']],
        ['Squeeze', 's', ['g']],
        ['Gemm', 'y', ['s', 'v'], { transB: 1 }],
      ],
      arrays: { w: { shape: [6, 2, 3, 3] }, half: { shape: [], data: [0.5] }, v: { shape: [7, 6] } },
    },
  },
  'GELU and layer normalisation in steps, in the orders of several exporters': {
    kinds:
      'Conv2D Activation LayerNormalization Activation LayerNormalization Activation LayerNormalization GlobalAveragePooling2D Dense Softmax',
    graph: {
      input: [2, 5, 4],
      nodes: [
        ['Conv', 'c', ['x', 'w'], { pads: [1, 1, 1, 1], kernel_shape: [3, 3] }],
        ['Div', 'd1', ['c', 'root']],
        ['Erf', 'd2', ['d1']],
        ['Add', 'd3', ['d2', 'one']],
        ['Mul', 'd4', ['c', 'd3']],
        ['Mul', 'd', ['d4', 'half']],
        ['ReduceMean', 'e1', ['d'], { axes: [1], keepdims: 1 }],
        ['Sub', 'e2', ['d', 'e1']],
        ['Pow', 'e3', ['e2', 'two']],
        ['ReduceMean', 'e4', ['e3'], { axes: [1], keepdims: 1 }],
        ['Add', 'e5', ['epsilon', 'e4']],
        ['Sqrt', 'e6', ['e5']],
        ['Div', 'e7', ['e2', 'e6']],
        ['Mul', 'e8', ['e7', 'gamma']],
        ['Add', 'e', ['beta', 'e8']],
        ['Mul', 'f1', ['e', 'inverse']],
        ['Erf', 'f2', ['f1']],
        ['Add', 'f3', ['one', 'f2']],
        ['Mul', 'f4', ['half', 'f3']],
        ['Mul', 'f', ['f4', 'e']],
        ['Transpose', 'g1', ['f'], { perm: [0, 2, 3, 1] }],
        ['LayerNormalization', 'g2', ['g1', 'scale', 'shift'], { axis: -1, epsilon: { float: 0.1 } }],
        ['Mul', 'h1', ['g2', 'inverse']],
        ['Erf', 'h2', ['h1']],
        ['Add', 'h3', ['h2', 'one']],
        ['Div', 'h4', ['g2', 'two']],
        ['Mul', 'h', ['h3', 'h4']],
        ['ReduceMean', 'i1', ['h'], { axes: [3], keepdims: 1 }],
        ['Sub', 'i2', ['h', 'i1']],
        ['Mul', 'i3', ['i2', 'i2']],
        ['ReduceMean', 'i4', ['i3'], { axes: [3], keepdims: 1 }],
        ['Add', 'i5', ['i4', 'epsilon']],
        ['Sqrt', 'i6', ['i5']],
        ['Div', 'i', ['i2', 'i6']],
        ['Transpose', 'j1', ['i'], { perm: [0, 3, 1, 2] }],
        ['GlobalAveragePool', 'j2', ['j1']],
        ['Flatten', 'j', ['j2']],
        ['Gemm', 'y', ['j', 'v'], { transB: 1 }],
      ],
      arrays: {
        ...{ w: { shape: [3, 2, 3, 3] }, v: { shape: [7, 3] } },
        ...{ root: { shape: [], data: [Math.SQRT2] }, inverse: { shape: [], data: [Math.SQRT1_2] } },
        ...{ half: { shape: [], data: [0.5] }, one: { shape: [], data: [1] }, two: { shape: [], data: [2] } },
        ...{ epsilon: { shape: [], data: [0.01] }, gamma: { shape: [3, 1, 1] }, beta: { shape: [3, 1, 1] } },
        ...{ scale: { shape: [3] }, shift: { shape: [3] } },
      },
    },
  },
  'a vector that becomes an image, and slopes for every value': {
    kinds: 'Flatten Dense Reshape Permute Conv2D PReLU GlobalAveragePooling2D Softmax',
    graph: {
      input: [1, 3, 2],
      nodes: [
        ['Flatten', 'a', ['x']],
        ['Gemm', 'b', ['a', 'v'], { transB: 1 }],
        ['Reshape', 'c', ['b', 'shape']],
        ['Conv', 'd', ['c', 'w'], { kernel_shape: [2, 1] }],
        ['PRelu', 'e', ['d', 'slopes']],
        ['GlobalAveragePool', 'f', ['e']],
        ['Flatten', 'y', ['f']],
      ],
      arrays: {
        ...{ v: { shape: [24, 6] }, shape: { shape: [4], data: [-1, 2, 3, 4] } },
        ...{ w: { shape: [7, 2, 2, 1] }, slopes: { shape: [7, 2, 4] } },
      },
    },
  },
};
