import { lessonFor, lessonText } from '../../learn/lessons.js';
import { STAGES } from '../../learn/report.js';
import { bodyClass, columns, type Rect, stack } from '../layout.js';
import { EMPTY } from '../loadable.js';
import { defineScreen, type PanelView, type ScreenView } from '../screen_module.js';
import { sourceLines, sourceScroll, sourceTitle } from '../source_view.js';
import { KEYS, play } from './learn_keys.js';
import { mapsLines, mapsPictures, mapsTitle } from './learn_maps.js';
import { arithmeticLines, arithmeticTitle, kernelLines, numberLines, stageLines } from './learn_panels.js';
import { type LearnState, layerOf, openStep, reportOf, stageNow } from './learn_state.js';

/** The lesson about what is on the screen. */
function lesson(state: LearnState): string[] {
  return lessonText(lessonFor(stageNow(state), layerOf(state)?.kind))
    .trim()
    .split('\n');
}

function sourceTitleOf({ state }: PanelView<LearnState>): string {
  return state.kernels.status === 'ready' ? sourceTitle(state.kernels.value.view) : 'kernels';
}

function layoutOf(body: Rect, { state }: ScreenView<LearnState>): Record<string, Rect> {
  const kind = bodyClass(body);
  if (state.mode === 'source') {
    if (kind === 'narrow') return { source: body };
    const [source, kernel] = columns(body, [{ share: 1 }, kind === 'wide' ? 40 : 28]) as [Rect, Rect];
    return { source, kernel };
  }
  if (kind === 'narrow') {
    const [maps, arithmetic] = stack(body, [{ share: 1 }, 6]) as [Rect, Rect];
    return { maps, arithmetic };
  }
  const [left, right] = columns(body, [{ share: 1 }, kind === 'wide' ? 30 : 24]) as [Rect, Rect];
  // The arithmetic of a followed number needs many rows.
  const busy = state.mode !== 'maps' || stageNow(state) === 'loss';
  if (kind === 'standard') {
    const [maps, arithmetic] = stack(left, [{ share: 1 }, busy ? 10 : 4]) as [Rect, Rect];
    const [stages, numbers] = stack(right, [8, { share: 1 }]) as [Rect, Rect];
    return { maps, arithmetic, stages, numbers };
  }
  const [first, middle] = columns(left, [23, { share: 1 }]) as [Rect, Rect];
  const [maps, arithmetic] = stack(middle, [{ share: 1 }, state.mode !== 'maps' ? 14 : busy ? 11 : 6]) as [
    Rect,
    Rect,
  ];
  const [numbers, kernel] = stack(right, [{ share: 1 }, 7]) as [Rect, Rect];
  return { stages: first, maps, arithmetic, numbers, kernel };
}

/** The Learn screen: one training step, taken apart. */
export const learn = defineScreen<LearnState>({
  name: 'learn',
  title: 'Learn',
  initial: {
    ...{
      request: {},
      report: EMPTY,
      stage: 0,
      results: {},
      current: EMPTY,
      took: 0,
      layer: 0,
      kind: 'output',
    },
    ...{
      image: 0,
      view: EMPTY,
      sort: 'number',
      perMap: false,
      selected: 0,
      order: [],
      tiles: [],
      mode: 'maps',
    },
    ...{ cursor: { y: 0, x: 0 }, channel: 0, number: EMPTY, loss: EMPTY, weight: EMPTY, kernels: EMPTY },
    ...{ exact: false, scroll: 0, playing: false },
  },
  panels: [
    {
      id: 'maps',
      title: mapsTitle,
      when: ({ state }) => state.mode !== 'source',
      lines: mapsLines,
      pictures: mapsPictures,
    },
    {
      id: 'arithmetic',
      title: arithmeticTitle,
      when: ({ state }) => state.mode !== 'source',
      lines: arithmeticLines,
    },
    {
      id: 'stages',
      title: ({ state }) => {
        const report = reportOf(state);
        return report === undefined
          ? 'step'
          : `step ${report.step.toLocaleString('en')}, seed ${report.seed}`;
      },
      when: ({ state }) => state.mode !== 'source',
      lines: stageLines,
    },
    {
      id: 'numbers',
      title: () => 'numbers',
      when: ({ state }) => state.mode !== 'source',
      lines: numberLines,
    },
    {
      id: 'source',
      title: sourceTitleOf,
      when: ({ state }) => state.mode === 'source',
      lines: sourceOfKernels,
      scroll: ({ state }) =>
        state.kernels.status === 'ready' ? sourceScroll(state.kernels.value.view) : undefined,
      flush: true,
    },
    {
      id: 'kernel',
      title: ({ state }) => `kernels of ${layerOf(state)?.name ?? 'the layer'}`,
      lines: kernelLines,
    },
  ],
  layout: layoutOf,
  keys: KEYS,
  explain: ({ state }) => [
    'One training step of a copy of the network, taken apart: the batch, its augmentation, the forward pass, the loss, the backward pass, the update, and the same batch again. Every number is one that the kernels of training computed.',
    '←→ change the stage, [ ] the layer, ↑↓ the channel, f the face. Enter follows one number down to its operands; v shows how a weight gets its gradient, with central differences measured on this device; w shows the kernels.',
    ...lesson(state),
  ],
  summary: ({ state }) => {
    const report = reportOf(state);
    return report === undefined
      ? 'no step'
      : `${report.network}: ${STAGES[state.stage]}, ${layerOf(state)?.name}`;
  },
  open: (act) => {
    if (act.state.report.status === 'empty') openStep(act, act.state.request);
  },
  // The step holds every value of a batch on the device.
  close: async (act) => {
    play(act, false);
    if (act.state.report.status === 'empty') return;
    act.set({ report: EMPTY, results: {}, view: EMPTY, tiles: [], order: [], current: EMPTY });
    await act.engine.request('learn.close', {}).catch(() => undefined);
  },
});

function sourceOfKernels(view: PanelView<LearnState>): readonly string[] {
  const { kernels } = view.state;
  return kernels.status === 'ready' ? sourceLines(kernels.value.view, view) : kernelLines(view);
}
