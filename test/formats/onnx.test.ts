import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { loadDataset } from '../../src/data/load.js';
import { toOnnx } from '../../src/formats/onnx.js';
import { BatchNormalization, Dense, Flatten, Softmax } from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import { buildModel } from '../../src/nn/models.js';
import { type Network, Sequential } from '../../src/nn/network.js';
import { describeGpu } from '../helpers/gpu.js';
import { everything, miniXception, randomWeights } from '../helpers/networks.js';

/** ONNX Runtime is no dependency; `npm run bench:peers` fetches it. The full tests require it. */
const PEERS = new URL('../../bench/.peers/', import.meta.url);
const present = existsSync(fileURLToPath(new URL('node_modules/onnxruntime-node', PEERS)));
if (!present) console.warn('SKIPPED without ONNX Runtime (npm run bench:peers fetches it): ONNX files');

const COUNT = 64;
let faces: Uint8Array;

beforeAll(async () => {
  const real = fileURLToPath(new URL('../../../shared/fer2013/fer2013.csv.gz', import.meta.url));
  if (!existsSync(real)) console.warn('no FER-2013 beside the repository: drawn faces instead of real ones');
  faces = (await loadDataset(existsSync(real) ? real : 'synthetic:600')).splits.validation.images;
});

/** Faces as the network's input: the nearest pixels, / 255. */
function imagesFor({ inputShape: [h = 1, w = 1, c = 1] }: Network): Float32Array {
  return Float32Array.from({ length: COUNT * h * w * c }, (_, i) => {
    const pixel = Math.floor(i / c);
    const [x, y] = [pixel % w, Math.floor(pixel / w) % h];
    const at = Math.floor((y * 48) / h) * 48 + Math.floor((x * 48) / w);
    return (faces[Math.floor(pixel / (h * w)) * 48 * 48 + at] as number) / 255;
  });
}

describeGpu('an ONNX file', (gpu) => {
  const networks = [
    buildModel('fer-cnn'),
    buildModel('fer-shallow', { activation: 'relu' }),
    everything(-1),
    miniXception(),
  ];
  it.skipIf(!present && !process.env['FER_TEST_FULL']).each(networks)(
    'of $name gives the same probabilities in ONNX Runtime',
    async (network) => {
      const ort = createRequire(PEERS)('onnxruntime-node');
      const images = imagesFor(network);
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
      const distance = Math.max(...ours.map((p, i) => Math.abs(p - probabilities.data[i])));
      console.log(`${network.name}: ONNX Runtime agrees to ${distance.toExponential(1)} on ${COUNT} faces`);
      expect(distance).toBeLessThan(1e-5);
    },
  );

  it('of a layer that ONNX would compute otherwise is refused', () => {
    const network = new Sequential(
      'x',
      [8, 8, 1],
      [BatchNormalization({ axis: 1 }), Flatten(), Dense({ units: 7 }), Softmax()],
    );
    expect(() => toOnnx(network, randomWeights(network))).toThrow('batch norm of the last axis only');
  });
});
