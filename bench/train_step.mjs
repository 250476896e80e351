/**
 * Times whole training steps: node bench/train_step.mjs [model] [batch]   (after `npm run build`)
 *
 * Prints the time from process start to the end of the first step (which compiles every kernel; set
 * MESA_SHADER_CACHE_DISABLE=1 for a cold start) and the median step of 30, after 5 to warm up.
 */
import * as fer from 'fer-tui';

const [name = 'fer-cnn', size = '28'] = process.argv.slice(2);
const batch = Number(size);
const rng = new fer.Rng(1);
const gpu = await fer.openGpu();
const learner = new fer.Learner(gpu, fer.buildModel(name));
const images = Float32Array.from({ length: batch * fer.FACE_SIZE ** 2 }, () => rng.normal());
const labels = Uint32Array.from({ length: batch }, () => rng.int(7));

await learner.train(images, labels);
await gpu.sync();
const first = process.uptime();
const times = [];
for (let i = 0; i < 35; i++) {
  const begin = performance.now();
  await learner.train(images, labels);
  await gpu.sync();
  if (i >= 5) times.push(performance.now() - begin);
}
times.sort((a, b) => a - b);
const at = (share) => times[Math.floor(share * (times.length - 1))] ?? Number.NaN;
const result = {
  model: name,
  batch,
  adapter: gpu.info.name,
  firstStepSeconds: Number(first.toFixed(2)),
  stepMs: { median: Number(at(0.5).toFixed(1)), p95: Number(at(0.95).toFixed(1)) },
  imgPerS: Number(((1000 * batch) / at(0.5)).toFixed(1)),
  bufferMiB: Number((gpu.pool.stats.liveBytes / 2 ** 20).toFixed(1)),
};
console.log(JSON.stringify(result, null, 2));
gpu.close();
