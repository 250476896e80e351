import { loadDataset } from '../dist/data/load.js';
import { openGpu } from '../dist/gpu/device.js';
import { Dissection } from '../dist/learn/dissection.js';
import { STAGES } from '../dist/learn/report.js';
import { explainWeight } from '../dist/learn/weights.js';

/**
 * A training step taken apart: how long each stage takes, the memory that it holds, and how well the gradient of the weight
 * with the largest gradient of each array agrees with its float64 sum and with central differences.
 *   npm run bench:learn [-- MODEL] [--fresh]
 */
const [model = 'fer-cnn'] = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const fresh = process.argv.includes('--fresh');
const ROUNDS = 5;

const gpu = await openGpu();
const times = new Map(STAGES.map((stage) => [stage, []]));
let bytes = 0;
for (let round = 0; round <= ROUNDS; round++) {
  const dissection = await Dissection.open(gpu, { model, fresh }, loadDataset);
  for (const stage of STAGES) {
    const begin = performance.now();
    await dissection.stage(stage);
    if (round > 0) times.get(stage).push(performance.now() - begin); // the first round warms up
  }
  bytes = gpu.pool.stats.liveBytes;
  await dissection.dispose();
}
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
console.log(`${model}${fresh ? ', initial weights' : ''}, 16 images, ${gpu.info.name}`);
console.log(STAGES.map((stage) => `${stage} ${median(times.get(stage)).toFixed(0)} ms`).join(', '));
console.log(`${(bytes / 2 ** 20).toFixed(0)} MB on the device`);

const dissection = await Dissection.open(gpu, { model, fresh }, loadDataset);
const worst = { sum: 0, layer: 0, smooth: 0, kinked: 0 };
let smooth = 0;
const weights = dissection.source.network.weights.filter(({ trainable }) => trainable);
for (const { name } of weights) {
  const { gradient, difference } = await explainWeight(dissection, name);
  const sum = Math.abs(gradient.kernel - gradient.exact) / Math.abs(gradient.exact);
  const { error, layer, winners } = difference;
  worst.sum = Math.max(worst.sum, sum);
  worst.layer = Math.max(worst.layer, layer.error);
  if (winners === 0) smooth++;
  const kind = winners === 0 ? 'smooth' : 'kinked';
  worst[kind] = Math.max(worst[kind], error);
  console.log(
    `${name.padEnd(32)} gradient ${gradient.kernel.toExponential(4)}, float64 sum ${sum.toExponential(1)}, through the layer ${layer.error.toExponential(1)}, whole network ${error.toExponential(1)} (${winners} winners)`,
  );
}
console.log(
  `worst of ${weights.length} arrays: float64 sum ${worst.sum.toExponential(1)}, through the layer ${worst.layer.toExponential(1)}; whole network ${worst.smooth.toExponential(1)} for the ${smooth} without another winner, ${worst.kinked.toExponential(1)} for the others`,
);
await dissection.dispose();
gpu.close();
