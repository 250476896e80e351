import { join } from 'node:path';
import { atomicWrite } from '../../util/atomic_write.js';
import { shortNumber } from '../../util/axis.js';
import { chartSvg } from '../charts/chart_svg.js';
import {
  type ChartView,
  CURSOR_STEPS,
  chartCsv,
  moved,
  panned,
  placesOf,
  type Span,
  spanOf,
  WHOLE_CHART,
  X_AXES,
  zoomed,
} from '../charts/chart_view.js';
import { nextOf } from '../next_of.js';
import type { Actions, Binding } from '../screen_module.js';
import { chartOf, curvesOf, extentOf, pictureOf } from './train_charts.js';
import { askForOthers } from './train_compare.js';
import { showsForm } from './train_form.js';
import { MOST_OTHERS, SECOND_CHARTS, type TrainState } from './train_panels.js';

/** The keys that look at the charts of a run. */

type Act = Actions<TrainState>;

export const inRun = (act: Act): boolean => !showsForm(act);

/** Shares of the old in smoothed curves. */
const WEIGHTS: readonly number[] = [0.6, 0.9, 0.97, 0.99];

const setChart = (act: Act, change: Partial<ChartView>): void =>
  act.set({ chart: { ...act.state.chart, ...change } });

/** The curves of the chart that has the focus; those of the loss where a panel without a chart has it. */
const focused = (act: Act) => {
  const name = chartOf(act.focus, act.state);
  return { name, series: curvesOf(lookAt(act), name) };
};

function read(act: Act, key: string): void {
  const places = placesOf(focused(act).series);
  setChart(act, moved(act.state.chart, places, extentOf(act), CURSOR_STEPS[key] ?? 0));
}

const isWhole = ({ cursor, window, ranges }: ChartView): boolean =>
  cursor === undefined && window === undefined && Object.keys(ranges).length === 0;

/** Asks for the ends of the y axis of the chart that has the focus; accuracies are typed in per cent. */
function askForRange(act: Act): void {
  const { ranges } = act.state.chart;
  const { name } = focused(act);
  const unit = name === 'accuracy' ? 100 : 1;
  const typed = (text: string): Span | string | undefined => spanOf(text, act.state.log);
  act.prompt({
    title: `y axis of ${name}`,
    value: ranges[name]?.map((end) => shortNumber(unit * end)).join(' ') ?? '',
    history: `range of ${name}`,
    help: `its lower and upper end${unit === 1 ? '' : ' in %'}, such as ${unit === 1 ? '0.5 2' : '40 70'}; empty leaves them to the curves, Esc on the charts too`,
    check: (text) => {
      const span = typed(text);
      return typeof span === 'string' ? span : undefined;
    },
    submit: (text) => {
      const span = typed(text);
      const { [name]: _, ...others } = act.state.chart.ranges;
      if (typeof span !== 'string')
        setChart(act, {
          ranges: span === undefined ? others : { ...others, [name]: [span[0] / unit, span[1] / unit] },
        });
    },
  });
}

const lookAt = ({ state, app }: Act) => ({ state, app, capability: app.capability });

/** Writes the chart that has the focus to the current directory, in files of these endings. */
function write(act: Act, contents: Readonly<Record<string, string | Uint8Array>>): void {
  const run = act.app.run?.start?.run ?? 'run';
  const name = `${run}-${focused(act).name.replace(/\W+/g, '-')}`;
  const files = Object.entries(contents).map(([ending, content]) => [`${name}.${ending}`, content] as const);
  try {
    for (const [file, content] of files) atomicWrite(join('.', file), content);
    act.note(`written: ${files.map(([file]) => file).join(' and ')}`, 'good');
  } catch (error) {
    act.note(error instanceof Error ? error.message : String(error), 'bad');
  }
}

async function writePictures(act: Act): Promise<void> {
  const [curves, options] = pictureOf(lookAt(act), focused(act).name);
  const { chartPng } = await import('../charts/chart_png.js'); // with the encoder, which the start does not wait for
  write(act, { svg: chartSvg(curves, options), png: chartPng(curves, options) });
}

export const CHART_KEYS: readonly Binding<TrainState>[] = [
  {
    keys: ['left', 'right'],
    hint: 'read',
    help: 'Reads the curves: a cursor at the value before or after; the titles say the values there',
    when: inRun,
    run: read,
  },
  {
    keys: ['pageup', 'pagedown'],
    help: 'Moves the cursor of the curves further',
    when: inRun,
    run: read,
  },
  {
    keys: ['home', 'end'],
    help: 'Moves the cursor of the curves to the first or the last value shown',
    when: inRun,
    run: read,
  },
  {
    keys: ['=', '-'],
    hint: 'zoom',
    help: 'Shows half or twice as much of the x axis, about the cursor, or up to the newest value',
    when: inRun,
    run: (act, key) => {
      setChart(act, zoomed(act.state.chart, extentOf(act), key === '=' ? 0.5 : 2));
    },
  },
  {
    keys: ['<', '>'],
    help: 'Moves the part of the curves that is shown to the left or right',
    when: (act) => inRun(act) && act.state.chart.window !== undefined,
    run: (act, key) => act.set({ chart: panned(act.state.chart, extentOf(act), key === '<' ? -0.25 : 0.25) }),
  },
  {
    keys: ['escape'],
    hint: 'whole',
    help: 'Takes the cursor away and shows the whole curves',
    when: (act) => inRun(act) && !isWhole(act.state.chart),
    run: (act) => setChart(act, WHOLE_CHART),
  },
  {
    keys: ['r'],
    help: 'Sets the ends of the y axis of the chart that has the focus',
    when: inRun,
    run: askForRange,
  },
  {
    keys: ['a'],
    help: 'Draws the curves over epochs, steps, or time without pauses',
    when: inRun,
    run: (act) => act.set({ axis: nextOf(X_AXES, act.state.axis) }),
  },
  {
    keys: ['m'],
    hint: 'chart',
    help: 'Shows another chart beside the loss: accuracy, gradient norm, learning rate, images per second',
    when: inRun,
    run: (act) => act.set({ second: nextOf(SECOND_CHARTS, act.state.second) }),
  },
  {
    keys: ['w'],
    help: 'Writes the curves of the chart that has the focus as a CSV file',
    when: inRun,
    run: (act) => write(act, { csv: chartCsv(focused(act).series, 'epoch') }),
  },
  {
    keys: ['W'],
    help: 'Writes the chart that has the focus as a picture, an SVG file and a PNG file',
    when: inRun,
    run: (act) => void writePictures(act),
  },
  {
    keys: ['o'],
    hint: 'compare',
    help: `Draws the curves of up to ${MOST_OTHERS} other runs over those of this one`,
    when: inRun,
    run: askForOthers,
  },
  {
    keys: ['g'],
    hint: 'log',
    help: 'Turns the logarithmic scale of the charts on or off',
    when: inRun,
    run: (act) => act.set({ log: !act.state.log }),
  },
  {
    keys: ['e'],
    help: 'Turns smoothing of the training curves (moving average) on or off',
    when: inRun,
    run: (act) => act.set({ smooth: !act.state.smooth }),
  },
  {
    keys: ['E'],
    help: `Smooths the training curves more, then less: ${WEIGHTS.join(', ')} of the old`,
    when: inRun,
    run: (act) => act.set({ smooth: true, weight: nextOf(WEIGHTS, act.state.weight) }),
  },
  {
    keys: ['z'],
    hint: 'recent',
    help: 'Shows the latest part of the curves, or all of them',
    when: inRun,
    run: (act) => {
      act.set({ recent: !act.state.recent });
      setChart(act, { window: undefined, cursor: undefined });
    },
  },
];
