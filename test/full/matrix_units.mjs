/**
 * Trains a small network in mixed_float16 with and without the adapter's matrix units, as a GPU would, and in float32; prints the
 * losses of each and the kernels of products as JSON. Called with FER_TUI_MATRIX_UNITS=1.
 */
import { openGpu } from '../../dist/gpu/device.js';
import { HALVES_FAMILY } from '../../dist/gpu/kernels/matmul.js';
import { withForced } from '../../dist/gpu/tuning.js';
import { Learner } from '../../dist/nn/learner.js';
import { buildModel } from '../../dist/nn/models.js';

const IMAGES = 12;
const images = Float32Array.from({ length: IMAGES * 48 * 48 }, (_, i) => Math.sin(i * i));
const labels = Uint32Array.from({ length: IMAGES }, (_, i) => i % 7);
const gpu = await openGpu();

/** The losses of twenty steps. */
async function trained(precision = 'mixed_float16') {
  const network = buildModel('fer-cnn', { filters: [8, 16, 32], dense: [16] });
  const learner = new Learner(gpu, network, { seed: 3, precision });
  for (let step = 0; step < 20; step++) await learner.train(images, labels);
  const losses = (await learner.metrics()).map(({ loss }) => loss);
  await learner.dispose();
  return losses;
}

const float32 = await trained('float32');
const without = await withForced(gpu, { [HALVES_FAMILY]: 'tiled' }, trained);
const before = new Set(gpu.pipelines.keys());
const units = await withForced(gpu, { [HALVES_FAMILY]: 'units' }, trained);
const kernels = [...gpu.pipelines.keys()]
  .filter((key) => !before.has(key))
  .map((key) => key.replace(/ .*/, ''));
const unit = gpu.info.matrixUnit ?? null;
process.stdout.write(
  `${JSON.stringify({ unit, float32, without, units, kernels: [...new Set(kernels)].sort() })}\n`,
);
gpu.close();
