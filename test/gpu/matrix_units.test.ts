import { afterEach, expect, it, vi } from 'vitest';
import { type AdapterInfo, describeAdapter } from '../../src/gpu/adapter.js';
import { autotune, collectTunables } from '../../src/gpu/autotune.js';
import { openGpu } from '../../src/gpu/device.js';
import { HALVES_FAMILY, matmul } from '../../src/gpu/kernels/matmul.js';
import type { Format } from '../../src/gpu/kernels/storage.js';
import { MATRIX_FEATURE, wantsMatrixUnits } from '../../src/gpu/matrix_units.js';
import { Recorder } from '../../src/gpu/recorder.js';
import { type Tunable, tuningOf, withForced } from '../../src/gpu/tuning.js';
import { measuredOn } from '../../src/gpu/tuning_table.js';
import { describeGpu } from '../helpers/gpu.js';

afterEach(() => vi.unstubAllEnvs());

const FEATURES = ['subgroups', 'shader-f16', MATRIX_FEATURE];

/** An adapter that multiplies these matrices: the types of factors and sum, then the extents. */
const multiplying = (...configs: readonly (readonly [string, string, number, number, number])[]) =>
  ({
    ...{ vendor: 'v', architecture: 'a', device: 'd', description: 'a card', isFallbackAdapter: false },
    ...{ subgroupMinSize: 32, subgroupMaxSize: 32 },
    subgroupMatrixConfigs: configs.map(([componentType, resultComponentType, M, N, K]) => {
      return { componentType, resultComponentType, M, N, K };
    }),
  }) as unknown as GPUAdapterInfo;

it('the matrix unit is the largest up to 16 that adds products of halves in float32', () => {
  const card = multiplying(
    ['f16', 'f16', 16, 16, 16],
    ['f16', 'f32', 16, 8, 8],
    ['f16', 'f32', 16, 8, 16],
    ['f16', 'f32', 32, 32, 16],
    ['u8', 'u32', 16, 16, 16],
  );
  const unit = (...features: string[]) => describeAdapter(card, new Set(features)).matrixUnit;
  expect(unit(...FEATURES)).toEqual({ height: 16, width: 8, step: 16 });
  expect(FEATURES.map((left) => unit(...FEATURES.filter((one) => one !== left)))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  const varying = { ...card, subgroupMinSize: 8 };
  expect(describeAdapter(varying, new Set(FEATURES)).matrixUnit).toBeUndefined();
  const halves = multiplying(['f16', 'f16', 16, 16, 16]);
  expect(describeAdapter(halves, new Set(FEATURES)).matrixUnit).toBeUndefined();
});

it('they are asked for by the environment, and choices measured with them are not those without', () => {
  vi.stubEnv('FER_TUI_MATRIX_UNITS', '1');
  expect(wantsMatrixUnits()).toBe(true);
  for (const no of ['0', '']) {
    vi.stubEnv('FER_TUI_MATRIX_UNITS', no);
    expect(wantsMatrixUnits()).toBe(false);
  }
  const card = describeAdapter(multiplying(['f16', 'f32', 8, 8, 8]), new Set(FEATURES));
  expect(measuredOn(card)).toBe('v / a / d / subgroups 32-32, matrix units / a card');
  expect(measuredOn({ ...card, matrixUnit: undefined })).toBe('v / a / d / subgroups 32-32 / a card');
});

/** [batch, m, k, n] of the product below. */
const GEOMETRY = { batch: 2, m: 8, k: 32, n: 12 };

describeGpu('products of halves on an adapter with matrix units', () => {
  /** The adapter of the tests, as if it had matrix units. */
  async function posing(more: Partial<AdapterInfo>) {
    const gpu = await openGpu();
    const matrixUnit = { height: 8, width: 8, step: 8 };
    return Object.assign(gpu, { info: { ...gpu.info, matrixUnit, ...more } });
  }

  /** What a product looks up in the tuning of the device. */
  async function lookedUp(more: Partial<AdapterInfo>, format: Format): Promise<Tunable<string> | undefined> {
    const gpu = await posing(more);
    const rec = new Recorder(gpu);
    const { batch, m, k, n } = GEOMETRY;
    const [a, b] = [gpu.empty([batch, m, k], 'a'), gpu.empty([batch, k, n], 'b')];
    // The way is forced: what comes first there cannot be compiled on the adapter of the tests.
    const tunables = await collectTunables(gpu, () =>
      withForced(gpu, { [HALVES_FAMILY]: 'tiled' }, async () => matmul(rec, a, b, GEOMETRY, { format })),
    );
    rec.abandon();
    gpu.close();
    return [...tunables.values()][0];
  }

  it('try them first on a GPU, last in software, and never for float32', async () => {
    const card = await lookedUp({ software: false, subgroupMin: 32, subgroupMax: 32 }, 'f16');
    expect(card).toMatchObject({ family: HALVES_FAMILY, inputFormat: 'f16', reference: 'tiled' });
    expect(card?.candidates[0]).toBe('units');
    expect(card?.candidates).toContain('tiled');
    expect(card?.candidates).not.toContain('naive');
    expect((await lookedUp({}, 'f16'))?.candidates.at(-1)).toBe('units');
    for (const [more, format] of [
      [{}, 'f32'],
      [{ matrixUnit: undefined }, 'f16'],
    ] as const) {
      const tunable = await lookedUp(more, format);
      expect(tunable?.family).toBe('matmul');
      expect(tunable?.candidates).not.toContain('units');
    }
  });

  it('are tuned with halves, and compared with the reference that their tunable names', async () => {
    const gpu = await openGpu();
    const { batch, m, k, n } = GEOMETRY;
    const words: number[] = [];
    const tunable: Tunable<string> = {
      ...{
        family: HALVES_FAMILY,
        extents: 'a test',
        candidates: ['tiled', 'threads', 'wrong'],
        reference: 'tiled',
      },
      inputs: [
        [batch, m, k],
        [batch, k, n],
      ],
      inputFormat: 'f16',
      trial(rec, way, [a, b]) {
        words.push(a?.size ?? 0, b?.size ?? 0);
        const { forced } = tuningOf(rec.gpu);
        forced.set('matmul', way === 'threads' ? 'threads' : 'tiled');
        const [x, y] = way === 'wrong' ? [b, a] : [a, b];
        const got = matmul(rec, x as never, y as never, GEOMETRY, { format: 'f16', result: 'f32' });
        forced.delete('matmul');
        return [got];
      },
    };
    const results = await autotune(gpu, new Map([['a test', tunable]]), { seconds: 0.01 });
    const result = results.find(({ key }) => key === `${HALVES_FAMILY} a test`);
    expect(new Set(words)).toEqual(new Set([(batch * m * k) / 2, (batch * k * n) / 2]));
    expect(Object.keys(result?.wrong ?? {})).toEqual(['wrong']);
    expect(Object.keys(result?.times ?? {}).sort()).toEqual(['threads', 'tiled']);
    gpu.close();
  });
});
