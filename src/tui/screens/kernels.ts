import type { KernelEntry } from '../../engine/requests.js';
import { moveBindings } from '../list_moves.js';
import { EMPTY, ready, waitingLines } from '../loadable.js';
import { isActive } from '../run_state.js';
import {
  type Actions,
  type Binding,
  defineScreen,
  type PanelView,
  type SearchedList,
} from '../screen_module.js';
import { searchBindings } from '../search.js';
import {
  type SourcePlace,
  searchedSource,
  sourceBindings,
  sourceLines,
  sourceOf,
  sourceScroll,
  sourceTitle,
} from '../source_view.js';
import {
  failureLines,
  KERNEL_ORDERS,
  type KernelsState,
  kernelLines,
  listOf,
  selectedKernel,
  shownKernels,
} from './kernels_panels.js';

type Act = Actions<KernelsState>;

/** Lists all kernels. This opens the GPU device, so it happens only when the screen is shown. */
function list(act: Act): void {
  act.load('list', 'listing the kernels of this adapter', (engine, { signal }) =>
    engine.request('kernels.list', {}, { signal }),
  );
}

function select(act: Act, step: number): void {
  const last = Math.max(0, shownKernels(act.state).length - 1);
  act.set({ selected: Math.max(0, Math.min(last, act.state.selected + step)) });
}

/** Measures or checks kernels, one after another. Refused during training, which would distort the times. */
function run(act: Act, ids: readonly string[], timed: boolean): void {
  if (ids.length === 0) return;
  const { run } = act.app;
  if (isActive(run) && run.phase !== 'paused') {
    act.note('training would distort the times: pause it on Train (space)', 'bad');
    return;
  }
  act.set({ total: ids.length, done: 0, running: undefined });
  act.load('bench', 'measuring', (engine, { signal }) =>
    engine.request(
      'kernels.bench',
      { ids, timed },
      {
        signal,
        onProgress: (news) => {
          if (signal.aborted) return;
          const { results, done } = act.state;
          const { outcome } = news;
          if (outcome === undefined) act.set({ running: news });
          else
            act.set({
              results: { ...results, [outcome.id]: { ...results[outcome.id], ...outcome } },
              done: done + 1,
            });
        },
      },
    ),
  );
}

/** All variants of the selected kernel at its size, or the kernel itself if it has none. */
function sameWork(act: Act): string[] {
  const entry = selectedKernel(act.state);
  if (entry === undefined) return [];
  return listOf(act.state)
    .filter(({ id, group }) => id === entry.id || (group !== undefined && group === entry.group))
    .map(({ id }) => id);
}

const timedIds = (act: Act): string[] =>
  listOf(act.state).flatMap(({ id, group }) => (group === undefined ? [] : [id]));
const allIds = (act: Act): string[] => listOf(act.state).map(({ id }) => id);

function stop(act: Act): void {
  act.drop('bench');
  act.note(`stopped after ${act.state.done}`, 'good');
}

function readSource(act: Act): void {
  const entry = selectedKernel(act.state);
  if (entry === undefined) return;
  act.set({ mode: 'source' });
  act.load('source', `reading the shaders of ${entry.id}`, async (engine, { signal }) =>
    sourceOf(await engine.request('kernels.source', { id: entry.id }, { signal })),
  );
}

/** Why the selected variant cannot be pinned; undefined if it can. Only variants that are correct on this adapter can. */
function noPin({ state }: Pick<Act, 'state'>): string | undefined {
  const entry = selectedKernel(state);
  const outcome = entry && state.results[entry.id];
  if (!entry?.variant) return 'this kernel has no variants: there is nothing to pin';
  if (outcome === undefined) return 'check it first with v: only correct variants can be pinned';
  return outcome.ok ? undefined : 'it is not correct on this adapter and cannot be pinned';
}

function pin(act: Act): void {
  const entry = selectedKernel(act.state);
  const why = noPin(act);
  if (entry === undefined || why !== undefined) {
    act.note(why ?? 'no kernel is selected', 'bad');
    return;
  }
  act.ask({
    title: `use ${entry.variant} for ${entry.kernel} ${entry.size}?`,
    lines: [
      'Every training and prediction of this user on this adapter uses it, in all folders, until P unpins it. The results stay correct; only the speed changes.',
      ...slower(act, entry),
    ],
    choices: [{ key: 'p', label: `pin ${entry.variant}`, run: () => change(act, 'kernels.pin', entry) }],
  });
}

/** How much slower pinning would be, if that was measured. */
function slower({ state }: Pick<Act, 'state'>, { id, group, variant }: KernelEntry): string[] {
  const time = (own: string): number => state.results[own]?.ms?.median ?? Number.NaN;
  const others = listOf(state).filter((other) => other.group === group && time(other.id) < time(id));
  const [best] = others.toSorted((a, b) => time(a.id) - time(b.id));
  if (best !== undefined)
    return [
      `✗ ${variant} is ${(time(id) / time(best.id)).toFixed(1)} times slower than ${best.variant} here.`,
    ];
  return [
    Number.isNaN(time(id))
      ? 'Its speed was not measured: b measures it.'
      : `${variant} is the fastest that was measured.`,
  ];
}

/** Pins the selected variant, or unpins the variant of its shape. */
function change(act: Act, request: 'kernels.pin' | 'kernels.unpin', { id, variant }: KernelEntry): void {
  act.engine.request(request, { id }).then(
    ({ keys, path }) => {
      const shapes = keys.join(', ');
      if (keys.length === 0) act.note('nothing is pinned for this shape');
      else if (request === 'kernels.pin') act.note(`new runs use ${variant} for ${shapes} (${path})`, 'good');
      else act.note(`no longer pinned: ${shapes}; training uses the measured choice again`, 'good');
      list(act);
    },
    (error: Error) => act.note(error.message, 'bad'),
  );
}

const listed = (act: Act): boolean => act.state.list.status === 'ready' && act.state.mode === 'table';
const busy = (act: Act): boolean => act.state.bench.status === 'loading';
const free = (act: Act): boolean => listed(act) && !busy(act);

const SOURCE: SourcePlace<KernelsState> = {
  viewOf: ({ mode, source }) => (mode === 'source' && source.status === 'ready' ? source.value : undefined),
  show: (act, view) => act.set({ source: ready(view) }),
};

/** The rows of the table. */
const KERNEL_LIST: SearchedList<KernelsState> = {
  when: listed,
  rows: ({ state }) =>
    shownKernels(state).map(({ id, kernel, variant, size }) => `${kernel} ${variant} ${size} ${id}`),
  at: ({ state }) => state.selected,
  go: (act, selected) => act.set({ selected }),
};

const KEYS: readonly Binding<KernelsState>[] = [
  ...searchBindings<KernelsState>('a kernel, or a line of a source', [searchedSource(SOURCE), KERNEL_LIST]),
  ...sourceBindings(SOURCE),
  {
    keys: ['escape'],
    hint: 'back',
    help: 'Returns to the table',
    when: ({ state }) => state.mode === 'source',
    run: (act) => act.set({ mode: 'table' }),
  },
  ...moveBindings('kernel', listed, select),
  {
    keys: ['w', 'enter'],
    hint: 'source',
    help: 'Shows the WGSL source of the kernel',
    when: listed,
    run: readSource,
  },
  {
    keys: ['b'],
    hint: 'measure',
    help: 'Checks and times all variants of the selected kernel at its size',
    when: free,
    run: (act) => run(act, sameWork(act), true),
  },
  {
    keys: ['B'],
    hint: 'all',
    help: 'Checks and times all variants of all kernels',
    when: free,
    run: (act) => run(act, timedIds(act), true),
  },
  {
    keys: ['v'],
    hint: 'check',
    help: 'Compares the selected kernel with the float64 reference, without timing',
    when: free,
    run: (act) => run(act, sameWork(act), false),
  },
  {
    keys: ['V'],
    help: 'Compares all kernels with the float64 reference',
    when: free,
    run: (act) => run(act, allIds(act), false),
  },
  { keys: ['x'], hint: 'stop', help: 'Stops measuring; results so far are kept', when: busy, run: stop },
  {
    keys: ['o'],
    hint: 'order',
    help: 'Changes the order: shape, fastest, slowest',
    when: listed,
    run: (act) => {
      const at = KERNEL_ORDERS.indexOf(act.state.order);
      act.set({
        order: KERNEL_ORDERS[(at + 1) % KERNEL_ORDERS.length] as KernelsState['order'],
        selected: 0,
      });
    },
  },
  {
    keys: ['p'],
    hint: 'pin',
    help: 'Pins a checked variant as the choice for its shape on this machine; asks first',
    when: free,
    run: pin,
  },
  {
    keys: ['P'],
    help: 'Unpins the choice for the shape of the selected kernel',
    when: free,
    run: (act) => {
      const entry = selectedKernel(act.state);
      if (entry !== undefined) change(act, 'kernels.unpin', entry);
    },
  },
  {
    keys: ['r'],
    help: 'Lists the kernels again',
    when: ({ state }) => state.list.status === 'failed' || state.list.status === 'empty',
    run: list,
  },
];

function sourcePanel(view: PanelView<KernelsState>): readonly string[] {
  const { source } = view.state;
  if (source.status !== 'ready')
    return waitingLines(source, { ...view, empty: 'w shows the WGSL source of a kernel' });
  const entry = selectedKernel(view.state);
  const outcome = entry && view.state.results[entry.id];
  const failure = outcome?.ok === false ? failureLines(outcome, view.cols).map(view.theme.bad) : [];
  return [...failure, ...sourceLines(source.value, { ...view, rows: view.rows - failure.length })];
}

/** The Kernels screen: correctness, speed and source of every kernel on this adapter. */
export const kernels = defineScreen<KernelsState>({
  name: 'kernels',
  title: 'Kernels',
  remembers: ['order'],
  initial: {
    ...{ list: EMPTY, results: {}, selected: 0, order: 'shape', bench: EMPTY, running: undefined },
    ...{ total: 0, done: 0, mode: 'table', source: EMPTY },
  },
  panels: [
    {
      id: 'table',
      title: ({ state }) =>
        state.list.status === 'ready'
          ? `${state.list.value.adapter} · batch ${state.list.value.batch} · by ${state.order}`
          : 'kernels',
      when: ({ state }) => state.mode === 'table',
      lines: kernelLines,
      list: KERNEL_LIST,
    },
    {
      id: 'source',
      title: ({ state }) => (state.source.status === 'ready' ? sourceTitle(state.source.value) : 'source'),
      when: ({ state }) => state.mode === 'source',
      lines: sourcePanel,
      scroll: ({ state }) => (state.source.status === 'ready' ? sourceScroll(state.source.value) : undefined),
      flush: true,
    },
  ],
  layout: (body, { state }) => ({ [state.mode]: body }),
  keys: KEYS,
  copies: ({ state }) => {
    const entry = selectedKernel(state);
    if (entry === undefined) return undefined;
    const ms = state.results[entry.id]?.ms?.median;
    const time = ms === undefined ? '' : `: ${ms.toFixed(3)} ms`;
    return {
      what: 'the kernel',
      text: `${entry.kernel} ${entry.variant} ${entry.size}${time}`.replace('  ', ' '),
    };
  },
  explain: () => [
    'First come all variants of the convolutions, dense layers and matrix products of the built-in networks; then the kernels without variants, at a size that is typical of fer-cnn; last, checks of all kernels at unusual sizes.',
    'error: norm of the difference from the float64 reference, relative to its norm; ✓ means at most 1e-4. ms and p95: median and 95th percentile of the device time of a batch. GFLOP/s counts the operations of the direct algorithm, so Winograd can exceed the peak of the adapter. For kernels that are limited by memory, the column shows GB/s (4.8GB), counting each input and output once.',
    '× naive: speed relative to the naive kernel. * marks the variant that training uses: measured by "fer-tui tune", or the default; P one that was pinned with p.',
    'In a source, ▸ marks the entry points, and = the lines that compute the formula of the opening comment; f goes to the next of these.',
    'Training would distort the times, so pause it before measuring.',
  ],
  summary: ({ state }) => {
    const done = Object.values(state.results);
    return `${done.filter(({ ok }) => ok).length} of ${done.length} kernels correct, ${listOf(state).length} in the list`;
  },
  open: (act) => {
    if (act.state.list.status === 'empty') list(act);
  },
});
