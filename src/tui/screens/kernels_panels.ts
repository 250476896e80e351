import { figure } from '../../bench/report.js';
import type { KernelEntry, KernelList, KernelOutcome } from '../../engine/requests.js';
import { scrolled } from '../layout.js';
import { type Loadable, waitingLines } from '../loadable.js';
import type { PanelView } from '../screen_module.js';
import type { SourceView } from '../source_view.js';
import { type Column, columnsThatFit, headLine, rowLine, widthOfColumns } from '../table.js';
import { padTo, wrapped } from '../text.js';
import { listLine } from '../widgets.js';

export const KERNEL_ORDERS = ['shape', 'fastest', 'slowest'] as const;

export interface KernelsState {
  readonly list: Loadable<KernelList>;
  /** Results by id of the kernel. */
  readonly results: Readonly<Record<string, KernelOutcome>>;
  readonly selected: number;
  readonly order: (typeof KERNEL_ORDERS)[number];
  /** The current or last measurement. */
  readonly bench: Loadable<number>;
  readonly running: { readonly id: string; readonly share: number } | undefined;
  /** Number of kernels of the current measurement, and how many are done. */
  readonly total: number;
  readonly done: number;
  readonly mode: 'table' | 'source';
  readonly source: Loadable<SourceView>;
}

type View = PanelView<KernelsState>;

export function listOf({ list }: Pick<KernelsState, 'list'>): readonly KernelEntry[] {
  return list.status === 'ready' ? list.value.entries : [];
}

/** The rows in order. When sorted by time, those without a time come last. */
export function shownKernels(
  state: Pick<KernelsState, 'list' | 'results' | 'order'>,
): readonly KernelEntry[] {
  const entries = listOf(state);
  if (state.order === 'shape') return entries;
  const sign = state.order === 'fastest' ? -1 : 1;
  const key = ({ id }: KernelEntry): number => state.results[id]?.gflops ?? Number.NaN;
  return [...entries].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return sign * (x - y);
  });
}

export function selectedKernel(state: KernelsState): KernelEntry | undefined {
  return shownKernels(state)[state.selected];
}

/** Speed relative to the naive variant of the same kernel and size. */
function timesNaive(entry: KernelEntry, { results }: KernelsState): number | undefined {
  const own = results[entry.id]?.ms?.median;
  const naive = results[`${entry.group} naive`]?.ms?.median;
  return own === undefined || naive === undefined ? undefined : naive / own;
}

/** A row of the table: the kernel, its result, and the screen's state, which holds the result of the naive variant. */
interface Row {
  readonly entry: KernelEntry;
  readonly outcome: KernelOutcome | undefined;
  readonly state: KernelsState;
}

const show = (value: number | undefined): string => (value === undefined ? '–' : figure(value));

/** GFLOP/s; for kernels that are limited by memory, GB/s with its unit. */
function rateText(outcome: KernelOutcome | undefined): string {
  if (outcome?.gbytes === undefined || outcome.gflops !== undefined) return show(outcome?.gflops);
  return `${show(outcome.gbytes)}GB`;
}

const COLUMNS = {
  kernel: { head: 'kernel', width: 22, left: true, text: ({ entry }) => entry.kernel },
  short: {
    head: 'kernel',
    width: 14,
    left: true,
    text: ({ entry }) => entry.kernel.replace('input_gradient', 'dx').replace('weight_gradient', 'dw'),
  },
  variant: { head: 'variant', width: 10, left: true, text: ({ entry }) => entry.variant },
  size: { head: 'size', width: 14, left: true, text: ({ entry }) => entry.size },
  ms: { head: 'ms', width: 6, text: ({ outcome }) => show(outcome?.ms?.median) },
  p95: { head: 'p95', width: 6, text: ({ outcome }) => show(outcome?.ms?.p95) },
  rate: { head: 'GFLOP/s', width: 7, text: ({ outcome }) => rateText(outcome) },
  naive: {
    head: '× naive',
    width: 7,
    text: ({ entry, state }) => show(timesNaive(entry, state)),
  },
  error: {
    head: 'error',
    width: 7,
    text: ({ outcome }) => (outcome === undefined ? '–' : outcome.error.toExponential(0)),
  },
} satisfies Record<string, Column<Row>>;

const SETS = (
  [
    ['kernel', 'variant', 'size', 'ms', 'p95', 'rate', 'naive', 'error'],
    ['short', 'variant', 'size', 'ms', 'rate', 'naive', 'error'],
    ['short', 'variant', 'size', 'ms', 'naive'],
    ['short', 'variant', 'size', 'ms'],
    ['short', 'variant', 'ms'],
  ] as const
).map((names) => names.map((name): Column<Row> => COLUMNS[name]));

/** Width of the end of a row: ✓ or ✗, and a star if training uses this variant. */
const END = 4;

export function kernelLines(view: View): string[] {
  const { state, theme, cols, rows, now } = view;
  if (state.list.status !== 'ready') {
    return waitingLines(state.list, { empty: 'kernels not listed yet: r lists them', theme, cols, now });
  }
  const list = columnsThatFit(SETS, cols - END - 2);
  const shown = shownKernels(state);
  const [first, count] = scrolled(rows - 2, shown.length, state.selected);
  return [
    theme.dim(` ${headLine(list)} ok`),
    ...shown.slice(first, first + count).map((entry, i) => {
      const outcome = state.results[entry.id];
      const text =
        entry.group === undefined
          ? padTo(`${entry.kernel}  ${entry.size}`, widthOfColumns(list))
          : rowLine(list, { entry, outcome, state });
      const sign = outcome === undefined ? ' ' : outcome.ok ? '✓' : '✗';
      const row = `${text}  ${sign}${entry.pinned ? 'P' : entry.chosen ? '*' : ' '}`;
      const at = first + i === state.selected;
      return listLine(outcome?.ok === false && !at ? theme.bad(row) : row, at, theme);
    }),
    statusLine(view),
  ];
}

/** The progress of the measurement, or the result of the selected kernel. */
function statusLine({ state, theme, cols }: View): string {
  const { running, bench } = state;
  if (running !== undefined && bench.status === 'loading') {
    const part = running.share > 0 ? ` ${Math.round(100 * running.share)} %` : '';
    return ` ${state.done + 1} of ${state.total}: ${running.id}${part} · x stops`;
  }
  if (bench.status === 'failed') return theme.bad(`✗ ${bench.message}`).slice(0, cols + 20);
  const entry = selectedKernel(state);
  const outcome = entry && state.results[entry.id];
  if (outcome === undefined) {
    return theme.dim(
      ' b measures this shape · B all (some minutes) · v checks, V all · * used by training, P pinned',
    );
  }
  return ` ${outcomeText(outcome)}`;
}

function outcomeText({ ok, error, differs, failed, gbytes, ms }: KernelOutcome): string {
  if (failed !== undefined) return `✗ ${failed.split('\n')[0]}`;
  if (!ok) {
    const where =
      differs === undefined
        ? ''
        : `: first at ${differs.index}: got ${figure(differs.got)}, expected ${figure(differs.want)}`;
    return `✗ error ${error.toExponential(1)}${where}`;
  }
  const rate = gbytes === undefined ? '' : ` · ${figure(gbytes)} GB/s`;
  const spread = ms === undefined ? '' : ` · median of ${ms.n}: ${figure(ms.low)} to ${figure(ms.high)} ms`;
  return `✓ within 1e-4 of float64: ${error.toExponential(1)}${spread}${rate}`;
}

/** Everything known about a kernel that has failed. */
export function failureLines(outcome: KernelOutcome, cols: number): string[] {
  return (outcome.failed ?? outcomeText(outcome)).split('\n').flatMap((line) => wrapped(line, cols));
}
