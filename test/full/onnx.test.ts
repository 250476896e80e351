import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { affineOf, applyPreprocess, PREPROCESS } from '../../src/data/preprocess.js';
import { toOnnx } from '../../src/formats/onnx.js';
import { buildModel } from '../../src/nn/models.js';
import { Rng } from '../../src/util/random.js';
import { runPython } from '../helpers/keras.js';
import { newFolder } from '../helpers/keras_files.js';
import { all, needs, ONNX_PYTHON } from '../helpers/needs.js';
import { everything, miniXception, randomWeights } from '../helpers/networks.js';
import { fittedPreprocess } from '../helpers/preprocesses.js';
import { referenceNetwork } from '../helpers/reference_network.js';

const COUNT = 2;

it(
  "files that are written pass onnx's checker and compute the same in ONNX Runtime",
  all(needs.full, needs.onnx),
  () => {
    const networks = [
      buildModel('fer-cnn', { filters: [8, 8], dense: [16] }),
      buildModel('fer-shallow', { inputShape: [20, 24, 3] }),
      everything(-1),
      miniXception([24, 20, 1], [4, 6]),
    ];
    const cases = networks.flatMap((network) => PREPROCESS.map((name) => ({ network, name })));
    const folder = newFolder();
    const rng = new Rng(1);
    const runs = cases.flatMap(({ network, name }, i) => {
      const { inputShape } = network;
      const [h = 1, w = 1, c = 1] = inputShape;
      const preprocess = fittedPreprocess(name, h * w);
      const pixels = Uint8Array.from({ length: COUNT * h * w * c }, () => rng.int(256));
      const images = new Float32Array(pixels.length);
      applyPreprocess(preprocess, pixels, images, [h, w, c]);
      const weights = randomWeights(network);
      const exact = new Map([...weights].map(([own, { data }]) => [own, Float64Array.from(data)]));
      const wanted = referenceNetwork(network, exact, Float64Array.from(images), COUNT);
      const steps = affineOf(preprocess, h * w);
      return [undefined, steps].map((inside, j) => {
        const file = join(folder, `${i}-${j}.onnx`);
        writeFileSync(file, toOnnx(network, weights, { classes: 'a,b' }, { pixels: inside }));
        const values = Array.from(inside === undefined ? images : pixels);
        const type = inside === undefined ? 'float32' : 'uint8';
        return { file, dims: [COUNT, ...inputShape], type, values, wanted };
      });
    });
    const answers = runPython<number[][]>(ONNX_PYTHON, 'onnx_run.py', { runs });
    for (const [i, { wanted, file }] of runs.entries()) {
      const apart = Math.max(...wanted.map((p, k) => Math.abs(p - (answers[i]?.[k] ?? Number.NaN))));
      expect(apart, file).toBeLessThan(1e-5);
    }
  },
);
