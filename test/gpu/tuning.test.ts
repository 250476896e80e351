import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { autotune, collectTunables } from '../../src/gpu/autotune.js';
import type { AdapterInfo, Gpu } from '../../src/gpu/device.js';
import { fill } from '../../src/gpu/kernels/elementwise.js';
import { matmul } from '../../src/gpu/kernels/matmul.js';
import { choose, type Tunable, tuningOf, withForced } from '../../src/gpu/tuning.js';
import { readTable, tablePath, writeTable } from '../../src/gpu/tuning_table.js';
import { describeGpu } from '../helpers/gpu.js';

const cache = process.env['XDG_CACHE_HOME'];
beforeEach(() => {
  process.env['XDG_CACHE_HOME'] = mkdtempSync(join(tmpdir(), 'fer-tui-tuning-'));
});
afterEach(() => {
  if (cache === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = cache;
});

const adapter = (name: string) => ({ name }) as AdapterInfo;

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

describeGpu('the tuner', (gpu) => {
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
