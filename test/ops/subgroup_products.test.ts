import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { lanesOf } from '../../src/gpu/adapter.js';
import type { Gpu } from '../../src/gpu/device.js';
import { describeGpu } from '../helpers/gpu.js';

const SCRIPT = fileURLToPath(new URL('subgroup_products.mjs', import.meta.url));

it('subgroups have lanes where all have equally many, from 4 to 64', () => {
  const lanes = (subgroupMin: number, subgroupMax = subgroupMin) =>
    lanesOf({ info: { subgroupMin, subgroupMax } } as Gpu);
  expect([4, 8, 16, 32, 64].map((size) => lanes(size))).toEqual([4, 8, 16, 32, 64]);
  expect([lanes(0), lanes(1), lanes(128), lanes(8, 32)]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

describeGpu('a product across a subgroup', (gpu) => {
  it.for([4, 16])('is right with %i lanes', (lanes, { skip }) => {
    if (!/llvmpipe/.test(gpu().info.name)) skip('only software Vulkan has vectors of a chosen width');
    const env = { ...process.env, LP_NATIVE_VECTOR_WIDTH: String(32 * lanes) };
    const printed = execFileSync(process.execPath, [SCRIPT], {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const result = JSON.parse(printed) as { lanes: number };
    if (result.lanes !== lanes) skip(`the processor has no vectors of ${32 * lanes} bits`);
    const entries = ['product', 'product_transposed', 'transposed_product'];
    expect(result).toEqual({ lanes, wrong: [], ran: entries.map((e) => `matmul_subgroup.${e} ${lanes}`) });
  });
});
