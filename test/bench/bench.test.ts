import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { BenchCase, CheckedTrial } from '../../src/bench/bench_case.js';
import { kernelCases } from '../../src/bench/kernel_cases.js';
import { checkVariant, kernelsOf, kernelTable, timeVariant } from '../../src/bench/kernels.js';
import { limitOf } from '../../src/bench/limit.js';
import { type BenchResult, compareBench } from '../../src/bench/run.js';
import { sample, scaled, summarize, verdict } from '../../src/bench/statistics.js';
import { benchSteps } from '../../src/bench/steps.js';
import { benchText, comparisonText, readResult } from '../../src/cli/commands/bench.js';
import type { Gpu } from '../../src/gpu/device.js';
import { shaderSource } from '../../src/gpu/shader.js';
import { describeGpu } from '../helpers/gpu.js';

describe('statistics', () => {
  it('summarises samples in any order', () => {
    const samples = Array.from({ length: 100 }, (_, i) => (i * 37) % 100);
    expect(summarize(samples)).toEqual({ median: 50, p95: 95, low: 40, high: 60, n: 100 });
    expect(scaled(summarize([2]), 10)).toEqual({ median: 20, p95: 20, low: 20, high: 20, n: 1 });
    expect(summarize([]).median).toBeNaN();
  });

  it('has a verdict only where the intervals lie apart', () => {
    const around = (median: number) => ({ median, p95: median, low: median - 1, high: median + 1, n: 9 });
    expect(verdict(around(10), around(7))).toBe('faster');
    expect(verdict(around(10), around(13))).toBe('slower');
    expect(verdict(around(10), around(11))).toBe('same within noise');
  });

  it('warms up, then samples as long as it was told', async () => {
    let runs = 0;
    const shares: number[] = [];
    const samples = await sample(async () => runs++, {
      ...{ seconds: 0, least: 4 },
      onSample: (share) => shares.push(share),
    });
    expect(samples).toEqual([1, 2, 3, 4]);
    expect(shares).toEqual([0.25, 0.5, 0.75, 1]);
  });
});

describe('the statistics of samples', () => {
  it('are order statistics: middle, 95 of 100, and the ranks around the middle', () => {
    expect(summarize([3, 1, 2])).toEqual({ median: 2, p95: 3, low: 1, high: 3, n: 3 });
    // The interval of 1.96 * sqrt(25) / 2 = 4.9 ranks around 12.5: from rank 7 to rank 18.
    const ranks = Array.from({ length: 25 }, (_, i) => i);
    expect(summarize(ranks)).toEqual({ median: 12, p95: 23, low: 7, high: 18, n: 25 });
    expect(summarize([10, 9, 100]).high).toBe(100); // numbers, not texts, are sorted
    const samples = [2, 1];
    summarize(samples);
    expect(samples).toEqual([2, 1]);
  });

  it('in another unit are all scaled, but their number', () => {
    const summary = { median: 1, p95: 2, low: 3, high: 4, n: 5 };
    expect(scaled(summary, 10)).toEqual({ median: 10, p95: 20, low: 30, high: 40, n: 5 });
  });

  it('are the same where their intervals touch', () => {
    const between = (low: number, high: number) => ({ median: (low + high) / 2, p95: high, low, high, n: 9 });
    expect(verdict(between(10, 12), between(8, 10))).toBe('same within noise');
    expect(verdict(between(10, 12), between(12, 14))).toBe('same within noise');
    expect(verdict(between(10, 12), between(8, 9.9))).toBe('faster');
    expect(verdict(between(10, 12), between(12.1, 14))).toBe('slower');
  });
});

describe('sampling', () => {
  afterEach(() => void vi.restoreAllMocks());

  /** The number of samples when each run takes 100 ms, and the progress. */
  async function sampled(options: Parameters<typeof sample>[1]) {
    let time = 5000;
    vi.spyOn(performance, 'now').mockImplementation(() => time);
    const shares: number[] = [];
    const run = async () => {
      time += 100;
      return 1;
    };
    const samples = await sample(run, { ...options, onSample: (share) => shares.push(share) });
    return { n: samples.length, shares };
  }

  it('goes on for its seconds, after a warm-up that does not count', async () => {
    expect((await sampled({})).n).toBe(10);
    expect((await sampled({ seconds: 2 })).n).toBe(20);
    expect((await sampled({ seconds: 100 })).n).toBe(50);
    expect((await sampled({ seconds: 100, most: 7 })).n).toBe(7);
    expect((await sampled({ seconds: 0 })).n).toBe(5);
  });

  it('tells its progress by time or number, whichever is further', async () => {
    expect((await sampled({ seconds: 0.4, least: 2 })).shares).toEqual([0.25, 0.5, 0.75, 1]);
    expect((await sampled({ seconds: 100, least: 1, most: 4 })).shares).toEqual([0.25, 0.5, 0.75, 1]);
  });
});

describe('kernelTable', () => {
  it('says which variants are wrong', () => {
    const ms = summarize([2]);
    const good = {
      name: 'k',
      variant: 'naive',
      error: 1e-7,
      ms,
      gflops: 10,
      gbytes: 1,
      bytes: 8,
      dispatches: 2,
    };
    const limit = { ms: 0.5, boundBy: 'memory' } as const;
    const { rows } = kernelTable([
      { ...good, ofCeiling: 0.5, timesNaive: 1, limit },
      { name: 'k', variant: 'fast', error: 0.5, wrong: true },
    ]);
    expect(rows).toEqual([
      [
        'k',
        'naive',
        '1.0e-7',
        '2.00',
        '2.00',
        '10.0',
        '50 %',
        '#####.....',
        '1.00',
        '1.00',
        'memory',
        '25 %',
      ],
      ['k', 'fast', '5.0e-1', 'WRONG: not timed'],
    ]);
  });
});

describe('the limit of a kernel', () => {
  const card = { gflops: 1000, gbytes: 100, launchMs: 0.01 };

  it.each([
    ['arithmetic', 2.01, { flop: 2e9, bytes: 1e8, dispatches: 1 }],
    ['memory', 3.02, { flop: 2e9, bytes: 3e8, dispatches: 2 }],
    ['memory', 1.01, { bytes: 1e8, dispatches: 1 }],
    ['launch', 0.031, { flop: 1e5, bytes: 1e5, dispatches: 3 }],
  ] as const)('is the slower of arithmetic and memory, and the starts: %s', (boundBy, ms, work) => {
    const limit = limitOf(card, work);
    expect(limit.boundBy).toBe(boundBy);
    expect(limit.ms).toBeCloseTo(ms, 9);
  });
});

describe('two results', () => {
  const about: BenchResult = {
    ...{ date: '', adapter: 'a card', cpu: '', node: '' },
    ceilings: { gflops: 1, gbytes: 1, launchMs: 0 },
  };
  const steps = (ms: number) => [
    {
      name: 'fer-cnn training, batch 28',
      ms: summarize(Array.from({ length: 20 }, (_, i) => ms + i / 100)),
      imgPerS: 1,
    },
  ];

  it('are compared by what both have, noise in mind', () => {
    const timed = { name: 'k', variant: 'fast', error: 0, ms: summarize([1]) };
    const wrong = { name: 'k', variant: 'fast', error: 0.5, wrong: true }; // is not timed
    const old = { ...about, kernels: [timed], steps: steps(100) } as unknown as BenchResult;
    const now = {
      ...{ ...about, kernels: [wrong] },
      steps: [...steps(50), { ...steps(1)[0], name: 'new' }],
    } as BenchResult;
    expect(compareBench(old, now).map(({ name, verdict: said }) => [name, said])).toEqual([
      ['fer-cnn training, batch 28', 'faster'],
    ]);
    expect(comparisonText(old, now)).toMatch(/100 +50\.1 +2\.00 +#{20} +faster/);
    expect(benchText(now)).toContain('fer-cnn training, batch 28');
  });

  it('come from files that --out wrote', () => {
    expect(() => readResult('/nowhere.json')).toThrow(
      '/nowhere.json: cannot be read (there is no such file)',
    );
    const path = join(mkdtempSync(join(tmpdir(), 'fer-tui-bench-')), 'old.json');
    for (const text of [
      'null',
      '{"name": "fer-tui"}',
      '{"kernels": 3}',
      '{"steps": [null]}',
      '{"steps": [{"name": 3, "ms": {}}]}',
    ]) {
      writeFileSync(path, text);
      expect(() => readResult(path)).toThrow(`${path}: not the result of a benchmark`);
    }
  });
});

describeGpu('the kernels of a case', (get) => {
  const specOf = async (gpu: Gpu): Promise<BenchCase> =>
    (await kernelCases(gpu, 1)).find(({ name }) => name === 'conv2d 6x6 128->256 forward') as BenchCase;

  it('are right, timed, and have their source in shaders/', async () => {
    const gpu = get();
    const spec = await specOf(gpu);
    for (const variant of spec.variants) {
      expect(await checkVariant(gpu, spec, variant)).toMatchObject({ ok: true });
      const names = await kernelsOf(gpu, spec, variant);
      expect(names.length).toBeGreaterThan(0);
      for (const name of names) expect(shaderSource(name.split('.')[0] ?? '')).toContain('@compute');
    }
    const { ms, gflops } = await timeVariant(gpu, spec, 'naive', { seconds: 0, least: 1 });
    expect(ms.median).toBeGreaterThan(0);
    const times = await timeVariant(gpu, spec, 'naive', { seconds: 0, least: 1 });
    expect(times).toMatchObject({ bytes: 4 * (6 * 6 * (128 + 256) + 9 * 128 * 256 + 256), dispatches: 1 });
    expect(gflops).toBeCloseTo((spec.flop ?? 0) / (ms.median / 1e3) / 1e9, 6);
  });

  it('that are wrong say where they differ first', async () => {
    const gpu = get();
    const spec = await specOf(gpu);
    const checked = spec.checked as CheckedTrial;
    const { inputs, want } = checked.reference();
    const off = Float64Array.from(want);
    off[7] = (off[7] ?? 0) + 1e3;
    const wrong = { ...spec, checked: { ...checked, reference: () => ({ inputs, want: off }) } };
    const check = await checkVariant(gpu, wrong, 'naive');
    expect(check).toMatchObject({ ok: false, differs: { index: 7, want: off[7] } });
  });

  it('are there for dense layers, products and kernels that have one way: each is right, and timed', async () => {
    const gpu = get();
    const all = await kernelCases(gpu, 2);
    const kinds = new Map(all.map((spec) => [spec.kernel, spec])); // one of each
    for (const kind of [
      'dense forward',
      'matmul product',
      'matmul transposed',
      'matmul by transposed',
      'elu.forward',
      'adam.update',
    ]) {
      expect([...kinds.keys()]).toContain(kind);
    }
    for (const spec of kinds.values()) {
      if (spec.kernel.startsWith('conv2d ')) continue;
      for (const variant of spec.variants) {
        expect(await checkVariant(gpu, spec, variant), spec.name).toMatchObject({ ok: true });
        const { gbytes, gflops } = await timeVariant(gpu, spec, variant, { seconds: 0, least: 1 });
        expect(gbytes, spec.name).toBeGreaterThan(0);
        expect(gflops === undefined, spec.name).toBe(spec.family === undefined);
      }
    }
  });
});

describeGpu('whole steps', (get) => {
  afterEach(() => void vi.restoreAllMocks());

  it('are measured on adapters without timestamp queries, which is said', async () => {
    const { features } = get().device;
    const has = features.has.bind(features);
    vi.spyOn(features, 'has').mockImplementation((name) => name !== 'timestamp-query' && has(name));
    const steps = await benchSteps(get(), {
      ...{ models: ['fer-shallow'], batches: [2], precisions: ['float32'], inference: [1], seconds: 0 },
    });
    expect(steps.map(({ name, kernels }) => [name, kernels])).toEqual([
      ['fer-shallow training, batch 2', undefined],
      ['fer-shallow inference, batch 1', undefined],
    ]);
    expect(steps[0]?.dispatches).toBeGreaterThan(10);
    const ceilings = { gflops: 1, gbytes: 1, launchMs: 0 };
    const text = benchText({ date: '', adapter: 'Card', cpu: '', node: '', ceilings, steps });
    expect(text).toContain('single kernels of a step are not timed: Card has no timestamp queries');
    expect(text).toContain(`fer-shallow training, batch 2: ${steps[0]?.dispatches} dispatches, `);
  });
});
