import { afterAll, beforeAll, describe } from 'vitest';
import { type Gpu, openGpu } from '../../src/gpu/device.js';
import { NoGpuError } from '../../src/gpu/errors.js';
import { need } from './needs.js';

/** Without a GPU these tests cannot run; where one is required (CI, unless FER_REQUIRE_GPU=0; FER_REQUIRE_GPU=1) that is a failure. */
const required = !['', '0'].includes(process.env['FER_REQUIRE_GPU'] ?? process.env['CI'] ?? '');

const gpuNeeded = await openGpu().then(
  (gpu) => {
    gpu.close();
    return need(true, '');
  },
  (error: unknown) => {
    if (required || !(error instanceof NoGpuError)) throw error;
    return need(false, `no usable GPU: ${error.message.split('\n')[0]} (npx fer-tui doctor)`);
  },
);

/** A `describe` with one device for all its tests; `get()` gives it inside of tests. */
export function describeGpu(name: string, body: (get: () => Gpu) => void): void {
  describe(name, gpuNeeded, () => {
    let gpu: Gpu;
    beforeAll(async () => {
      gpu = await openGpu();
    });
    afterAll(() => gpu.close());
    body(() => gpu);
  });
}
