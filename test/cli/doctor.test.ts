import { expect, it, vi } from 'vitest';
import { checkKernels } from '../../src/check/kernel_checks.js';
import { doctor } from '../../src/cli/commands/doctor.js';
import { cacheCheck } from '../../src/cli/doctor_system.js';
import { openGpu } from '../../src/gpu/device.js';
import { describeGpu } from '../helpers/gpu.js';
import { written } from '../helpers/printed.js';

vi.mock('../../src/gpu/device.js', async (original) => {
  const real = await original<typeof import('../../src/gpu/device.js')>();
  return { ...real, openGpu: vi.fn(real.openGpu) };
});

vi.mock('../../src/check/kernel_checks.js', async (original) => {
  const real = await original<typeof import('../../src/check/kernel_checks.js')>();
  return { ...real, checkKernels: vi.fn(real.checkKernels) };
});

it('a cache that cannot be written in is told, with what that costs', () => {
  expect(cacheCheck('/dev/null/fer-tui')).toEqual({
    ...{ name: 'cache', ok: false, optional: true, fix: 'name another folder in XDG_CACHE_HOME' },
    detail: expect.stringContaining(
      '/dev/null/fer-tui cannot be written in: kernels are checked and compiled',
    ),
  });
});

/** What it prints as JSON, and its exit code. */
async function ran(more: object) {
  const args = { kernels: false, json: true, quiet: false, ...more } as Parameters<typeof doctor>[0];
  const { out, code } = await written(() => doctor(args));
  const printed = JSON.parse(out) as { ok: boolean; checks: { name: string; detail: string }[] };
  return { ...printed, code };
}

describeGpu('the doctor', (get) => {
  it.each([
    [true, 0],
    [false, 1],
  ])('ends with a failed check where a kernel is wrong: right %s, exit code %i', async (ok, code) => {
    const gpu = get();
    vi.spyOn(gpu, 'close').mockReturnValue();
    vi.mocked(openGpu).mockResolvedValueOnce(gpu);
    const check = { kernel: 'elu.forward', title: 'elu', error: 1, tolerance: 1e-4, ok };
    vi.mocked(checkKernels).mockResolvedValueOnce([check] as never);
    const result = await ran({ kernels: true });
    vi.restoreAllMocks();
    expect([result.code, result.ok]).toEqual([code, ok]);
  });

  it('advises to name another adapter where the one that was named is not there', async () => {
    const { code, checks } = await ran({ adapter: 'no such card' });
    expect(code).toBe(3);
    expect(checks[0]).toMatchObject({
      ...{ name: 'GPU adapter', ok: false, fix: 'give part of a name that there is as --adapter' },
      detail: expect.stringContaining(`expected part of: ${get().info.name.slice(0, 4)}`),
    });
  });

  /** What it says of a device with these properties. */
  async function said(info: object): Promise<Record<string, string>> {
    const gpu = await get().openTwin(); // that no tuning table was chosen for yet
    Object.assign(gpu, { info: { ...gpu.info, ...info } });
    vi.mocked(openGpu).mockResolvedValueOnce(gpu);
    const { checks } = await ran({});
    return Object.fromEntries(checks.map(({ name, detail }) => [name, detail]));
  }

  it('says what the kernels use of the adapter, and which they are', async () => {
    const subgroups = { features: ['subgroups', 'shader-f16'], subgroupMin: 4, subgroupMax: 4 };
    const four = await said(subgroups);
    expect(four['feature subgroups']).toContain(
      'there, and used only for products, where "fer-tui tune" finds that faster: subgroups of 4;',
    );
    expect(four['feature shader-f16']).toContain('there, and used for matrix units alone');
    expect(four['matrix units']).toContain('not asked for: with FER_TUI_MATRIX_UNITS=1');
    expect(four['feature timestamp-query']).toContain('not available: bench and tune time by the clock');
    expect(four['kernels in use']).toMatch(/conv2d_gray, conv2d_winograd, .*matmul_threads/);
    expect(four['kernels in use']).not.toContain('subgroup');
    const varying = await said({ ...subgroups, subgroupMax: 32 });
    expect(varying['feature subgroups']).toContain('not used: subgroups of 4 to 32;');
    expect((await said({ features: [] }))['feature subgroups']).toMatch(/^not available: products keep/);
  });

  it('says how matrix units are used, and where there are none', async () => {
    const matrixUnit = { height: 16, width: 8, step: 16 };
    const used = async (info: object) => (await said(info))['matrix units'];
    const what = 'products of 16 x 16 by 16 x 8 halves in one instruction';
    expect(await used({ matrixUnit, software: false })).toBe(`used in mixed_float16: ${what}`);
    expect(await used({ matrixUnit, software: true })).toBe(
      `used where "fer-tui tune" finds that faster: ${what}`,
    );
    vi.stubEnv('FER_TUI_MATRIX_UNITS', '1');
    expect(await used({})).toMatch(/^not available: the adapter or its driver has none/);
    vi.unstubAllEnvs();
  });

  it('says that subgroups of 8 hold tiles', async ({ skip }) => {
    const { info } = get();
    if (info.subgroupMin !== 8 || info.subgroupMax !== 8)
      return skip('the adapter has no subgroups of 8 lanes');
    const eight = await said({});
    expect(eight['feature subgroups']).toMatch(/^used: subgroups of 8 hold the tiles/);
    expect(eight['kernels in use']).toMatch(/conv2d_winograd_lanes, .*matmul_subgroup/);
  });
});
