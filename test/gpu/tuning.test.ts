import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AdapterInfo } from '../../src/gpu/adapter.js';
import { autotune, collectTunables } from '../../src/gpu/autotune.js';
import type { Gpu } from '../../src/gpu/device.js';
import { spreadOf } from '../../src/gpu/kernels/conv2d_winograd.js';
import { fill } from '../../src/gpu/kernels/elementwise.js';
import { matmul } from '../../src/gpu/kernels/matmul.js';
import { Program } from '../../src/gpu/program.js';
import { choose, type Tunable, tuningOf, withForced } from '../../src/gpu/tuning.js';
import {
  measuredOn,
  readChoices,
  readPins,
  readTable,
  suits,
  tablePath,
  writeTable,
} from '../../src/gpu/tuning_table.js';
import { describeGpu } from '../helpers/gpu.js';

const cache = process.env['XDG_CACHE_HOME'];
beforeEach(() => {
  process.env['XDG_CACHE_HOME'] = mkdtempSync(join(tmpdir(), 'fer-tui-tuning-'));
});
afterEach(() => {
  if (cache === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = cache;
});

/** An adapter of this name, with subgroups of so many lanes. */
const adapter = (name: string, lanes = 8): AdapterInfo => ({
  ...{ name, vendor: 'v', architecture: 'a', device: 'd', software: true, features: [] },
  ...{ subgroupMin: lanes, subgroupMax: lanes },
});

describe('tuning tables', () => {
  it('shipped choices are overridden by what was measured here', () => {
    const info = adapter('llvmpipe: some Mesa');
    const shipped = readTable(info);
    const key = 'conv2d training [28, 48, 48, 1] -> [48, 48, 32], 3 x 3 / 1';
    expect(shipped.get(key)).toBe('gray');
    writeTable(tablePath(info), info, new Map([[key, 'naive']]));
    expect(readTable(info).get(key)).toBe('naive');
    expect(readTable(info).size).toBe(shipped.size);
    expect(readTable(adapter('llvmpipe: another Mesa')).get(key)).toBe('gray');
  });

  it('shipped for a newer driver override what ships for the adapter', () => {
    const spread = (name: string, lanes?: number) =>
      readTable(adapter(name, lanes)).get('winograd transforms');
    const gray = (name: string) =>
      readTable(adapter(name)).get('conv2d training [28, 48, 48, 1] -> [48, 48, 32], 3 x 3 / 1');
    for (const name of ['llvmpipe: Mesa 26.2.6-1 (LLVM 22.1.8)', 'llvmpipe: Mesa 27.0.0 (LLVM 23.1.0)'])
      expect([spread(name), gray(name)]).toEqual(['threads', 'gray']);
    expect(spread('llvmpipe: Mesa 25.0.7-2 (LLVM 15.0.6) 0.0.1')).not.toBe('threads');
    expect(spread('llvmpipe: Mesa 26.2.6-1 (LLVM 22.1.8)', 4)).toBeUndefined();
  });

  it.each([
    ['llvmpipe: Mesa 25.0.7-2 (LLVM 15.0.6) 0.0.1', 4],
    ['llvmpipe: Mesa 25.0.7-2 (LLVM 15.0.6) 0.0.1', 16],
    ['llvmpipe: Mesa 25.0.7-2 (LLVM 15.0.6) 0.0.1', 0],
    ['SwiftShader Device (LLVM 16.0.0)', 4],
    ['NVIDIA H200', 32],
  ])('none ships for %s with %i lanes, where the best guesses are used', (name, lanes) => {
    expect([...readTable(adapter(name, lanes))]).toEqual([]);
  });

  it('measured with some subgroups are never used with others', () => {
    const [four, eight] = [adapter('llvmpipe: Mesa 25.0.7', 4), adapter('llvmpipe: Mesa 25.0.7')];
    writeTable(tablePath(four), four, new Map([['k', 'w']]));
    expect([...readTable(four)]).toEqual([['k', 'w']]); // what ships for 8 lanes is not for 4
    expect(readTable(eight).has('k')).toBe(false);
    expect(readTable(eight).size).toBeGreaterThan(100);
  });

  it('belong to vendor, architecture, device and driver; of a version the first two numbers count', () => {
    const info = adapter('card: Driver 25.0.7-2~bpo12+1 (LLVM 15.0.6) 0.0.1');
    const key = measuredOn(info);
    expect(key).toBe('v / a / d / subgroups 8-8 / card: Driver 25.0 (LLVM 15.0) 0.0');
    expect(measuredOn({ ...info, name: 'card: Driver 25.0.9 (LLVM 15.0.7) 0.0.1' })).toBe(key);
    const others: Partial<AdapterInfo>[] = [
      { name: 'card: Driver 25.1.7 (LLVM 15.0.6) 0.0.1' },
      ...[{ vendor: 'x' }, { architecture: 'x' }, { device: 'x' }, { subgroupMin: 4 }, { subgroupMax: 16 }],
    ];
    for (const other of others)
      expect(measuredOn({ ...info, ...other }), JSON.stringify(other)).not.toBe(key);
  });

  it('know whether they suit an adapter; an early one by its name alone', () => {
    const info = adapter('card S');
    const path = tablePath(info);
    expect(suits(path, info)).toBe(true); // there is none
    writeTable(path, info, new Map([['k', 'w']]));
    expect([suits(path, info), suits(path, adapter('card S', 4)), suits(path, adapter('card T'))]).toEqual([
      true,
      false,
      false,
    ]);
    writeFileSync(path, '{"format":1,"adapter":"card S","choices":{}}');
    expect([suits(path, adapter('card S', 4)), suits(path, adapter('card T'))]).toEqual([true, false]);
  });

  it('are sorted on disk; one that is damaged counts as none', () => {
    const info = adapter('a card');
    writeTable(
      tablePath(info),
      info,
      new Map([
        ['b', 'x'],
        ['a', 'y'],
      ]),
    );
    expect(Object.keys(JSON.parse(readFileSync(tablePath(info), 'utf8')).choices)).toEqual(['a', 'b']);
    writeFileSync(tablePath(info), '{"format":1,"choi');
    expect(readTable(info).size).toBe(0);
  });
});

describe('a table on disk', () => {
  it('belongs to one adapter, in the cache, and says its name', () => {
    const [a, b] = [adapter('card A'), adapter('card B')];
    expect(tablePath(a)).not.toBe(tablePath(b));
    expect(dirname(tablePath(a))).toBe(join(process.env['XDG_CACHE_HOME'] ?? '', 'fer-tui'));
    writeTable(tablePath(a), a, new Map([['k', 'w']]));
    expect(JSON.parse(readFileSync(tablePath(a), 'utf8'))).toEqual({
      format: 1,
      adapter: 'card A',
      key: 'v / a / d / subgroups 8-8 / card A',
      choices: { k: 'w' },
    });
    expect(readChoices(tablePath(a))).toEqual([['k', 'w']]);
    expect(readTable(b).size).toBe(0);
  });

  it('keeps which choices a person pinned, and what was measured before', () => {
    const info = adapter('card P');
    const path = tablePath(info);
    writeTable(path, info, new Map([['k', 'w']]), new Map([['k', 'v']]));
    expect([...readPins(path)]).toEqual([['k', 'v']]);
    writeTable(path, info, new Map([['k', 'w']])); // as fer-tui tune writes it
    expect([...readPins(path)]).toEqual([['k', 'v']]);
    writeTable(path, info, new Map([['k', 'v']]), new Map());
    expect(JSON.parse(readFileSync(path, 'utf8'))).not.toHaveProperty('pinned');
    expect([...readPins(join(path, 'none'))]).toEqual([]);
  });

  it('of another format counts as none', () => {
    const path = tablePath(adapter('x'));
    mkdirSync(dirname(path), { recursive: true });
    for (const text of ['{"format":2,"choices":{"k":"w"}}', '{"format":1}', 'null', '']) {
      writeFileSync(path, text);
      expect(readChoices(path), text).toEqual([]);
    }
  });
});

describeGpu('a choice', (gpu) => {
  const tunable = (candidates: Tunable<string>['candidates'], family = 'family'): Tunable<string> => ({
    ...{ family, extents: 'of 3', candidates, inputs: [], trial: () => [] },
  });

  it('is the measured way if it fits, else the best guess', () => {
    const { table } = tuningOf(gpu());
    expect(tuningOf(gpu())).toBe(tuningOf(gpu()));
    expect(choose(gpu(), tunable(['best', 'naive']))).toBe('best');
    table.set('family of 3', 'naive');
    expect(choose(gpu(), tunable(['best', 'naive']))).toBe('naive');
    expect(choose(gpu(), tunable(['best', 'other']))).toBe('best');
    expect(choose(gpu(), tunable(['best', 'naive'], 'another'))).toBe('best');
    table.delete('family of 3');
  });

  it('is forced for one family only, over what was measured, until the end of the body', async () => {
    const { table, forced } = tuningOf(gpu());
    table.set('family of 3', 'measured');
    const all = tunable(['best', 'measured', 'naive', 'wanted']);
    await withForced(gpu(), { family: 'wanted' }, async () => {
      expect(choose(gpu(), all)).toBe('wanted');
      expect(choose(gpu(), tunable(['best', 'wanted'], 'another'))).toBe('best');
      expect(choose(gpu(), tunable(['best', 'measured']))).toBe('best'); // neither wanted nor naive fits
      expect(choose(gpu(), tunable(['best', 'measured', 'naive']))).toBe('naive');
      const inner = withForced(gpu(), { family: 'naive', another: 'x' }, async () => {
        expect(choose(gpu(), all)).toBe('naive');
        throw new Error('inside');
      });
      await expect(inner).rejects.toThrow('inside');
      expect([...forced]).toEqual([['family', 'wanted']]);
    });
    expect(choose(gpu(), all)).toBe('measured');
    table.delete('family of 3');
  });

  it('is collected also where it is forced, and no longer after a failure', async () => {
    const one = tunable(['best', 'naive']);
    const asked = await withForced(gpu(), { family: 'naive' }, () =>
      collectTunables(gpu(), async () => choose(gpu(), one)),
    );
    expect([...asked]).toEqual([['family of 3', one]]);
    await expect(collectTunables(gpu(), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(tuningOf(gpu()).requested).toBeUndefined();
  });
});

describeGpu('the tuner with a clock of its own', (gpu) => {
  afterEach(() => void vi.restoreAllMocks());

  /**
   * Tunes ways whose runs take the given milliseconds, in turns, each in two dispatches. `values` are what the ways
   * compute, in two outputs; default: 1 and 0.
   */
  async function tuned(
    times: Record<string, readonly number[]>,
    values: Record<string, readonly [number, number]> = {},
  ) {
    const runs: Record<string, number> = {};
    vi.spyOn(gpu().device.features, 'has').mockReturnValue(true);
    vi.spyOn(Program.prototype, 'profile').mockImplementation(async function (this: Program) {
      const way = this.commands[0]?.scope ?? '';
      const run = (runs[way] ?? 0) as number;
      runs[way] = run + 1;
      const list = times[way] ?? [];
      const ns = (list[run % list.length] ?? Number.NaN) * 1e6;
      return [ns * 0.75, ns * 0.25];
    });
    const [first = '', ...others] = Object.keys(times);
    const tunable: Tunable<string> = {
      ...{
        family: 'clock',
        extents: JSON.stringify([times, values]),
        candidates: [first, ...others],
        inputs: [],
      },
      trial: (rec, way) =>
        rec.scope(way, () =>
          [0, 1].map((i) => {
            const y = rec.alloc([16], 'y');
            fill(rec, y, values[way]?.[i] ?? 1 - i);
            return y;
          }),
        ),
    };
    const [result] = await autotune(gpu(), new Map([['', tunable]]), { seconds: 0 });
    if (result === undefined) throw new Error('one row');
    tuningOf(gpu()).table.delete(result.key);
    return { ...result, runs };
  }

  it('replaces the guess only by a way that is at least 3 % faster', async () => {
    expect(await tuned({ guess: [100], naive: [97.5] })).toMatchObject({
      way: 'guess',
      times: { guess: 100, naive: 97.5 },
    });
    expect((await tuned({ guess: [100], naive: [96.5] })).way).toBe('naive');
    expect((await tuned({ guess: [100], other: [96], naive: [95] })).way).toBe('naive');
    expect((await tuned({ guess: [100], naive: [120] })).way).toBe('guess');
  });

  it('goes by the median', async () => {
    const { times, way } = await tuned({ guess: [120], naive: [150, 65, 150, 150, 65] });
    expect([times, way]).toEqual([{ guess: 120, naive: 150 }, 'guess']);
    expect((await tuned({ guess: [120], naive: [80, 80, 190, 80, 80] })).way).toBe('naive');
  });

  it('compares within a round: a machine that slows down slows down both', async () => {
    const guess = [100, 300, 100, 250, 120];
    expect((await tuned({ guess, naive: guess.map((ms) => 0.9 * ms) })).way).toBe('naive');
    // Faster in the middle round, but not in most of them: that is noise.
    expect((await tuned({ guess: [120], naive: [80, 80, 130, 80, 130] })).way).toBe('guess');
  });

  it('times each way five times, but hopeless ones once', async () => {
    expect((await tuned({ guess: [100], slow: [199], naive: [201] })).runs).toEqual({
      guess: 5,
      slow: 5,
      naive: 1,
    });
    expect((await tuned({ guess: [100], naive: [300] })).runs).toEqual({ guess: 1, naive: 1 });
  });

  it('never chooses a way whose outputs differ from the naive one by more than 0.0002 of their norm', async () => {
    const close = await tuned({ guess: [100], naive: [200] }, { guess: [1 + 1.5e-4, 0] });
    expect(close).toMatchObject({ way: 'guess', wrong: {} });
    const far = await tuned({ guess: [100], naive: [190] }, { guess: [1 - 2.5e-4, 0] });
    expect(far.way).toBe('naive');
    expect(far.wrong['guess']).toBeCloseTo(2.5e-4, 6);
    const large = { guess: [1000.15, 0], naive: [1000, 0] } as const; // the error is relative
    expect((await tuned({ guess: [100], naive: [190] }, large)).way).toBe('guess');
    const second = await tuned({ guess: [100], naive: [190] }, { guess: [1, 0.5] });
    expect(second).toMatchObject({ way: 'naive', wrong: { guess: 2 } }); // from zeros: the distance itself
    const nan = await tuned({ guess: [100], naive: [190] }, { guess: [1, Number.NaN] });
    expect([nan.way, Object.keys(nan.wrong)]).toEqual(['naive', ['guess']]);
  });
});

describeGpu('the tuner', (gpu) => {
  // Each dispatch takes a millisecond: real times would depend on what else the machine does.
  beforeEach(() => {
    vi.spyOn(gpu().device.features, 'has').mockReturnValue(true);
    vi.spyOn(Program.prototype, 'profile').mockImplementation(async function (this: Program) {
      return this.commands.map(() => 1e6);
    });
  });
  afterEach(() => void vi.restoreAllMocks());

  /** Fills a vector, many times over for the slow way, and wrongly for the wrong one. */
  const filler = (candidates: Tunable<string>['candidates']): Tunable<string> => ({
    family: 'filler',
    extents: candidates.join(),
    candidates,
    inputs: [[64]],
    trial: (rec, way) => {
      const y = rec.alloc([1 << 16], 'y');
      for (let i = 0; i < (way === 'slow' || way === 'naive' ? 30 : 1); i++)
        fill(rec, y, way === 'wrong' ? 2 : 1);
      return [y];
    },
  });
  const tune = async (device: Gpu, tunable: Tunable<string>) => {
    const asked = await collectTunables(device, async () => choose(device, tunable));
    expect([...asked.values()]).toEqual([tunable]);
    return autotune(device, asked, { seconds: 0.02 });
  };

  it('takes the fastest way that agrees with the naive one', async () => {
    const [result] = await tune(gpu(), filler(['slow', 'wrong', 'fast', 'naive']));
    expect(result?.way).toBe('fast');
    expect(result?.wrong).toEqual({ wrong: 1 });
    expect(Object.keys(result?.times ?? {})).not.toContain('wrong');
    expect(choose(gpu(), filler(['slow', 'wrong', 'fast', 'naive']))).toBe('fast');
  });

  it('runs ways that have no naive one among them before it times them', async () => {
    const run = vi.spyOn(Program.prototype, 'run');
    const { profile } = Program.prototype;
    const [result] = await tune(gpu(), filler(['slow', 'fast']));
    expect(result?.way).toBe('fast');
    const programs = run.mock.contexts.slice(0, 4).map((program) => (program as Program).commands.length);
    expect(programs.filter((length) => length > 0).sort((a, b) => a - b)).toEqual([1, 30]);
    const [first = 0] = vi.mocked(profile).mock.invocationCallOrder;
    expect(first).toBeGreaterThan(0);
    for (const order of run.mock.invocationCallOrder.slice(0, 4)) expect(order).toBeLessThan(first);
  });

  it("decides how Winograd's transforms map to lanes, for all shapes at once", async () => {
    const { table, forced } = tuningOf(gpu());
    const way = spreadOf(gpu());
    const asked = await collectTunables(gpu(), async () => spreadOf(gpu()));
    const [result] = await autotune(gpu(), asked, { seconds: 0 }).then((rows) => rows.slice(-1));
    expect(result).toMatchObject({ key: 'winograd transforms', wrong: {} });
    expect(Object.keys(result?.times ?? {})).toEqual(way === 'lanes' ? ['lanes', 'threads'] : ['threads']);
    expect([...forced]).toEqual([]);
    table.set('winograd transforms', 'threads');
    expect(spreadOf(gpu())).toBe('threads');
    table.delete('winograd transforms');
    expect(spreadOf(gpu())).toBe(way);
  });

  it('keeps the best guess where nothing is clearly better', async () => {
    const [result] = await tune(gpu(), filler(['one', 'naive']));
    expect(result?.way).toBe('one');
  });

  it('tunes what a way is made of', async () => {
    const product = { batch: 1, m: 4, k: 4, n: 4 };
    const outer: Tunable<string> = {
      ...filler(['made of products', 'naive']),
      inputs: [[1, 4, 4]],
      trial: (rec, _, [x]) => (x === undefined ? [] : [matmul(rec, x, x, product)]),
    };
    const results = await tune(gpu(), outer);
    expect(results.map(({ key }) => key.split(' ')[0])).toEqual(['matmul', 'filler']);
    const inner = results[0]?.key ?? '';
    expect(tuningOf(gpu()).table.get(inner)).toBe(results[0]?.way);
    tuningOf(gpu()).table.delete(inner);
  });

  it('can be overruled, for ways that fit', async () => {
    const tunable = filler(['slow', 'fast', 'naive']);
    await withForced(gpu(), { filler: 'fast' }, async () => {
      expect(choose(gpu(), tunable)).toBe('fast');
    });
    await withForced(gpu(), { filler: 'none such' }, async () => {
      expect(choose(gpu(), tunable)).toBe('naive');
    });
    expect(choose(gpu(), tunable)).toBe('slow');
  });

  it('leaves no memory behind', async () => {
    const before = gpu().pool.stats.liveBytes;
    await tune(gpu(), filler(['first', 'second', 'naive']));
    expect(gpu().pool.stats.liveBytes).toBe(before);
  });
});
