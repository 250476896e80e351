import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import type { KernelList, KernelOutcome } from '../../src/engine/requests.js';
import { ready } from '../../src/tui/loadable.js';
import { beginRun } from '../../src/tui/run_state.js';
import { type KernelsState, shownKernels } from '../../src/tui/screens/kernels_panels.js';
import { sourceOf } from '../../src/tui/source_view.js';
import { COLOUR, renderAt, SILENT_ENGINE } from '../helpers/render_at.js';
import { describeScreens, failed, loading } from '../helpers/screen_cases.js';

const ways = (group: string, kernel: string, size: string) =>
  ['naive', 'winograd4'].map((variant) => ({
    ...{ id: `${group} ${variant}`, group, kernel, size, variant, chosen: variant === 'winograd4' },
  }));
const list: KernelList = {
  ...{ adapter: 'llvmpipe', batch: 28 },
  entries: [
    ...ways('conv2d a', 'conv2d forward', '24x24 32->64'),
    ...ways('conv2d b', 'conv2d weight_gradient', '6x6 128->256'),
    { id: 'elu', kernel: 'elu.forward', variant: '', size: 'elu of 77 values' },
  ],
};
const ms = (median: number) => ({ median, p95: median * 2, low: median, high: median, n: 9 });
const good = (id: string, median: number): KernelOutcome => ({
  ...{ id, error: 3e-7, ok: true, ms: ms(median), gflops: 100 / median, gbytes: 1 },
});
const results = Object.fromEntries(
  [
    good('conv2d a naive', 100),
    good('conv2d a winograd4', 20),
    { id: 'conv2d b naive', error: 0.5, ok: false, differs: { index: 7, got: 2, want: 1 } },
  ].map((outcome) => [outcome.id, outcome]),
);
const listed = { list: ready(list), results };
const source = ready(sourceOf([{ name: 'conv2d', entries: ['forward'], text: 'fn forward() {}' }]));

describeScreens([
  {
    screen: 'kernels',
    name: 'listing',
    own: { list: loading('listing the kernels') },
    words: ['listing the kernels'],
  },
  {
    screen: 'kernels',
    name: 'no adapter',
    own: { list: failed('no usable GPU adapter') },
    words: ['no usable GPU'],
  },
  {
    screen: 'kernels',
    name: 'the table',
    own: listed,
    words: ['llvmpipe', 'winograd4', '20.0', 'elu.forward', '✓|+'],
  },
  {
    screen: 'kernels',
    name: 'a wrong one',
    own: { ...listed, selected: 2 },
    words: ['✗ error 5.0e-1|x error 5.0e-1', 'first at 7'],
  },
  {
    screen: 'kernels',
    name: 'measuring',
    own: {
      ...listed,
      bench: loading('measuring'),
      running: { id: 'conv2d b naive', share: 0.4 },
      total: 4,
      done: 1,
    },
    words: ['2 of 4: conv2d b naive 40 %', 'x stops'],
  },
  {
    screen: 'kernels',
    name: 'a source',
    own: { ...listed, mode: 'source', source },
    words: ['conv2d.wgsl', 'fn forward'],
  },
  {
    screen: 'kernels',
    name: 'beside a training',
    own: listed,
    state: { run: { ...beginRun(0), phase: 'training' } },
    keys: ['b'],
    words: ['training would distort'],
  },
]);

describe('shownKernels', () => {
  it('orders by speed, the unmeasured last', () => {
    const ids = (order: KernelsState['order']): string[] =>
      shownKernels({ ...listed, order }).map(({ id }) => id);
    expect(ids('fastest').slice(0, 2)).toEqual(['conv2d a winograd4', 'conv2d a naive']);
    expect(ids('slowest').slice(0, 2)).toEqual(['conv2d a naive', 'conv2d a winograd4']);
    expect(ids('shape')).toEqual(list.entries.map(({ id }) => id));
  });
});

describe('the Kernels screen', () => {
  it('measures the variants of one work, and pins only what is right', async () => {
    const asked: [string, unknown][] = [];
    const engine: Engine = {
      ...SILENT_ENGINE,
      request: async (name, args, options = {}) => {
        asked.push([name, args]);
        if (name === 'kernels.list') return list as never;
        if (name === 'kernels.pin' || name === 'kernels.unpin')
          return { keys: ['conv2d forward'], path: 'table.json' } as never;
        const { ids } = args as { ids: string[] };
        for (const id of ids) {
          options.onProgress?.({ id, share: 0.5 } as never);
          const outcome = id.endsWith('naive') ? good(id, 50) : { id, error: 1, ok: false };
          options.onProgress?.({ id, outcome } as never);
        }
        return ids.length as never;
      },
    };
    const at = renderAt(100, 30, COLOUR, { screen: 'kernels', engine, open: true });
    const press = async (...keys: string[]): Promise<void> => {
      at.press(...keys);
      await new Promise((resolve) => setTimeout(resolve, 5));
      at.flush();
    };
    await press();
    await press('p');
    expect(at.text()).toContain('check it first with v');
    await press('b');
    expect(asked.at(-1)).toEqual([
      'kernels.bench',
      { ids: ['conv2d a naive', 'conv2d a winograd4'], timed: true },
    ]);
    expect(at.text()).toMatch(/naive +24x24 32->64 +50.0 +100 +2.00 +1.00 +3e-7 +✓/);
    await press('p');
    expect(at.text()).toContain('Every training and prediction of this user');
    expect(at.text()).toContain('naive is the fastest that was measured');
    expect(asked.at(-1)?.[0]).toBe('kernels.bench'); // nothing is pinned before it was confirmed
    await press('p');
    expect(at.text()).toContain('new runs use naive for conv2d forward (table.json)');
    await press('P');
    expect(asked.at(-2)).toEqual(['kernels.unpin', { id: 'conv2d a naive' }]);
    expect(at.text()).toContain('no longer pinned: conv2d forward');
    await press('down', 'p');
    expect(at.text()).toContain('not correct on this adapter');
    at.unmount();
  });
});
