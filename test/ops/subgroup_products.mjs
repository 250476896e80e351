/**
 * Compares the products across a subgroup with float64, two shapes of each way and entry point; prints the lanes of the adapter
 * and what is wrong, as JSON. Called with the width of software Vulkan's vectors in LP_NATIVE_VECTOR_WIDTH.
 */
import { checkKernel } from '../../dist/check/kernel_checks.js';
import { halvesCase, matmulCase } from '../../dist/check/product_cases.js';
import { lanesOf } from '../../dist/gpu/adapter.js';
import { openGpu } from '../../dist/gpu/device.js';

const SHAPES = [
  [2, 28, 6, 40],
  [1, 64, 34, 300],
];
const gpu = await openGpu();
const wrong = [];
const ran = new Set();
for (const way of ['subgroup32', 'subgroup64'])
  for (const transposed of [undefined, 'a', 'b']) {
    const cases = [
      ...SHAPES.map((shape, i) => matmulCase(shape, transposed, way, i)),
      halvesCase([3, 64, 36, 132], transposed, way, 3),
    ];
    for (const one of cases) {
      const { ok, title, error } = await checkKernel(gpu, one);
      if (!ok) wrong.push(`${title}: ${error}`);
    }
  }
for (const key of gpu.pipelines.keys()) ran.add(key.replace(/ .*"LANES":(\d+).*/, ' $1'));
process.stdout.write(`${JSON.stringify({ lanes: lanesOf(gpu), wrong, ran: [...ran].sort() })}\n`);
gpu.close();
