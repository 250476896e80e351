import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { casesOf } from '../../src/check/used_kernels.js';
import type { Gpu } from '../../src/gpu/device.js';
import { resolveConfig } from '../../src/train/config.js';
import { Control } from '../../src/train/control.js';
import { runTraining } from '../../src/train/session.js';
import { describeGpu } from '../helpers/gpu.js';

/** The fault that a shader has, if any: it adds the bias twice. */
const planted = vi.hoisted(() => ({ fault: false }));
vi.mock('../../src/gpu/shader.js', async (original) => {
  const real = await original<typeof import('../../src/gpu/shader.js')>();
  const shaderSource = (name: string): string => {
    const text = real.shaderSource(name);
    return planted.fault && name === 'conv2d_gray'
      ? text.replace('r) + shift;', 'r) + shift + shift;')
      : text;
  };
  return { ...real, shaderSource };
});
const checked = vi.hoisted(() => ({ cases: 0 }));
vi.mock('../../src/check/kernel_checks.js', async (original) => {
  const real = await original<typeof import('../../src/check/kernel_checks.js')>();
  const checkKernel: typeof real.checkKernel = (gpu, testCase) => {
    checked.cases++;
    return real.checkKernel(gpu, testCase);
  };
  return { ...real, checkKernel };
});

const cache = process.env['XDG_CACHE_HOME'];
const folder = mkdtempSync(join(tmpdir(), 'fer-tui-kernel-check-'));
beforeAll(() => {
  process.env['MESA_SHADER_CACHE_DIR'] ??= cache ?? join(homedir(), '.cache'); // what is compiled already
  process.env['XDG_CACHE_HOME'] = folder;
});
beforeEach(() => {
  planted.fault = false;
  checked.cases = 0;
  rmSync(join(folder, 'fer-tui'), { recursive: true, force: true });
});
afterAll(() => {
  if (cache === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = cache;
});

let runs = 0;
/** One step of training; the path of its run. */
async function train(more: object = {}): Promise<string> {
  const out = join(folder, `run ${++runs}`);
  const settings = { data: 'synthetic:14', model: 'fer-shallow', filters: '4', dense: '8', batch: 7 };
  const config = resolveConfig({ ...settings, 'max-steps': 1, out, ...more });
  await runTraining(config, { emit: () => undefined, control: new Control() });
  return out;
}
const records = (): string[] =>
  readdirSync(join(folder, 'fer-tui')).filter((name) => name.startsWith('kernels-'));

describeGpu('the kernels of a training', (get) => {
  it('are compared with float64 before the first one, and not again until a shader changes', async () => {
    await train();
    expect(checked.cases).toBeGreaterThan(5);
    const [name = ''] = records();
    const { right } = JSON.parse(readFileSync(join(folder, 'fer-tui', name), 'utf8'));
    expect(Object.keys(right)).toEqual(
      expect.arrayContaining(['conv2d_gray.forward', 'conv2d_gray.block', 'adam.update', 'conv2d=gray']),
    );
    checked.cases = 0;
    await train();
    expect(checked.cases).toBe(0);
    const path = join(folder, 'fer-tui', name);
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"adam.update": "\w+"/, '"adam.update": "old"'));
    await train();
    expect(checked.cases).toBe(1);
    checked.cases = 0;
    writeFileSync(path, '{"format":1,"ri'); // damaged: as if there were none
    await train();
    expect(checked.cases).toBeGreaterThan(5);
  }, 60_000);

  it('are those of mixed images too', async () => {
    await train({ mixup: 0.2 });
    const [name = ''] = records();
    const { right } = JSON.parse(readFileSync(join(folder, 'fer-tui', name), 'utf8'));
    const seen = Object.keys(right);
    expect(seen.some((kernel) => kernel.startsWith('mix'))).toBe(true);
    expect(seen).toContain('batch_images.pick');
  }, 60_000);

  it('that are wrong keep it from training, with the ways out, and are checked again', async () => {
    planted.fault = true;
    for (let time = 0; time < 2; time++) {
      const refused = train();
      await expect(refused).rejects.toMatchObject({ exitCode: 3 });
      await expect(refused).rejects.toThrow(
        /^the kernel conv2d_gray\.forward computes wrong numbers on .+ \(.+: the relative error is 0\.\d+, allowed are 0\.0001\); "fer-tui tune" .+ --adapter .+ --no-kernel-check trains all the same$/,
      );
      expect(existsSync(join(folder, `run ${runs}`))).toBe(false);
    }
    const forced = await train({ 'kernel-check': false });
    expect(existsSync(join(forced, 'summary.json'))).toBe(true);
  }, 60_000);

  it('are covered by few cases, those of the ways that are used among them', () => {
    const names = ['conv2d_winograd.input_transform', 'matmul.product', 'matmul.transposed_product'];
    const titles = (ways: string[], halves = false) =>
      casesOf(get() as Gpu, { names: new Set(names), ways: new Set(ways), halves }).map(({ title }) => title);
    expect(titles(['conv2d=winograd6']).some((title) => title.startsWith('winograd6: '))).toBe(true);
    expect(titles(['conv2d=winograd4']).some((title) => title.startsWith('winograd6'))).toBe(false);
    expect(titles([]).length).toBeLessThanOrEqual(3);
    expect(titles([]).some((title) => title.includes('halves'))).toBe(false);
    expect(titles([], true).some((title) => title.includes('halves'))).toBe(true);
  });
});
