import type { Args, Result } from '../../engine/requests.js';
import type { KernelReport } from '../../learn/kernels.js';
import type { Arithmetic } from '../../learn/layers/arithmetic.js';
import type { LossArithmetic } from '../../learn/numbers.js';
import {
  type LayerView,
  type LearnLayer,
  type LearnReport,
  STAGES,
  type Stage,
  type StageReport,
  VALUES,
  type ValueKind,
} from '../../learn/report.js';
import type { LearnRequest } from '../../learn/source.js';
import type { WeightReport } from '../../learn/weights.js';
import type { Picture } from '../../util/picture.js';
import { type Loadable, ready } from '../loadable.js';
import { nextOf } from '../next_of.js';
import type { Actions } from '../screen_module.js';
import { type SourceView, sourceOf } from '../source_view.js';
import { orderOf, type Sort, tilesOf } from './learn_tiles.js';

export interface LearnState {
  readonly request: LearnRequest;
  readonly report: Loadable<LearnReport>;
  /** Index of the stage. */
  readonly stage: number;
  readonly results: Readonly<Partial<Record<Stage, StageReport>>>;
  /** The stage being computed. */
  readonly current: Loadable<Stage>;
  /** Milliseconds that the current stage took to compute. */
  readonly took: number;
  readonly layer: number;
  readonly kind: ValueKind;
  /** Image of the batch. */
  readonly image: number;
  readonly view: Loadable<LayerView>;
  readonly sort: Sort;
  /** Whether each map has a colour scale of its own; else the layer has one. */
  readonly perMap: boolean;
  /** Index into the sorted channels, the weights of the update, or the classes of the loss. */
  readonly selected: number;
  /** Channels in the order of `sort`, and their pictures. */
  readonly order: readonly number[];
  readonly tiles: readonly Picture[];
  /** `maps`: many channels; `one`: one channel with a cursor; `weight`: one weight; `source`: the kernels' WGSL. */
  readonly mode: 'maps' | 'one' | 'weight' | 'source';
  readonly cursor: { readonly y: number; readonly x: number };
  /** The input channel whose window is shown. */
  readonly channel: number;
  readonly number: Loadable<Arithmetic>;
  readonly loss: Loadable<LossArithmetic>;
  readonly weight: Loadable<WeightReport>;
  readonly kernels: Loadable<{ readonly report: KernelReport; readonly view: SourceView }>;
  /** Whether float64 is shown beside the kernels' numbers. */
  readonly exact: boolean;
  /** First line of the explanation. */
  readonly scroll: number;
  readonly playing: boolean;
}

export type Act = Actions<LearnState>;

export const stageNow = ({ stage }: Pick<LearnState, 'stage'>): Stage => STAGES[stage] ?? 'batch';

export function reportOf({ report }: Pick<LearnState, 'report'>): LearnReport | undefined {
  return report.status === 'ready' ? report.value : undefined;
}

export function layerOf(state: LearnState): LearnLayer | undefined {
  return reportOf(state)?.layers[state.layer];
}

export function viewOf({ view }: Pick<LearnState, 'view'>): LayerView | undefined {
  return view.status === 'ready' ? view.value : undefined;
}

/** Whether the stage shows the values of layers. */
export function showsLayers(state: LearnState): boolean {
  return ['forward', 'backward'].includes(stageNow(state));
}

/** The channel that is selected. */
export function channelOf({ order, selected }: LearnState): number {
  return order[selected] ?? 0;
}

/** Names of the weights that the step changes, in the order of the update stage. */
export function trainableWeights(state: LearnState): string[] {
  const layers = reportOf(state)?.layers ?? [];
  return layers.flatMap(({ weights }) =>
    weights.filter(({ trainable }) => trainable).map(({ name }) => name),
  );
}

/** The values that stay visible until the next one has arrived. */
type Replaced = 'view' | 'number' | 'loss';
const tickets = new Map<Replaced, number>();

/**
 * Shows the answer of the engine when it arrives, unless there is a later request for the same key. Until then the old answer
 * stays.
 */
function replace<K extends Replaced>(
  act: Act,
  key: K,
  answer: Promise<Extract<LearnState[K], { status: 'ready' }>['value']>,
  then?: () => void,
): void {
  const ticket = (tickets.get(key) ?? 0) + 1;
  tickets.set(key, ticket);
  const put = (value: Loadable<unknown>): void => {
    if (tickets.get(key) === ticket) act.set({ [key]: value } as Partial<LearnState>);
  };
  answer.then(
    (value) => {
      put(ready(value));
      if (tickets.get(key) === ticket) then?.();
    },
    (error: unknown) =>
      put({ status: 'failed', message: error instanceof Error ? error.message : String(error) }),
  );
}

/** Opens a step. */
export function openStep(act: Act, request: LearnRequest): void {
  act.drop('current');
  act.drop('kernels');
  act.drop('weight');
  act.set({
    ...{
      request,
      stage: 0,
      results: {},
      layer: 0,
      image: 0,
      selected: 0,
      mode: 'maps',
      order: [],
      tiles: [],
    },
    ...{
      kind: 'output',
      scroll: 0,
      view: { status: 'empty' },
      number: { status: 'empty' },
      loss: { status: 'empty' },
    },
  });
  const what = request.model ?? 'fer-cnn';
  act.load('report', `opening ${what}`, async (engine, { signal, progress }) => {
    const report = await engine.request('learn.open', request, {
      signal,
      onProgress: ({ done, total }) => progress(done, total),
    });
    setImmediate(() => toStage(act, 0));
    return report;
  });
}

/** Shows a stage, and computes it if it was not shown before. */
export function toStage(act: Act, to: number): void {
  const stage = STAGES[to];
  if (stage === undefined || act.state.report.status !== 'ready') return;
  const kind = stage === 'backward' ? 'output gradient' : stage === 'forward' ? 'output' : act.state.kind;
  act.set({ stage: to, kind, selected: 0, mode: 'maps', scroll: 0, number: { status: 'empty' } });
  const known = act.state.results[stage] !== undefined;
  if (known) {
    act.drop('current');
    shown(act);
    return;
  }
  const begin = performance.now();
  act.load('current', `computing ${stage}`, async (engine, { signal }) => {
    const result = await engine.request('learn.stage', { stage }, { signal });
    act.set({ results: { ...act.state.results, [stage]: result }, took: performance.now() - begin });
    setImmediate(() => shown(act));
    return stage;
  });
}

/** Loads what a stage shows beyond its own result. */
function shown(act: Act): void {
  if (showsLayers(act.state)) loadView(act);
  else if (stageNow(act.state) === 'loss') loadLoss(act);
}

/** Loads the values of the layer, and draws them. */
export function loadView(act: Act): void {
  const { layer, kind, image } = act.state;
  replace(act, 'view', act.engine.request('learn.view', { layer, kind, image }), () => drawTiles(act));
  if (act.state.mode === 'one') loadNumber(act);
}

/** Draws the channels anew, in their order. */
export function drawTiles(act: Act): void {
  const { sort, perMap, selected } = act.state;
  const view = viewOf(act.state);
  if (view === undefined) return;
  const order = orderOf(view, sort);
  const gray = act.app.capability.color === 'none';
  act.set({
    order,
    tiles: tilesOf(view, order, { perMap, gray }),
    selected: Math.min(selected, order.length - 1),
  });
}

/** The request to the engine for the number that is followed. */
export function placeOf(state: LearnState): Args<'learn.number'> {
  const { layer, kind, image, cursor, channel } = state;
  const [height = 1, width = 1] =
    (viewOf(state)?.shape.length ?? 1) === 3 ? (viewOf(state)?.shape ?? []) : [1, 1];
  const at = {
    image,
    y: Math.min(cursor.y, height - 1),
    x: Math.min(cursor.x, width - 1),
    c: channelOf(state),
  };
  return { layer, kind, channel, at };
}

export function loadNumber(act: Act): void {
  replace(act, 'number', act.engine.request('learn.number', placeOf(act.state)));
}

export function loadLoss(act: Act): void {
  const { image, selected } = act.state;
  replace(act, 'loss', act.engine.request('learn.loss', { image, c: selected }));
}

/** Shows one weight. @param index undefined: the one with the largest gradient */
export function loadWeight(act: Act, weight: string, index?: number): void {
  act.set({ mode: 'weight', scroll: 0 });
  act.load('weight', `differences for ${weight}`, (engine, { signal }) =>
    engine.request('learn.weight', { weight, index }, { signal }),
  );
}

export function loadKernels(act: Act): void {
  const { layer } = act.state;
  act.set({ mode: 'source' });
  act.load('kernels', `timing the kernels of ${layerOf(act.state)?.name}`, async (engine, { signal }) => {
    const { report, files }: Result<'learn.kernels'> = await engine.request(
      'learn.kernels',
      { layer },
      { signal },
    );
    return { report, view: sourceOf(files, { at: 'formula' }) };
  });
}

/** Another layer, image or kind of values. */
export function changeView(act: Act, change: Partial<Pick<LearnState, 'layer' | 'image' | 'kind'>>): void {
  const other = change.layer !== undefined && change.layer !== act.state.layer;
  act.set({
    ...change,
    ...(other && { selected: 0, cursor: { y: 0, x: 0 }, channel: 0, kernels: { status: 'empty' } }),
  });
  if (showsLayers(act.state)) loadView(act);
  else if (stageNow(act.state) === 'loss') loadLoss(act);
}

export const nextKind = (kind: ValueKind): ValueKind => nextOf(VALUES, kind);
