import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { compareCases, compileCases, planCheck } from '../../src/check/used_kernels.js';
import { Learner } from '../../src/nn/learner.js';
import { buildModel } from '../../src/nn/models.js';
import { resolveConfig } from '../../src/train/config.js';
import { Control } from '../../src/train/control.js';
import { usedBy } from '../../src/train/kernel_check.js';
import { runTraining } from '../../src/train/session.js';
import { describeGpu } from '../helpers/gpu.js';

/** The fault that a shader has, if any. */
interface Fault {
  readonly shader: string;
  readonly from: string;
  readonly to: string;
}
const planted = vi.hoisted(() => ({ fault: undefined as Fault | undefined }));
vi.mock('../../src/gpu/shader.js', async (original) => {
  const real = await original<typeof import('../../src/gpu/shader.js')>();
  const shaderSource = (name: string): string => {
    const text = real.shaderSource(name);
    const { fault } = planted;
    if (fault?.shader !== name) return text;
    if (!text.includes(fault.from)) throw new Error(`${name} has no ${fault.from}`);
    return text.replace(fault.from, fault.to);
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
  planted.fault = undefined;
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
    const seen = Object.keys(right);
    expect(seen).toEqual(expect.arrayContaining(['adam.update {}', 'conv2d=gray']));
    for (const kernel of ['forward', 'block'])
      expect(seen.filter((one) => one.startsWith(`conv2d_gray.${kernel} {"SIZE":`))).toHaveLength(1);
    checked.cases = 0;
    await train();
    expect(checked.cases).toBe(0);
    const path = join(folder, 'fer-tui', name);
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace(/"adam.update {}": "\w+"/, '"adam.update {}": "old"'),
    );
    await train();
    expect(checked.cases).toBe(1);
    checked.cases = 0;
    writeFileSync(path, '{"format":1,"ri'); // damaged: as if there were none
    await train();
    expect(checked.cases).toBeGreaterThan(5);
  });

  it('are those of mixed images too', async () => {
    await train({ mixup: 0.2 });
    const [name = ''] = records();
    const { right } = JSON.parse(readFileSync(join(folder, 'fer-tui', name), 'utf8'));
    const seen = Object.keys(right);
    expect(seen.some((kernel) => kernel.startsWith('mix'))).toBe(true);
    expect(seen.some((kernel) => kernel.startsWith('batch_images.pick'))).toBe(true);
  });

  it('that are wrong keep it from training, with the ways out, and are checked again', async () => {
    planted.fault = { shader: 'conv2d_gray', from: 'r) + shift;', to: 'r) + shift + shift;' };
    for (let time = 0; time < 2; time++) {
      const refused = train();
      await expect(refused).rejects.toMatchObject({ exitCode: 3 });
      await expect(refused).rejects.toThrow(
        /^the kernel conv2d_gray\.\w+ computes wrong numbers on .+ \(.+: the relative error is 0\.\d+, allowed are 0\.0001\); "fer-tui tune" .+ --adapter .+ --no-kernel-check trains all the same$/,
      );
      expect(existsSync(join(folder, `run ${runs}`))).toBe(false);
    }
    const forced = await train({ 'kernel-check': false });
    expect(existsSync(join(forced, 'summary.json'))).toBe(true);
  });

  it('are found wrong where only the constants of the training make them so', async () => {
    const wrong = { shader: 'conv2d_gray', from: 'r) + shift;' };
    planted.fault = { ...wrong, to: 'r) + shift * select(1.0, 2.0, SIZE == 3u);' };
    await train();
    planted.fault = { ...wrong, to: 'r) + shift * select(1.0, 2.0, SIZE == 2u);' };
    await expect(train()).rejects.toThrow(/^the kernel conv2d_gray\./);
  });

  it('are found wrong where a product of theirs is small enough for the naive kernel', async () => {
    planted.fault = { shader: 'matmul', from: 'var sum = 0.0;', to: 'var sum = 0.1;' };
    await expect(train()).rejects.toThrow(/^the kernel matmul\.\w+ computes wrong numbers/);
  });

  it.each([
    'fer-cnn',
    'fer-vgg',
    'fer-shallow',
  ] as const)('of %s are all compared, with the constants that it has', async (name) => {
    const learner = new Learner(get(), buildModel(name));
    const used = await usedBy(learner, { batch: 28, form: {}, halves: false });
    expect(used.variants.size).toBeGreaterThan(20);
    expect(used.products.length).toBeGreaterThan(3);
    checked.cases = 0;
    get().pipelines.clear(); // as on a device that has compiled nothing
    const plan = await planCheck(get(), used);
    expect(get().pipelines.size).toBe(0); // to plan compiles nothing
    expect([...plan.unchecked]).toEqual([]);
    expect(await compareCases(get(), plan)).toBeUndefined();
    expect(checked.cases).toBe(plan.cases.length);
    expect(checked.cases).toBeLessThan(30);
    const more = [...get().pipelines.keys()].filter((variant) => !used.variants.has(variant));
    expect(more.length, more.join(', ')).toBeLessThan(3); // hardly anything is compiled for the check alone
    await learner.dispose();
  });

  it('are compiled beforehand where the driver has none of them, without being run', async () => {
    const learner = new Learner(get(), buildModel('fer-shallow', { filters: [4], dense: [8] }));
    const used = await usedBy(learner, { batch: 7, form: {}, halves: false });
    get().pipelines.clear(); // as on a device that has compiled nothing
    const before = get().pool.stats.liveBytes;
    const submit = vi.spyOn(get().device.queue, 'submit');
    const told: number[] = [];
    checked.cases = 0;
    const plan = await planCheck(get(), used);
    await compileCases(get(), plan, (_, total) => told.push(total));
    expect(checked.cases).toBe(0);
    expect(get().pool.stats.liveBytes).toBe(before);
    expect(told.length).toBeGreaterThan(10);
    expect(new Set(told).size).toBe(1); // all of them at once
    expect(submit).toHaveBeenCalledTimes(told.length); // an empty grid for each
    submit.mockRestore();
    const compiled = new Set(get().pipelines.values());
    const wrong = await compareCases(get(), plan);
    expect([wrong, [...plan.unchecked]]).toEqual([undefined, []]);
    for (const [name, pipeline] of get().pipelines) expect(compiled.has(pipeline), name).toBe(true);
    await learner.dispose();
  });

  it('that store halves are compared as such', async () => {
    const learner = new Learner(get(), buildModel('fer-cnn'), { precision: 'mixed_float16' });
    const used = await usedBy(learner, { batch: 28, form: {}, halves: true });
    const halves = [...used.variants].filter((variant) => variant.includes('"f16"'));
    const plan = await planCheck(get(), used);
    expect(await compareCases(get(), plan)).toBeUndefined();
    const left = halves.filter((variant) => plan.unchecked.has(variant));
    expect(halves.length).toBeGreaterThan(5);
    // There is no case of halves for the kernels of a block with pooling.
    expect(left.filter((variant) => !variant.includes('"SIZE":2'))).toEqual([]);
    await learner.dispose();
  });
});
