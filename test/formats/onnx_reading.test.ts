import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { affineOf, PREPROCESS } from '../../src/data/preprocess.js';
import { toOnnx } from '../../src/formats/onnx.js';
import type { ImageLayout } from '../../src/formats/onnx_layouts.js';
import { OPERATOR_NAMES, readOnnx as read } from '../../src/formats/onnx_reading/read.js';
import { buildModel } from '../../src/nn/models.js';
import type { Network } from '../../src/nn/network.js';
import type { NamedArray } from '../../src/nn/parameters.js';
import { openModel, openNetwork } from '../../src/train/weights.js';
import { csvLine } from '../../src/util/csv.js';
import { Rng } from '../../src/util/random.js';
import { newFolder } from '../helpers/keras_files.js';
import { everything, hybrid, miniXception, others, randomWeights } from '../helpers/networks.js';
import { readOnnx as dissect, runOnnx } from '../helpers/onnx.js';
import { type Graph, onnxFile, type Step } from '../helpers/onnx_files.js';
import { fittedPreprocess } from '../helpers/preprocesses.js';
import { referenceNetwork } from '../helpers/reference_network.js';
import { GRAPHS, type Sample } from './onnx_graphs.js';

const COUNT = 2;
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);
const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] as number))));
};

/** What a network gives, in float64. @param images [N, H, W, C] */
function outputOf(network: Network, weights: ReadonlyMap<string, NamedArray>, images: ArrayLike<number>) {
  const exact = new Map([...weights].map(([name, { data }]) => [name, Float64Array.from(data)]));
  return referenceNetwork(network, exact, Float64Array.from(images), COUNT);
}

describe('an ONNX file of fer-tui', () => {
  const networks = [
    buildModel('fer-cnn', { filters: [3, 4], dense: [5], inputShape: [12, 16, 1] }),
    buildModel('fer-shallow', { filters: [4], activation: 'relu', inputShape: [12, 10, 3] }),
    everything(-1),
    others(),
    miniXception([24, 20, 1], [4, 6]),
  ];

  it.each(
    networks.flatMap((network) =>
      (['nhwc', 'nchw'] as const).map((layout) => [network.name, layout, network] as const),
    ),
  )('is read as the same function: %s, %s', (_, layout: ImageLayout, network) => {
    const weights = randomWeights(network);
    const again = read(toOnnx(network, weights, {}, { layout }), 'm.onnx');
    expect(again.network.inputShape).toEqual(network.inputShape);
    expect(again.softmaxAdded).toBe(false);
    const rng = new Rng(9);
    const images = Float64Array.from({ length: COUNT * sizeOf(network.inputShape) }, () => rng.normal());
    const wanted = outputOf(network, weights, images);
    expect(apart(outputOf(again.network, again.weights, images), wanted)).toBeLessThan(1e-6);
  });

  it.each([
    ['nhwc', hybrid()],
    ['nchw', hybrid()],
    ['nhwc', hybrid(false)],
  ] as const)('has designed features again as a layer that sees the images: %s', (layout, network) => {
    const weights = randomWeights(network);
    const pixels = network.inputShape.reduce((product, n) => product * n, 1);
    const undo = new Map([
      ['lbp/pixel_mean', { shape: [16, 14], data: new Float32Array(pixels).fill(127.5) }],
      ['lbp/pixel_scale', { shape: [1], data: Float32Array.of(127.5) }],
    ]);
    const again = read(toOnnx(network, weights, {}, { layout }), 'm.onnx');
    expect([...again.weights.keys()].filter((name) => name.startsWith('lbp/'))).toEqual([]);
    const rng = new Rng(9);
    const images = Float64Array.from({ length: COUNT * pixels }, () => Math.fround(rng.int(256) / 127.5 - 1));
    const wanted = outputOf(network, new Map([...weights, ...undo]), images);
    const got = outputOf(again.network, new Map([...again.weights, ...undo]), images);
    expect(apart(got, wanted)).toBeLessThan(1e-6);
  });

  it.each([
    ['"radius":1', '"radius":-', 'its note "features" is not JSON'],
    ['{"lbp":{', '[{"lbp":', 'its note "features" is not JSON'],
    ['"bins":[0', '"bins":[x', 'its note "features" is not JSON'],
    ['"cells":2', '"cells":1', 'the features of its input "lbp" are not described'],
    ['"image":[16', '"image":[12', 'features and network see the same images'],
    ['"image":[16,14,1]', '"image":[16,14  ]', 'its input "preprocessed" is [?, 16, 14]; expected images'],
  ])('whose features are told wrongly is refused: %s as %s', (right, wrong, message) => {
    const network = hybrid(!right.endsWith('1]'));
    const bytes = Buffer.from(toOnnx(network, randomWeights(network)));
    const at = bytes.indexOf(right);
    expect(at).toBeGreaterThan(0);
    bytes.write(wrong, at);
    expect(() => read(bytes, 'm.onnx')).toThrow(message);
  });

  it.each(PREPROCESS)('says itself what its classes and its preprocessing are: %s', async (name) => {
    const network = buildModel('fer-shallow', { filters: [4], inputShape: [12, 10, 1] });
    const weights = randomWeights(network);
    const preprocess = fittedPreprocess(name, 120);
    const classes = ['Angry', 'a, b', ...'cdefg'];
    const { mean, std } = preprocess;
    const size = mean?.length === 1 ? '' : '_image';
    const about = {
      classes: csvLine(classes),
      ...(mean && { [`mean${size}`]: mean.join(',') }),
      ...(std && { [`std${size}`]: std.join(',') }),
    };
    const path = join(newFolder(), 'm.onnx');
    for (const layout of ['nhwc', 'nchw'] as const) {
      for (const inside of [false, true]) {
        const notes = inside ? { preprocess: 'none', preprocess_within: name } : { preprocess: name };
        const pixels = inside ? affineOf(preprocess, 120) : undefined;
        writeFileSync(path, toOnnx(network, weights, { ...about, ...notes }, { layout, pixels }));
        const saved = await openModel(path);
        expect(saved).toMatchObject({ classes, preprocess });
        expect(saved.foreign).toBeUndefined();
        const images = Float64Array.from({ length: COUNT * 120 }, (_, i) => (i % 17) / 8 - 1);
        expect(
          apart(outputOf(saved.network, saved.weights, images), outputOf(network, weights, images)),
        ).toBeLessThan(1e-6);
      }
    }
  });
});

describe('an ONNX file of another program', () => {
  it.each(Object.entries(GRAPHS))('is read as what its operators compute: %s', (_, {
    kinds,
    last = false,
    graph,
  }) => {
    const bytes = onnxFile(graph);
    const { network, weights, softmaxAdded } = read(bytes, 'm.onnx');
    expect(network.layers.map(({ layer }) => layer.kind).join(' ')).toBe(kinds);
    const rng = new Rng(2);
    const data = Array.from({ length: COUNT * sizeOf(graph.input) }, () => rng.normal());
    const given = runOnnx(dissect(bytes), { dims: [COUNT, ...graph.input], data });
    const [classes = 1] = network.outputShape;
    const rows = Array.from({ length: COUNT }, (_, i) =>
      Array.from(given.data).slice(i * classes, (i + 1) * classes),
    );
    const wanted = rows.flatMap((row) => {
      const all = softmaxAdded ? row.map(Math.exp) : row;
      const sum = all.reduce((total, one) => total + one, 0);
      return all.map((one) => one / sum);
    });
    const [c = 1, h = 1, w = 1] = graph.input;
    const turned = data.map((_, i) => {
      const [image, place, channel] = [Math.floor(i / (c * h * w)), Math.floor((i % (c * h * w)) / c), i % c];
      return data[(image * c + channel) * h * w + place] as number;
    });
    expect(apart(outputOf(network, weights, last ? data : turned), wanted)).toBeLessThan(1e-6);
  });

  it('names its layers as its weights are named, or its nodes', () => {
    const { network } = read(
      onnxFile({
        input: [1, 4, 4],
        nodes: [
          ['Conv', '/stem/Conv_output_0', ['x', 'stem.conv.weight']],
          ['Conv', '/next/Conv', ['/stem/Conv_output_0', 'onnx::Conv_12']],
          ['Flatten', '/Flatten', ['/next/Conv']],
          ['Gemm', 'y', ['/Flatten', 'head.weight'], { transB: 1 }],
        ],
        arrays: {
          ...{ 'stem.conv.weight': { shape: [1, 1, 1, 1] }, 'onnx::Conv_12': { shape: [1, 1, 1, 1] } },
          'head.weight': { shape: [2, 16] },
        },
      }),
      'm.onnx',
    );
    expect(network.layers.map(({ name }) => name)).toEqual([
      'stem.conv',
      'next',
      'flatten',
      'head',
      'added_softmax',
    ]);
  });

  it.each([
    ['main_graph', 'my model.v2'],
    ['torch_jit', 'my model.v2'],
    ['my_net', 'my_net'],
  ])('is named as its graph, %s, or as the file where that says nothing: %s', (name, wanted) => {
    const bytes = onnxFile({ ...(GRAPHS['a flattened image, from PyTorch'] as Sample).graph, name });
    expect(read(bytes, '/models/my model.v2.onnx').network.name).toBe(wanted.replace(' ', '_'));
  });

  it.each([
    ['scale255', { mul: 1 / 255, add: 0 }],
    ['minus1to1', { mul: 1 / 127.5, add: -1 }],
  ])('that rescales its images is read with the preprocessing %s', async (name, { mul, add }) => {
    const path = join(newFolder(), 'm.onnx');
    const end = [
      ['GlobalAveragePool', 'g', ['a']],
      ['Flatten', 'f', ['g']],
      ['Gemm', 'y', ['f', 'v'], { transB: 1 }],
    ] as const;
    const v = { shape: [7, 1] };
    const [scale, offset] = [
      { shape: [], data: [mul] },
      { shape: [], data: [add] },
    ];
    const steps = [['Mul', 'm', ['x', 'scale']], ['Add', 'a', ['m', 'offset']], ...end] as const;
    writeFileSync(path, onnxFile({ input: [1, 4, 4], nodes: steps, arrays: { scale, offset, v } }));
    const saved = await openModel(path);
    expect(saved).toMatchObject({ preprocess: { name }, foreign: true, classesGuessed: true });
    expect(saved.network.layers[0]?.layer.kind).toBe('GlobalAveragePooling2D');
    await expect(openModel(path, { preprocess: 'none' })).rejects.toThrow(
      `${path}: it rescales pixels itself, as --preprocess ${name} does; leave out --preprocess none`,
    );
    const cast = [['Cast', 'a', ['x'], { to: 1 }], ...end] as const;
    writeFileSync(path, onnxFile({ input: [1, 4, 4], type: 2, nodes: cast, arrays: { v } }));
    expect(await openModel(path)).toMatchObject({ preprocess: { name: 'none' } });
    const plain = [['Identity', 'a', ['x']], ...end] as const;
    writeFileSync(path, onnxFile({ input: [1, 4, 4], nodes: plain, arrays: { v } }));
    await expect(openModel(path)).rejects.toThrow(
      `${path}: the file does not say how pixels are preprocessed`,
    );
    expect((await openNetwork(path)).layers).toHaveLength(3);
    // A branch that takes the images as they are keeps the rescaling a layer of the network.
    const both = [
      ...[steps[0], steps[1], steps[2], ['GlobalMaxPool', 'h', ['x']] as const],
      ['Add', 's', ['g', 'h']] as const,
      ['Flatten', 'f', ['s']] as const,
      steps[4],
    ];
    writeFileSync(path, onnxFile({ input: [1, 4, 4], nodes: both, arrays: { scale, offset, v } }));
    await expect(openModel(path)).rejects.toThrow('the file does not say how pixels are preprocessed');
  });
});

describe('an ONNX file that resizes its images first', () => {
  const sizes = (...data: number[]) => ({ shape: [4], data });
  const whole = { ...sizes(1, 1, 6, 8) };
  const end = [
    ['Conv', 'c', ['r', 'w']],
    ['GlobalAveragePool', 'g', ['c']],
    ['Flatten', 'y', ['g']],
  ] as const;
  const w = { shape: [7, 1, 2, 3] };
  const bilinear = { antialias: 1, cubic_coeff_a: { float: -0.5 } };

  it.each<[string, Graph]>([
    [
      'to a size',
      {
        input: [1, 3, 4],
        nodes: [['Resize', 'r', ['x', '', '', 'shape'], bilinear], ...end],
        arrays: { w, shape: whole },
      },
    ],
    [
      'by factors, with channels last, and the axes named',
      {
        ...{ input: [2, 4, 1], operatorSet: 18 },
        nodes: [
          ['Resize', 's', ['x', '', 'factors'], { axes: [1, -2] }],
          ['Transpose', 'r', ['s'], { perm: [0, 3, 1, 2] }],
          ...end,
        ],
        arrays: { w, factors: { shape: [2], data: [3, 2] } },
      },
    ],
    [
      'with the operator of old exporters',
      {
        ...{ input: [1, 3, 4], operatorSet: 9 },
        nodes: [['Upsample', 'r', ['x', 'factors']], ...end],
        arrays: { w, factors: sizes(1, 1, 2, 2) },
      },
    ],
    [
      'to a size that follows from its own',
      {
        input: [1, 3, 4],
        nodes: [
          ['Shape', 'a', ['x']],
          ['Slice', 'b', ['a', 'shape0', 'shape2']],
          ['Concat', 'd', ['b', 'shape'], { axis: 0 }],
          ['Resize', 'r', ['x', '', '', 'd'], bilinear],
          ...end,
        ],
        arrays: {
          ...{ w, shape: { shape: [2], data: [6, 8] } },
          ...{ shape0: { shape: [1], data: [0] }, shape2: { shape: [1], data: [2] } },
        },
      },
    ],
  ])('%s is one for images of that size', (_, graph) => {
    const { network, weights } = read(onnxFile(graph), 'm.onnx');
    const plain = read(onnxFile({ input: [1, 6, 8], nodes: renamed(end), arrays: { w } }), 'm.onnx');
    expect(network.inputShape).toEqual([6, 8, 1]);
    expect(network.layers.map(({ layer }) => layer)).toMatchObject(
      plain.network.layers.map(({ layer }) => ({ kind: layer.kind })),
    );
    expect([...weights.keys()]).toEqual([...plain.weights.keys()]);
  });

  const renamed = (steps: readonly Step[]): Step[] =>
    steps.map(([op, to, inputs]) => [op, to, inputs.map((name) => (name === 'r' ? 'x' : name))]);
});

it('docs/keras.md names every operator that is read', () => {
  const text = readFileSync(new URL('../../docs/keras.md', import.meta.url), 'utf8');
  const section = text.slice(text.indexOf('## ONNX files of others'), text.indexOf('## What is written'));
  const list = section.slice(section.indexOf('Read are'), section.indexOf('Numbers that are added'));
  expect([...list.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual(OPERATOR_NAMES);
});
