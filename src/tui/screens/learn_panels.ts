import { brief } from '../../learn/layers/arithmetic.js';
import { STAGE_TITLES, STAGES } from '../../learn/report.js';
import {
  arithmeticText,
  kernelText,
  reportText,
  STAGE_WORDS,
  stageText,
  statsText,
  weightText,
} from '../../learn/text.js';
import { scrolled } from '../layout.js';
import { waitingLines } from '../loadable.js';
import type { PanelView } from '../screen_module.js';
import { padTo, wrapped } from '../text.js';
import { listLine } from '../widgets.js';
import { waiting } from './learn_maps.js';
import {
  channelOf,
  type LearnState,
  layerOf,
  reportOf,
  showsLayers,
  stageNow,
  viewOf,
} from './learn_state.js';

type View = PanelView<LearnState>;

/** The panel of the stages, and under it the layers. */
export function stageLines(view: View): string[] {
  const { state, theme, cols, rows, now } = view;
  const report = reportOf(state);
  const stages = STAGES.map((stage, i) => {
    const mark = state.results[stage] === undefined ? ' ' : '✓';
    return listLine(padTo(`${mark} ${i + 1} ${STAGE_TITLES[stage]}`, cols - 2), i === state.stage, theme);
  });
  const busy =
    state.current.status === 'loading'
      ? [theme.dim(waitingLines(state.current, { empty: '', theme, cols, now })[0] ?? '')]
      : [];
  if (report === undefined) return [...stages, ...busy];
  const took =
    state.current.status === 'ready' ? [theme.dim(`${Math.round(state.took)} ms to compute`)] : busy;
  const room = rows - stages.length - 2;
  const [first, count] = scrolled(Math.max(0, room), report.layers.length, state.layer);
  const layers = report.layers
    .slice(first, first + count)
    .map(({ name }, i) =>
      listLine(padTo(name, cols - 2), first + i === state.layer && showsLayers(state), theme),
    );
  return [...stages, ...took, theme.dim('layers [ ]'), ...layers].slice(0, rows);
}

/** The numbers of the stage or the layer. */
export function numberLines(view: View): string[] {
  const { state, theme, cols, rows } = view;
  const report = reportOf(state);
  if (report === undefined) return [];
  const result = state.results[stageNow(state)];
  const values = viewOf(state);
  if (showsLayers(state) && values !== undefined) {
    const layer = layerOf(state);
    const c = channelOf(state);
    const own = values.channels[c];
    const dead = values.channels.filter(({ min, max }) => min === max).length;
    const weights =
      result?.stage === 'backward'
        ? result.weights.filter(({ name }) => name.startsWith(`${layer?.name}/`))
        : [];
    return [
      theme.strong(`${layer?.kind ?? ''} ${report.count}×${values.shape.join('×')}`),
      ...wrapped(statsText(values.stats), cols),
      ...(dead > 0 ? [theme.warn(`${dead} of ${values.channels.length} channels dead`)] : []),
      '',
      ...(own === undefined ? [] : [`channel ${c}, whole batch:`, ...wrapped(statsText(own), cols)]),
      ...weights.flatMap(({ name, ratio }) =>
        wrapped(`${name.split('/')[1]}: |g| / |w| ${brief(ratio)}`, cols),
      ),
    ].slice(0, rows);
  }
  const header = reportText(report).flatMap((line) => wrapped(line, cols));
  if (result === undefined) return header;
  return [
    ...header,
    '',
    ...stageText(report, result)
      .flatMap((line) => wrapped(line, cols))
      .map(theme.dim),
  ].slice(0, rows);
}

/** The lines of the explanation, before they are scrolled. */
function explanation(view: View): string[] {
  const { state, cols, theme, now } = view;
  const fold = (lines: readonly string[]): string[] =>
    lines.flatMap((line) => (line.startsWith(' ') ? [line] : wrapped(line, cols)));
  if (state.mode === 'weight') {
    return state.weight.status === 'ready'
      ? fold(weightText(state.weight.value, state.exact))
      : waitingLines(state.weight, { empty: '', theme, cols, now });
  }
  if (state.mode === 'one') {
    if (state.number.status === 'failed') return waitingLines(state.number, { empty: '', theme, cols, now });
    return state.number.status === 'ready'
      ? gridded(view, arithmeticText(state.number.value, state.exact))
      : [];
  }
  if (stageNow(state) === 'loss' && state.loss.status === 'ready') {
    const { loss, gradient } = state.loss.value;
    const names = reportOf(state)?.classes ?? [];
    return [
      ...gridded(view, arithmeticText(loss, state.exact)),
      '',
      theme.strong(`gradient of the logit ${names[state.selected]?.toLowerCase()}`),
      ...gridded(view, arithmeticText(gradient, state.exact)),
    ];
  }
  const { formula, words } = STAGE_WORDS[stageNow(state)];
  const layers = showsLayers(state)
    ? ['Enter follows one number of the layer; v shows one of its weights; w its kernels.']
    : [];
  return [
    ...wrapped(formula, cols).map(theme.strong),
    ...wrapped(words, cols),
    ...layers.flatMap((line) => wrapped(line, cols)),
  ];
}

/** Wraps sentences, but not rows of numbers. */
function gridded({ cols, theme }: View, [formula = '', ...lines]: readonly string[]): string[] {
  const isRow = (line: string): boolean => /^[\s·−\d.eE+-]+$/.test(line);
  return [
    ...wrapped(formula, cols).map(theme.strong),
    ...lines.flatMap((line) => (isRow(line) ? [line] : wrapped(line, cols))),
  ];
}

export function arithmeticTitle({ state }: View): string {
  if (state.mode === 'weight')
    return state.weight.status === 'ready' ? `weight ${state.weight.value.weight} (# index)` : 'weight';
  if (state.mode === 'one') {
    const { y, x } = state.cursor;
    return `${layerOf(state)?.name ?? ''} ${state.kind}: row ${y}, column ${x}, channel ${channelOf(state)}`;
  }
  return stageNow(state) === 'loss' ? `the loss of image ${state.image}` : 'what happens here';
}

export function arithmeticLines(view: View): string[] {
  if (waiting(view) !== undefined) return [];
  const lines = explanation(view);
  const first = Math.max(0, Math.min(view.state.scroll, lines.length - view.rows));
  const more = lines.length - view.rows - first;
  const shown = lines.slice(first, first + view.rows);
  if (more > 0) shown[shown.length - 1] = view.theme.dim(`… ${more + 1} more lines (PgDn)`);
  return shown;
}

export function kernelLines(view: View): string[] {
  const { state, theme, cols, now } = view;
  if (state.kernels.status !== 'ready') {
    return waitingLines(state.kernels, {
      empty: 'w: the kernels of this layer, timed, beside the naive ones',
      theme,
      cols,
      now,
    });
  }
  return kernelText(state.kernels.value.report).flatMap((line) =>
    line.startsWith(' ') ? wrapped(line.trim(), cols - 1).map((part) => ` ${part}`) : wrapped(line, cols),
  );
}
