import { expect, it } from 'vitest';
import { affineOf, applyPreprocess, PREPROCESS, type Preprocess } from '../../src/data/preprocess.js';
import { toOnnx } from '../../src/formats/onnx.js';
import { Dense, Flatten, LocalBinaryPatterns, Softmax } from '../../src/nn/layers.js';
import { buildModel } from '../../src/nn/models.js';
import { Sequential } from '../../src/nn/network.js';
import { Rng } from '../../src/util/random.js';
import { randomWeights } from '../helpers/networks.js';
import { readOnnx, runOnnx } from '../helpers/onnx.js';
import { fittedPreprocess } from '../helpers/preprocesses.js';
import { referenceNetwork } from '../helpers/reference_network.js';

const COUNT = 2;

it.each(
  PREPROCESS.flatMap((name) => [1, 3].map((channels) => ({ name, channels }))),
)('an ONNX file that takes pixels preprocesses them itself: $name, $channels channels', ({
  name,
  channels,
}) => {
  const shape = [12, 10, channels] as const;
  const network = buildModel('fer-shallow', { filters: [4], inputShape: [...shape] });
  const weights = randomWeights(network);
  const preprocess: Preprocess = fittedPreprocess(name, 120);
  const rng = new Rng(3);
  const pixels = Uint8Array.from({ length: COUNT * 120 * channels }, () => rng.int(256));
  const images = new Float32Array(pixels.length);
  applyPreprocess(preprocess, pixels, images, shape);
  const exact = new Map([...weights].map(([own, { data }]) => [own, Float64Array.from(data)]));
  const wanted = referenceNetwork(network, exact, Float64Array.from(images), COUNT);
  const steps = affineOf(preprocess, 120);
  for (const layout of ['nhwc', 'nchw'] as const) {
    const notes = { preprocess: 'none', preprocess_within: name };
    const model = readOnnx(toOnnx(network, weights, notes, { layout, pixels: steps }));
    const dims = layout === 'nhwc' ? [12, 10, channels] : [channels, 12, 10];
    expect(model.input).toEqual({ name: 'images', type: 2, dims: ['batch', ...dims] });
    expect(model.about).toContain(`uint8 [batch, ${layout === 'nhwc' ? 'H, W, C' : 'C, H, W'}]`);
    expect(model.about).toContain(`preprocessed by the model itself: ${name}.`);
    const planes = Array.from(pixels, (_, i) => {
      const [image, within] = [Math.floor(i / (120 * channels)), i % (120 * channels)];
      const [channel, place] = [Math.floor(within / 120), within % 120];
      return pixels[(image * 120 + place) * channels + channel] as number;
    });
    const data = layout === 'nhwc' ? Array.from(pixels) : planes;
    const got = runOnnx(model, { dims: [COUNT, ...dims], data });
    expect(Math.max(...wanted.map((p, i) => Math.abs(p - (got.data[i] as number))))).toBeLessThan(1e-6);
  }
});

it('an image of one value all over is standardized by the least deviation, not by 0', () => {
  const network = new Sequential('flat', [4, 4, 1], [Flatten(), Dense({ units: 3 }), Softmax()]);
  const steps = affineOf({ name: 'standardize-image' }, 16);
  const model = readOnnx(toOnnx(network, randomWeights(network), {}, { pixels: steps }));
  const { data } = runOnnx(model, { dims: [1, 4, 4, 1], data: new Array<number>(16).fill(77) });
  expect(Array.from(data).every(Number.isFinite)).toBe(true);
});

it('the least deviation is that of all values of an image, in all its channels', () => {
  const network = new Sequential('spot', [4, 4, 3], [Flatten(), Dense({ units: 3 }), Softmax()]);
  const weights = randomWeights(network);
  const pixels = new Uint8Array(48).fill(77);
  pixels[20] = 78; // deviates by less than 1 / sqrt(48), and by far less than 1 / sqrt(16)
  const preprocess = { name: 'standardize-image' } as const;
  const images = new Float32Array(48);
  applyPreprocess(preprocess, pixels, images, [4, 4, 3]);
  const exact = new Map([...weights].map(([own, { data }]) => [own, Float64Array.from(data)]));
  const wanted = referenceNetwork(network, exact, Float64Array.from(images), 1);
  const model = readOnnx(toOnnx(network, weights, {}, { pixels: affineOf(preprocess, 16) }));
  const { data } = runOnnx(model, { dims: [1, 4, 4, 3], data: Array.from(pixels) });
  expect(Math.max(...wanted.map((p, i) => Math.abs(p - (data[i] as number))))).toBeLessThan(1e-5);
});

it('a network that takes features alone cannot take pixels', () => {
  const patterns = LocalBinaryPatterns({ radius: 1, cells: 1, bins: [0, 1, 2] });
  const network = new Sequential('lbp', [9, 9, 1], [patterns, Dense({ units: 3 }), Softmax()]);
  const steps = affineOf({ name: 'scale255' }, 81);
  expect(() => toOnnx(network, randomWeights(network), {}, { pixels: steps })).toThrow(
    'lbp takes no images, but features of them; leave out --pixels',
  );
});
