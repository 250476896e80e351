import { describe, expect, it } from 'vitest';
import { readOnnx } from '../../src/formats/onnx_reading/read.js';
import { type Graph, onnxFile, type Step } from '../helpers/onnx_files.js';
import { referenceNetwork } from '../helpers/reference_network.js';

/** Operators as the ONNX specification defines them (https://onnx.ai/onnx/operators), with their defaults. */

const read = (graph: Graph) => readOnnx(onnxFile(graph), 'm.onnx');

/** What a graph gives for images with channels last. */
function outputOf(graph: Graph, images: readonly number[], count = 1): Float64Array {
  const { network, weights } = read(graph);
  const exact = new Map([...weights].map(([name, { data }]) => [name, Float64Array.from(data)]));
  return referenceNetwork(network, exact, Float64Array.from(images), count);
}

function expectNear(given: ArrayLike<number>, wanted: readonly number[]): void {
  expect(given.length).toBe(wanted.length);
  for (const [i, value] of wanted.entries())
    expect(Math.abs((given[i] as number) - value)).toBeLessThan(1e-6);
}

const softmax = (values: readonly number[]): number[] => {
  const powers = values.map(Math.exp);
  const sum = powers.reduce((total, one) => total + one, 0);
  return powers.map((one) => one / sum);
};

/** Ends a graph in the values of `y` in the file's order, as so many plain numbers. */
const ended = (count: number): { nodes: Step[]; identity: { shape: number[]; data: number[] } } => ({
  nodes: [
    ['Flatten', 'f', ['y']],
    ['MatMul', 'z', ['f', 'identity']],
  ],
  identity: {
    shape: [count, count],
    data: Array.from({ length: count ** 2 }, (_, i) => (i % (count + 1) === 0 ? 1 : 0)),
  },
});

const PIXELS = [-3.5, -1, -0.25, 0.5, 1.25, 2];
const clip = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);
const [SELU_ALPHA, SELU_GAMMA] = [1.67326324, 1.05070098];
/** The normal distribution's share below each pixel. */
const BELOW = [0.00023262907903552502, 0.15865525393145707, 0.4012936743170763, 0.6914624612740131];
BELOW.push(0.8943502263331446, 0.9772498680518208);

describe('an operator on single values', () => {
  const float = (value: number) => ({ float: value });
  it.each<[string, Step[], (x: number, i: number) => number]>([
    ['Relu', [['Relu', 'y', ['x']]], (x) => Math.max(x, 0)],
    ['LeakyRelu', [['LeakyRelu', 'y', ['x']]], (x) => (x < 0 ? 0.01 * x : x)],
    ['LeakyRelu 0.3', [['LeakyRelu', 'y', ['x'], { alpha: float(0.3) }]], (x) => (x < 0 ? 0.3 * x : x)],
    ['Elu', [['Elu', 'y', ['x']]], (x) => (x < 0 ? Math.expm1(x) : x)],
    ['Elu 0.5', [['Elu', 'y', ['x'], { alpha: float(0.5) }]], (x) => (x < 0 ? 0.5 * Math.expm1(x) : x)],
    ['Sigmoid', [['Sigmoid', 'y', ['x']]], (x) => 1 / (1 + Math.exp(-x))],
    ['Tanh', [['Tanh', 'y', ['x']]], Math.tanh],
    ['HardSigmoid', [['HardSigmoid', 'y', ['x']]], (x) => clip(0.2 * x + 0.5, 0, 1)],
    [
      'HardSigmoid with its own line',
      [['HardSigmoid', 'y', ['x'], { alpha: float(0.3), beta: float(0.25) }]],
      (x) => clip(0.3 * x + 0.25, 0, 1),
    ],
    ['HardSwish', [['HardSwish', 'y', ['x']]], (x) => x * clip(x / 6 + 0.5, 0, 1)],
    ['Selu', [['Selu', 'y', ['x']]], (x) => SELU_GAMMA * (x < 0 ? SELU_ALPHA * Math.expm1(x) : x)],
    ['Gelu', [['Gelu', 'y', ['x']]], (x, i) => x * (BELOW[i] ?? 0)],
    ['Clip', [['Clip', 'y', ['x', 'zero', 'one']]], (x) => clip(x, 0, 1)],
    [
      'Clip before version 11',
      [['Clip', 'y', ['x'], { min: float(0), max: float(1) }]],
      (x) => clip(x, 0, 1),
    ],
    ['PRelu', [['PRelu', 'y', ['x', 'half']]], (x) => (x < 0 ? x / 2 : x)],
    ['Sum of three', [['Sum', 'y', ['x', 'x', 'x']]], (x) => 3 * x],
    ['Sub of a number', [['Sub', 'y', ['x', 'half']]], (x) => x - 0.5],
    ['Sub from a number', [['Sub', 'y', ['half', 'x']]], (x) => 0.5 - x],
    ['Div', [['Div', 'y', ['x', 'half']]], (x) => x / 0.5],
    [
      'Add, Mul, Sub from a number, Div',
      [
        ['Add', 'a', ['x', 'half']],
        ['Mul', 'b', ['a', 'three']],
        ['Sub', 'c', ['one', 'b']],
        ['Div', 'y', ['c', 'half']],
      ],
      (x) => (1 - (x + 0.5) * 3) / 0.5,
    ],
  ])('%s', (_, steps, formula) => {
    const number = (value: number) => ({ shape: [], data: [value] });
    const { nodes, identity } = ended(6);
    const arrays = { identity, zero: number(0), half: number(0.5), one: number(1), three: number(3) };
    const graph: Graph = { input: [1, 1, 6], nodes: [...steps, ...nodes], arrays };
    expectNear(outputOf(graph, PIXELS), softmax(PIXELS.map(formula)));
  });
});

it.each([
  ['channel', [2, 1, 1]],
  ['value', [2, 3, 2]],
])('PRelu has a slope for every %s', (each, shape) => {
  const slopes = Array.from({ length: each === 'channel' ? 2 : 12 }, (_, i) => (i + 1) / 16);
  const { nodes, identity } = ended(12);
  const graph: Graph = {
    input: [2, 3, 2],
    nodes: [['PRelu', 'y', ['x', 'slope']], ...nodes],
    arrays: { identity, slope: { shape, data: slopes } },
  };
  const inFile = Array.from({ length: 12 }, (_, i) => -1 - i / 4); // channels first
  const images = inFile.map((_, i) => inFile[(i % 2) * 6 + Math.floor(i / 2)] as number);
  const wanted = inFile.map((x, i) => x * (slopes[each === 'channel' ? Math.floor(i / 6) : i] as number));
  expectNear(outputOf(graph, images), softmax(wanted));
});

describe('Gemm', () => {
  const x = [1, -2];
  const weight = [0.5, 1, -1, 0.25, 2, -0.5]; // [2, 3], or [3, 2] where it is turned
  const bias = [0.5, -1, 2];
  const plain = [0, 1, 2].map(
    (j) => (x[0] as number) * (weight[j] as number) + (x[1] as number) * (weight[3 + j] as number),
  );
  const turned = [0, 1, 2].map(
    (j) => (x[0] as number) * (weight[2 * j] as number) + (x[1] as number) * (weight[2 * j + 1] as number),
  );
  const [alpha, beta] = [{ float: 0.5 }, { float: 3 }];
  it.each<[Step[3], number[], number[]]>([
    [{}, [2, 3], plain.map((sum, j) => sum + (bias[j] as number))],
    [{ transB: 1 }, [3, 2], turned.map((sum, j) => sum + (bias[j] as number))],
    [{ alpha }, [2, 3], plain.map((sum, j) => sum / 2 + (bias[j] as number))],
    [{ alpha, beta, transB: 1 }, [3, 2], turned.map((sum, j) => sum / 2 + 3 * (bias[j] as number))],
  ])('%j is alpha * x * B + beta * C', (attributes = {}, shape, wanted) => {
    const graph: Graph = {
      input: [1, 1, 2],
      nodes: [
        ['Flatten', 'f', ['x']],
        ['Gemm', 'y', ['f', 'w', 'c'], attributes],
      ],
      arrays: { w: { shape, data: weight }, c: { shape: [3], data: bias } },
    };
    expectNear(outputOf(graph, x), softmax(wanted));
  });
});

describe('Softmax over maps', () => {
  const graph = (last: boolean, operatorSet: number, axis?: number): Graph => ({
    ...{ input: last ? [4, 5, 3] : [3, 4, 5], operatorSet },
    nodes: [
      ['Softmax', 's', ['x'], axis === undefined ? {} : { axis }],
      ...(last ? [['Transpose', 't', ['s'], { perm: [0, 3, 1, 2] }] as const] : []),
      ['GlobalAveragePool', 'g', [last ? 't' : 's']],
      ['Flatten', 'y', ['g']],
    ],
  });

  // Since version 13: over one axis, by default the last.
  it.each([
    [graph(true, 13)],
    [graph(true, 13, 3)],
    [graph(false, 13, 1)],
    [graph(false, 13, -3)],
    [graph(true, 12, 3)],
    [graph(true, 12, -1)],
  ])('is over the channels: %j', (given) => {
    const kinds = read(given).network.layers.map(({ layer }) => layer.kind);
    expect(kinds).toEqual(['Softmax', 'GlobalAveragePooling2D', 'Softmax']);
    // Of two images in which no channel stands out, and the first does by ln 2.
    const images = Array.from({ length: 120 }, (_, i) => (i >= 60 && i % 3 === 0 ? Math.LN2 : 0));
    const wanted = [1 / 3, 1 / 3, 1 / 3, ...softmax([1 / 2, 1 / 4, 1 / 4])];
    expectNear(outputOf(given, images, 2), wanted);
  });

  // Before version 13: over all axes from one on together, by default from the second.
  it.each([
    ['1', graph(true, 12)],
    ['1', graph(false, 12)],
    ['1', graph(false, 12, 1)],
    ['-3', graph(false, 12, -3)],
    ['2', graph(true, 12, 2)],
    ['-1', graph(false, 13)],
    ['2', graph(true, 13, 2)],
  ])('is refused over others, axis %s: %j', (axis, given) => {
    expect(() => read(given)).toThrow(
      `m.onnx: node "s" (Softmax): axis = ${axis}; only that of the channels is supported`,
    );
  });
});

describe('Reshape', () => {
  const { nodes, identity } = ended(6);
  const reshaped = (attributes: Readonly<Record<string, number>>, shape: readonly number[]): Graph => ({
    input: [1, 2, 3],
    nodes: [['Reshape', 'y', ['x', 'shape'], attributes], ...nodes],
    arrays: { shape: { shape: [shape.length], data: shape }, identity },
  });

  it('copies an extent for each 0, and finds the one of -1', () => {
    expectNear(outputOf(reshaped({}, [0, 0, 2, 3]), PIXELS), softmax(PIXELS));
    expectNear(outputOf(reshaped({ allowzero: 0 }, [-1, 0, 2, 3]), PIXELS), softmax(PIXELS));
  });

  it('with allowzero takes 0 as it is, which no image can have', () => {
    expect(() => read(reshaped({ allowzero: 1 }, [-1, 0, 2, 3]))).toThrow(
      '[batch, 1, 2, 3] cannot become [-1, 0, 2, 3]',
    );
  });
});
