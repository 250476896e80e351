import { beforeEach, expect, it, vi } from 'vitest';
import { type BenchOptions, runBench } from '../../src/bench/run.js';
import type { Gpu } from '../../src/gpu/device.js';
import { tuningOf } from '../../src/gpu/tuning.js';

/** What was asked of each part; none measures. */
const asked = vi.hoisted(() => ({ of: {} as Record<string, unknown[]>, closed: 0 }));
const device = vi.hoisted(() => ({
  info: { name: 'a card', subgroupMin: 32, subgroupMax: 32, software: false },
  close: () => asked.closed++,
}));
const part = vi.hoisted(() => (name: string, result: unknown) => async (...args: unknown[]) => {
  asked.of[name] = args;
  return result;
});
vi.mock('../../src/gpu/device.js', () => ({ openGpu: part('gpu', device) }));
vi.mock('../../src/bench/ceiling.js', () => ({ measureCeilings: part('ceilings', 'ceilings') }));
vi.mock('../../src/bench/kernels.js', () => ({ benchKernels: part('kernels', ['a kernel']) }));
vi.mock('../../src/bench/steps.js', () => ({ benchSteps: part('steps', ['a step']) }));
vi.mock('node:child_process', () => ({
  execFile: (
    _: string,
    __: string[],
    { env }: { env: NodeJS.ProcessEnv },
    end: (error: null, stdout: string, stderr: string) => void,
  ) => {
    const seconds = env['MESA_SHADER_CACHE_DIR'] === undefined ? 1 : 9;
    setImmediate(end, null, `Warning\n{"seconds":${seconds},"rssMiB":5}\n`, '');
  },
}));
beforeEach(() => {
  asked.of = {};
  asked.closed = 0;
});

const OPTIONS: BenchOptions = { parts: ['kernels', 'steps'], batch: 12, seconds: 2, quick: false };

it('measures all parts, the steps five times as long, and a first step with an empty cache and a filled one', async () => {
  const told: string[] = [];
  const result = await runBench({
    ...OPTIONS,
    ...{ filter: 'conv', adapter: 'nvidia', force: { matmul: 'naive' }, log: (text) => told.push(text) },
  });
  expect(result).toMatchObject({
    ...{ adapter: 'a card', ceilings: 'ceilings', kernels: ['a kernel'], steps: ['a step'] },
    start: { cold: { seconds: 9 }, warm: { seconds: 1 } },
  });
  expect(asked.of['gpu']).toEqual([{ profile: true, adapter: 'nvidia' }]);
  expect(asked.of['ceilings']).toEqual([device, { seconds: 2 }]);
  expect(asked.of['kernels']).toEqual([
    device,
    'ceilings',
    { batch: 12, filter: 'conv', seconds: 2, log: expect.any(Function) },
  ]);
  expect(asked.of['steps']).toEqual([
    device,
    {
      ...{ models: ['fer-cnn', 'fer-vgg', 'fer-shallow'], batches: [12] },
      ...{ precisions: ['float32', 'mixed_float16'], inference: [1, 28, 256] },
      ...{ seconds: 10, log: expect.any(Function) },
    },
  ]);
  expect([...tuningOf(device as unknown as Gpu).forced]).toEqual([['matmul', 'naive']]);
  expect(told).toEqual(['ceilings', 'first step of a fresh process']);
  expect(asked.closed).toBe(1);
});

it('is quick with one network, one precision and short measurements; leaves out what is not asked for', async () => {
  const result = await runBench({ ...OPTIONS, quick: true });
  expect(asked.of['ceilings']?.[1]).toEqual({ seconds: 0.2 });
  expect(asked.of['kernels']?.[2]).toEqual({ batch: 12, filter: undefined, seconds: 0.2 });
  expect(asked.of['steps']?.[1]).toEqual({
    ...{ models: ['fer-cnn'], batches: [12], precisions: ['float32'], inference: [1, 28], seconds: 1 },
  });
  expect(Object.keys(result)).toContain('start');
  asked.of = {};
  expect(await runBench({ ...OPTIONS, parts: ['kernels'] })).not.toHaveProperty('steps');
  expect(asked.of['steps']).toBeUndefined();
  expect(await runBench({ ...OPTIONS, parts: ['steps'] })).not.toHaveProperty('kernels');
  expect(asked.closed).toBe(3);
});
