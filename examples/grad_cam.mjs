/** Grad-CAM (Selvaraju et al. 2017), where a network looked: `npm run build`, then `node examples/grad_cam.mjs`. */
import assert from 'node:assert/strict';
import * as fer from 'fer-tui';

const { splits, classes } = await fer.loadDataset('synthetic:700');
const preprocess = fer.fitPreprocess('mean', splits.train);
const source = new fer.BatchSource(splits.train, { batchSize: 28, preprocess, shuffle: true, seed: 1 });
const layers = [
  ...[fer.Conv2D({ filters: 8, strides: 2 }), fer.ELU(), fer.BatchNormalization({ momentum: 0.9 })],
  ...[fer.MaxPooling2D(), fer.Conv2D({ filters: 16 }), fer.ELU()],
  ...[fer.Flatten(), fer.Dense({ units: classes.length }), fer.Softmax()],
];
const gpu = await fer.openGpu();
const learner = new fer.Learner(gpu, new fer.Sequential('small', [48, 48, 1], layers), { seed: 1 });
learner.learningRate = 2e-3;
for (let step = 0; step < 250; step++) {
  const { images, labels } = source.batch(Math.floor(step / 25), step % 25);
  await learner.train(images, labels);
}

const face = new fer.BatchSource(splits.validation, { batchSize: 1, preprocess }).batch(0, 6);
const probe = await learner.probe({ batch: 1, of: 'dense' });
probe.forward(face.images);
const p = await probe.probabilities();
const best = p.indexOf(Math.max(...p));
probe.backward(Float32Array.from(p, (_, k) => Number(k === best))); // the gradient of this class's logit
const { shape, data: maps } = await probe.output('elu_1'); // [1, H, W, C]
const { data: gradients } = await probe.gradient('elu_1');
const [, h = 0, w = 0, c = 0] = shape;
// The weight of a map is its mean gradient; the weighted sum of the maps shows where the class was seen.
const weights = new Float64Array(c);
gradients.forEach((g, i) => {
  weights[i % c] += g / (h * w);
});
const at = (y, x) => weights.reduce((sum, weight, k) => sum + weight * maps[(y * w + x) * c + k], 0);
const cam = Array.from({ length: h }, (_, y) => Array.from({ length: w }, (_, x) => Math.max(0, at(y, x))));

console.log(`${classes[best]}: ${(100 * p[best]).toFixed(0)} %, and it is ${classes[face.labels[0]]}`);
const tone = (v) => ' .:-=+*#%@'[Math.floor((9.99 * v) / Math.max(...cam.flat()))].repeat(2);
for (const row of cam) console.log(row.map(tone).join(''));
// Only a dense layer follows, so the gradient at each place is its weight for this class.
const kernel = (await learner.readWeights()).get('dense/kernel').data;
for (const [i, g] of gradients.entries()) assert.equal(g, kernel[i * classes.length + best]);
gpu.close();
