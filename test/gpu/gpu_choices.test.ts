import { expect, it } from 'vitest';
import { gridsOf, occupancyOf } from '../../src/bench/occupancy.js';
import { type AdapterInfo, describeAdapter } from '../../src/gpu/adapter.js';
import { openGpu } from '../../src/gpu/device.js';
import { Learner } from '../../src/nn/learner.js';
import { buildModel } from '../../src/nn/models.js';
import { relativeError } from '../../src/reference/arrays.js';
import { describeGpu } from '../helpers/gpu.js';

const about = (more: object): GPUAdapterInfo =>
  ({
    ...{ vendor: 'v', architecture: 'a', device: 'd', description: 'a card', isFallbackAdapter: false },
    ...{ subgroupMinSize: 8, subgroupMaxSize: 32, ...more },
  }) as GPUAdapterInfo;

it('an adapter runs on the CPU where Dawn calls it a fallback, or its name says so', () => {
  const software = (more: object) => describeAdapter(about(more), new Set()).software;
  expect(software({})).toBe(false);
  expect(software({ isFallbackAdapter: true })).toBe(true);
  expect(software({ description: 'llvmpipe (LLVM 15)' })).toBe(true);
});

it('an adapter has subgroups of the sizes that it tells, where it has the feature', () => {
  expect(describeAdapter(about({}), new Set(['subgroups']))).toMatchObject({
    subgroupMin: 8,
    subgroupMax: 32,
  });
  expect(describeAdapter(about({}), new Set())).toMatchObject({ subgroupMin: 0, subgroupMax: 0 });
});

/** The adapter of the tests, with what it says replaced: it then takes the kernels that a GPU takes. */
async function posing(more: Partial<AdapterInfo>) {
  const gpu = await openGpu();
  return Object.assign(gpu, { info: { ...gpu.info, name: 'a card', ...more } });
}

/** Subgroups of 32 lanes, of sizes that vary, and none. */
const CARDS = [
  [32, 32],
  [8, 32],
  [0, 0],
] as const;

describeGpu('the kernels that a GPU takes', (own) => {
  const images = Float32Array.from({ length: 7 * 48 * 48 }, (_, i) => Math.sin(i * i));
  const labels = Uint32Array.from({ length: 7 }, (_, i) => i);

  it('occupy it: few dispatches of a training step have one workgroup', async () => {
    for (const [subgroupMin, subgroupMax] of CARDS) {
      const gpu = await posing({ software: false, subgroupMin, subgroupMax });
      const learner = new Learner(gpu, buildModel('fer-cnn'));
      const grids = gridsOf(await learner.commands(28));
      const { dispatches, single, serial } = occupancyOf(grids);
      expect(dispatches).toBeLessThanOrEqual(61);
      expect(single).toBeLessThanOrEqual(3);
      expect(serial).toBeLessThan(6000);
      expect(grids.filter(({ kernel }) => /subgroup|lanes/.test(kernel))).toEqual([]);
      await learner.dispose();
      gpu.close();
    }
  });

  it('train like those of the processor', async () => {
    const probabilitiesOf = async (gpu: ReturnType<typeof own>): Promise<Float32Array> => {
      const learner = new Learner(gpu, buildModel('fer-cnn', { filters: [8, 16], dense: [16] }), { seed: 3 });
      for (let step = 0; step < 3; step++) await learner.train(images, labels);
      const probabilities = await learner.predict(images);
      await learner.dispose();
      return probabilities;
    };
    const gpu = await posing({ software: false, subgroupMin: 32, subgroupMax: 32 });
    expect(relativeError(await probabilitiesOf(gpu), await probabilitiesOf(own()))).toBeLessThan(1e-3);
    gpu.close();
  });
});
