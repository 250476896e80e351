import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadDataset } from '../../src/data/load.js';
import { toOnnx } from '../../src/formats/onnx.js';
import type { Layer } from '../../src/nn/layer.js';
import {
  Activation,
  AveragePooling2D,
  BatchNormalization,
  Conv2D,
  Cropping2D,
  Dense,
  DepthwiseConv2D,
  ELU,
  Flatten,
  LeakyReLU,
  MaxPooling2D,
  ReLU,
  SeparableConv2D,
  Softmax,
  ZeroPadding2D,
} from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import { buildModel } from '../../src/nn/models.js';
import { type Network, Sequential } from '../../src/nn/network.js';
import { ACTIVATION_NAMES } from '../../src/nn/ops/activation.js';
import { Rng } from '../../src/util/random.js';
import { VERSION } from '../../src/util/version.js';
import { loadOpenCv } from '../../src/vision/opencv.js';
import { describeGpu } from '../helpers/gpu.js';
import { newFolder } from '../helpers/keras_files.js';
import { FER2013, needs, PEERS } from '../helpers/needs.js';
import { everything, hybrid, miniXception, others, randomWeights } from '../helpers/networks.js';
import { readOnnx, runOnnx } from '../helpers/onnx.js';
import { referenceLayers, referenceNetwork } from '../helpers/reference_network.js';

/** The largest difference between a file's output, computed by its operators, and the network's in float64. */
function distance(network: Network, seed = 1, count = 2): number {
  const weights = randomWeights(network);
  const rng = new Rng(seed);
  const size = network.inputShape.reduce((product, n) => product * n, 1);
  const images = Float64Array.from({ length: count * size }, () => rng.normal());
  const exact = new Map([...weights].map(([name, { data }]) => [name, Float64Array.from(data)]));
  const wanted = referenceNetwork(network, exact, images, count);
  const { dims, data } = runOnnx(readOnnx(toOnnx(network, weights)), {
    ...{ dims: [count, ...network.inputShape], data: images },
  });
  expect(dims).toEqual([count, ...network.outputShape]);
  return Math.max(...wanted.map((value, i) => Math.abs(value - (data[i] as number))));
}

/** The inputs of a network with LBP features: some images as float64, and what the layer makes of them. */
function hybridInputs(network: Network, count: number) {
  const weights = randomWeights(network);
  const size = network.inputShape.reduce((product, n) => product * n, 1);
  weights.set('lbp/pixel_mean', { shape: [16, 14], data: new Float32Array(size).fill(127.5) });
  weights.set('lbp/pixel_scale', { shape: [1], data: Float32Array.of(127.5) });
  const rng = new Rng(4);
  const images = Float64Array.from({ length: count * size }, () => Math.fround(rng.int(256) / 127.5 - 1));
  const exact = new Map([...weights].map(([name, { data }]) => [name, Float64Array.from(data)]));
  const values = referenceLayers(network, exact, images, count);
  const patterns = network.layers.findIndex(({ name }) => name === 'lbp');
  return {
    weights,
    images: { dims: [count, ...network.inputShape], data: images },
    lbp: { dims: [count, 11], data: values.get(patterns) as Float64Array },
    wanted: values.get(network.layers.length - 1) as Float64Array,
  };
}

describe('an ONNX file of a network with LBP features', () => {
  it.each([hybrid(), hybrid(false)])('has an input for them, and says how they are made: %#', (network) => {
    const { weights, images, lbp, wanted } = hybridInputs(network, 2);
    const model = readOnnx(toOnnx(network, weights));
    const both = !network.isChain;
    expect(model.inputs.map(({ name, dims }) => [name, dims])).toEqual([
      ...(both ? [['images', ['batch', 16, 14, 1]]] : []),
      ['lbp', ['batch', 11]],
    ]);
    expect(JSON.parse(model.notes['features'] ?? '')).toMatchObject({ lbp: { radius: 1, cells: 2 } });
    const { data } = runOnnx(model, ...(both ? [images, lbp] : [lbp]));
    expect(Math.max(...wanted.map((p, i) => Math.abs(p - (data[i] as number))))).toBeLessThan(1e-6);
  });
});

/** One layer under test, and an end that depends on every element of it. */
const around = (layer: Layer, input: readonly number[] = [7, 10, 3]): Network =>
  new Sequential('one_layer', input, [layer, Flatten(), Dense({ units: 7 }), Softmax()]);

describe('an ONNX file, computed operator by operator,', () => {
  it.each([
    buildModel('fer-cnn', { filters: [3, 4], dense: [5], inputShape: [12, 16, 1] }),
    buildModel('fer-shallow', { filters: [4], activation: 'relu', inputShape: [12, 10, 1] }),
    everything(-1),
    others(),
    miniXception([24, 20, 1], [4, 6]),
  ])('is $name', (network) => expect(distance(network)).toBeLessThan(1e-6));

  const windows = [
    { kernelSize: [2, 3], strides: 2, padding: 'same' },
    { kernelSize: [3, 4], strides: 3, padding: 'same' },
    { kernelSize: [4, 2], strides: 1, padding: 'same' },
    { kernelSize: [3, 2], strides: 2, padding: 'valid' },
    { kernelSize: 3, strides: [3, 1], padding: 'same' },
    { kernelSize: [2, 3], strides: [1, 2], padding: 'valid' },
  ] as const;
  it.each(windows)('has windows of two extents, padded unevenly: %j', (window) => {
    for (const layer of [
      Conv2D({ filters: 4, ...window }),
      DepthwiseConv2D({ depthMultiplier: 2, ...window }),
      SeparableConv2D({ filters: 4, depthMultiplier: 3, ...window }),
    ]) {
      expect(distance(around(layer))).toBeLessThan(1e-6);
    }
  });

  it.each([
    { poolSize: 2, strides: 2, padding: 'same' },
    { poolSize: 3, strides: 2, padding: 'same' },
    { poolSize: 4, strides: 3, padding: 'same' },
    { poolSize: 3, strides: 1, padding: 'valid' },
  ] as const)('pools by what lies inside of the image: %j', (window) => {
    for (const layer of [MaxPooling2D(window), AveragePooling2D(window)]) {
      expect(distance(around(layer))).toBeLessThan(1e-6);
    }
  });

  it.each([
    Conv2D({ filters: 2, useBias: false }),
    DepthwiseConv2D({ useBias: false }),
    SeparableConv2D({ filters: 2, useBias: false }),
    ZeroPadding2D({ padding: [1, 2, 3, 4] }),
    Cropping2D({ cropping: [1, 0, 2, 1] }),
    BatchNormalization({ epsilon: 0.5 }),
    BatchNormalization({ scale: false, center: false }),
    ELU({ alpha: 0.3 }),
    LeakyReLU({ negativeSlope: 0.4 }),
    ReLU(),
    ReLU({ maxValue: 0.5 }),
    ReLU({ maxValue: 1.5, negativeSlope: 0.2 }),
  ])('has every option: %#', (layer) => expect(distance(around(layer))).toBeLessThan(1e-6));

  it.each(ACTIVATION_NAMES)('has the activation %s, alone and inside of a layer', (activation) => {
    const scaled = BatchNormalization({ epsilon: 1e-6 });
    for (const layers of [
      [Activation({ activation }), Flatten(), Dense({ units: 9, activation }), Dense({ units: 7 })],
      [Conv2D({ filters: 3, activation }), scaled, Flatten(), Dense({ units: 7, useBias: false })],
      [SeparableConv2D({ filters: 3, activation }), Flatten(), Dense({ units: 7 })],
      [DepthwiseConv2D({ activation }), Flatten(), Dense({ units: 7 })],
    ]) {
      const network = new Sequential('active', [5, 6, 2], [...layers, Activation({ activation: 'softmax' })]);
      // Larger than 6, for relu6.
      expect(distance(network, 4)).toBeLessThan(1e-6);
    }
  });

  it('takes rows of numbers as they are', () => {
    const network = new Sequential('rows', [9], [Flatten(), Dense({ units: 4 }), Softmax()]);
    expect(distance(network)).toBeLessThan(1e-6);
  });
});

describe('an ONNX file', () => {
  const network = new Sequential(
    'small',
    [6, 8, 1],
    [
      Conv2D({ filters: 300, kernelSize: [1, 2], padding: 'valid' }),
      Flatten(),
      Dense({ units: 7 }),
      Softmax(),
    ],
  );
  const model = readOnnx(toOnnx(network, randomWeights(network), { classes: 'a,b', ä: 'ü' }));

  it('says which version it is of, who wrote it, what it takes and gives, and what was noted', () => {
    expect(model).toMatchObject({ irVersion: 8, producer: 'fer-tui', operatorSet: 13, name: 'small' });
    expect(model.version).toBe(VERSION);
    expect(model.about).toBe(
      'small, a classifier of faces. Input: images, float32 [batch, H, W, C]. Output: probabilities of a,b.',
    );
    expect(model.input).toEqual({ name: 'images', type: 1, dims: ['batch', 6, 8, 1] });
    expect(model.output).toEqual({ name: 'probabilities', type: 1, dims: ['batch', 7] });
    expect(model.notes).toEqual({ classes: 'a,b', ä: 'ü' });
  });

  it('names each node like its output, each once, and its weights like the layers', () => {
    expect(model.nodes.map(({ name }) => name)).toEqual(model.nodes.map(({ output }) => output));
    expect(model.nodes.map(({ type, name }) => [type, name])).toEqual([
      ['Transpose', 'nchw'],
      ['Conv', 'conv2d'],
      ['Transpose', 'flatten/nhwc'],
      ['Flatten', 'flatten'],
      ['Gemm', 'dense'],
      ['Softmax', 'softmax/softmax'],
      ['Identity', 'probabilities'],
    ]);
    const shapes = [...model.constants].map(([name, { dims }]) => [name, dims]);
    expect(Object.fromEntries(shapes)).toEqual({
      'conv2d/kernel': [300, 1, 1, 2],
      'conv2d/bias': [300],
      'dense/kernel': [7, 6 * 7 * 300],
      'dense/bias': [7],
    });
  });

  it('writes attributes of each kind as onnx.proto3 has them, byte for byte', () => {
    const one = new Sequential('e', [2], [ELU({ alpha: 0.5 }), Softmax()]);
    const bytes = Buffer.from(toOnnx(one, new Map()));
    const text = (field: string, word: string): string =>
      `${field}${Buffer.from([word.length]).toString('hex')}${Buffer.from(word).toString('hex')}`;
    const framed = (field: string, body: string): string =>
      `${field}${Buffer.from([body.length / 2]).toString('hex')}${body}`;
    const node = (input: string, output: string, type: string, attribute = ''): string =>
      framed(
        '0a',
        text('0a', input) + text('12', output) + text('1a', output) + text('22', type) + attribute,
      );
    const alpha = framed('2a', `${text('0a', 'alpha')}150000003fa00101`);
    const axis = framed('2a', `${text('0a', 'axis')}1801a00102`);
    const dims = (size: string): string => framed('0a', text('12', 'batch')) + framed('0a', `08${size}`);
    const value = (field: string, name: string): string =>
      framed(field, text('0a', name) + framed('12', framed('0a', `0801${framed('12', dims('02'))}`)));
    const graph =
      text('12', 'e') +
      node('images', 'elu', 'Elu', alpha) +
      node('elu', 'softmax/softmax', 'Softmax', axis) +
      node('softmax/softmax', 'probabilities', 'Identity') +
      value('5a', 'images') +
      value('62', 'probabilities');
    const size = Buffer.from([((graph.length / 2) & 127) | 128, (graph.length / 2) >> 7]).toString('hex');
    const about = text('1a', VERSION) + text('32', 'e, a classifier of faces. Input: images.');
    expect(bytes.toString('hex')).toBe(`0808${text('12', 'fer-tui')}${about}3a${size}${graph}4202100d`);
  });

  it('has an operator between an activation and its batch normalisation, which OpenCV 5.0 would merge wrongly', () => {
    const layers = [Conv2D({ filters: 4 }), ELU(), BatchNormalization(), Conv2D({ filters: 4 })];
    const normed = new Sequential(
      'n',
      [6, 6, 1],
      [...layers, BatchNormalization(), Flatten(), Dense({ units: 2 })],
    );
    const { nodes } = readOnnx(toOnnx(normed, randomWeights(normed)));
    const before = nodes.flatMap(({ type, inputs: [input] }) =>
      type === 'BatchNormalization' ? [nodes.find(({ output }) => output === input)?.type] : [],
    );
    expect(before).toEqual(['Identity', 'Conv']);
  });

  it('of a layer that ONNX would compute otherwise is refused', () => {
    const other = around(BatchNormalization({ axis: 1 }), [8, 8, 1]);
    expect(() => toOnnx(other, randomWeights(other))).toThrow('batch normalisation of the last axis only');
  });

  it('without one of its weights is refused', () => {
    const weights = randomWeights(network);
    weights.delete('dense/bias');
    expect(() => toOnnx(network, weights)).toThrow('weights of dense/bias are missing');
  });
});

describe('an ONNX file with images in NCHW', () => {
  it('says so, and begins without a transpose', () => {
    const network = buildModel('fer-shallow', { filters: [4], inputShape: [12, 10, 1] });
    const notes = { preprocess: 'scale255', classes: 'a,b' };
    const model = readOnnx(toOnnx(network, randomWeights(network), notes, { layout: 'nchw' }));
    expect(model.input).toEqual({ name: 'images', type: 1, dims: ['batch', 1, 12, 10] });
    expect(model.nodes.filter(({ inputs }) => inputs.includes('images')).map(({ type }) => type)).toEqual([
      'Conv',
    ]);
    expect(model.about).toBe(
      'fer-shallow, a classifier of faces. Input: images, float32 [batch, C, H, W]. Pixels from 0 to 255 are preprocessed before: scale255. Output: probabilities of a,b.',
    );
  });

  it.each([
    buildModel('fer-cnn', { filters: [4, 8], dense: [8], inputShape: [16, 12, 1] }),
    buildModel('fer-shallow', { filters: [4], inputShape: [12, 10, 1], activation: 'relu' }),
    miniXception([24, 24, 1], [4]),
  ])("gives the same probabilities in OpenCV's dnn: $name", needs.openCv, async (network) => {
    const cv = loadOpenCv();
    const weights = randomWeights(network);
    const path = join(newFolder(), 'model.onnx');
    writeFileSync(path, toOnnx(network, weights, {}, { layout: 'nchw' }));
    const [height = 1, width = 1] = network.inputShape;
    const rng = new Rng(2);
    const pixels = Buffer.from(Uint8Array.from({ length: height * width }, () => rng.int(256)));
    const net = cv.readNetFromONNX(path);
    net.setInput(cv.blobFromImage(new cv.Mat(pixels, height, width, cv.CV_8UC1)), 'images');
    const [output] = await net.forwardAsync(['probabilities']);
    const bytes = (output as NonNullable<typeof output>).getData();
    const got = new Float32Array(new Uint8Array(bytes).buffer);
    const exact = new Map([...weights].map(([name, { data }]) => [name, Float64Array.from(data)]));
    const wanted = referenceNetwork(network, exact, Float64Array.from(pixels), 1);
    expect(got).toHaveLength(wanted.length);
    expect(Math.max(...wanted.map((p, i) => Math.abs(p - (got[i] as number))))).toBeLessThan(1e-5);
  });
});

const COUNT = 64;

/** Faces as the network's input: the nearest pixels, / 255. */
async function imagesFor({ inputShape: [h = 1, w = 1, c = 1] }: Network): Promise<Float32Array> {
  const { splits } = await loadDataset(needs.fer2013.skip ? 'synthetic:600' : FER2013);
  return Float32Array.from({ length: COUNT * h * w * c }, (_, i) => {
    const pixel = Math.floor(i / c);
    const [x, y] = [pixel % w, Math.floor(pixel / w) % h];
    const at = Math.floor((y * 48) / h) * 48 + Math.floor((x * 48) / w);
    return (splits.validation.images[Math.floor(pixel / (h * w)) * 48 * 48 + at] as number) / 255;
  });
}

describeGpu('an ONNX file in ONNX Runtime', (gpu) => {
  it.each([
    buildModel('fer-cnn'),
    buildModel('fer-shallow', { activation: 'relu' }),
    everything(-1),
    miniXception(),
  ])('gives the same probabilities on faces: $name', needs.onnxRuntime, async (network) => {
    const ort = createRequire(PEERS)('onnxruntime-node');
    const images = await imagesFor(network);
    const weights = randomWeights(network);
    const learner = new Learner(gpu(), network);
    learner.writeWeights(weights);
    const ours = await learner.predict(images);
    await learner.dispose();
    const session = await ort.InferenceSession.create(toOnnx(network, weights, { classes: 'a' }));
    const { probabilities } = await session.run({
      images: new ort.Tensor('float32', images, [COUNT, ...network.inputShape]),
    });
    expect(probabilities.dims).toEqual([COUNT, ...network.outputShape]);
    const apart = Math.max(...ours.map((p, i) => Math.abs(p - probabilities.data[i])));
    console.log(`${network.name}: ONNX Runtime agrees to ${apart.toExponential(1)} on ${COUNT} faces`);
    expect(apart).toBeLessThan(1e-5);
  });

  it('gives the same probabilities with LBP features', needs.onnxRuntime, async () => {
    const ort = createRequire(PEERS)('onnxruntime-node');
    const network = hybrid();
    const { weights, images, lbp } = hybridInputs(network, 8);
    const learner = new Learner(gpu(), network);
    learner.writeWeights(weights);
    const ours = await learner.predict(Float32Array.from(images.data));
    await learner.dispose();
    const session = await ort.InferenceSession.create(toOnnx(network, weights));
    const tensorOf = ({ dims, data }: typeof lbp) => new ort.Tensor('float32', Float32Array.from(data), dims);
    const { probabilities } = await session.run({ images: tensorOf(images), lbp: tensorOf(lbp) });
    expect(Math.max(...ours.map((p, i) => Math.abs(p - probabilities.data[i])))).toBeLessThan(1e-5);
  });
});
