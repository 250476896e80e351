import type { ParameterAxis } from '../../study/parameter_axis.js';
import type { TrialRecord } from '../../study/trial.js';
import { type ChartOptions, lineChart, type Series } from './line_chart.js';

/** The charts of a study: a curve or a dot for each trial. */

/** The trials, and those that stand out among them. */
export interface TrialChart {
  readonly trials: readonly TrialRecord[];
  /** Drawn on top, as `*`. */
  readonly best: TrialRecord | undefined;
  /** Drawn as `o`; may be the best. */
  readonly chosen?: TrialRecord | undefined;
}

/** The study's objective after each epoch, a series for each trial. */
export function curveSeries(chart: TrialChart): Series[] {
  const points = ({ curve }: TrialRecord): Series['points'] => curve.map((y, i) => ({ x: i + 1, y }));
  return seriesOf(chart, points, ({ curve }) => curve.length === 1);
}

/** A slice plot: the result of each trial by one setting. @param options `x` is set here */
export function sliceChart(chart: TrialChart, axis: ParameterAxis, options: ChartOptions): string[] {
  const xMarks = axis.marks.map(({ place, text }) => ({ x: place, text }));
  return lineChart(sliceSeries(chart, axis), {
    ...options,
    ...{ x: [0, 1], xMarks, xLabel: axis.log ? 'log' : '' },
  });
}

/** The result of each trial at the place of its value on the axis; trials without a value or a result have no point. */
export function sliceSeries(chart: TrialChart, axis: ParameterAxis): Series[] {
  const points = ({ values, metric }: TrialRecord): Series['points'] => {
    const value = values[axis.name];
    return value === undefined || metric === null ? [] : [{ x: axis.place(value), y: metric }];
  };
  return seriesOf(chart, points, () => true);
}

/** @param dots whether a trial is drawn as dots, not as a line */
function seriesOf(
  { trials, best, chosen }: TrialChart,
  points: (trial: TrialRecord) => Series['points'],
  dots: (trial: TrialRecord) => boolean,
): Series[] {
  const faint = trials
    .filter((trial) => trial !== best && trial !== chosen)
    .map(
      (trial): Series => ({
        ...{ name: '', role: 'dim', mark: '.', unnamed: true, points: points(trial) },
        dots: dots(trial),
      }),
    );
  const clear = [
    ...(chosen === undefined || chosen === best
      ? []
      : [{ trial: chosen, role: 'validation', mark: 'o' } as const]),
    ...(best === undefined ? [] : [{ trial: best, role: 'train', mark: '*' } as const]),
  ];
  return [
    ...faint,
    ...clear.map(
      ({ trial, role, mark }): Series => ({
        ...{ name: `trial ${trial.number}`, role, mark, dots: true, points: points(trial) },
      }),
    ),
  ];
}
