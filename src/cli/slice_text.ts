import { parameterAxes } from '../study/parameter_axis.js';
import { bestTrial } from '../study/score.js';
import type { Study } from '../study/study.js';
import { legend } from '../tui/charts/line_chart.js';
import { sliceChart, sliceSeries, type TrialChart } from '../tui/charts/trial_charts.js';
import type { Capability } from '../tui/paint/capability.js';
import { makeTheme } from '../tui/theme.js';
import { metricText } from './study_lines.js';

/** Lines of each chart, and its columns at most. */
const [ROWS, MOST_COLS] = [9, 80];

/**
 * The result of each trial by one setting, a chart for every setting in which the trials differ; empty while no trial has a
 * result.
 * @param cols of the terminal
 */
export function sliceText(
  { settings: { objective }, liveTrials: trials }: Pick<Study, 'settings' | 'liveTrials'>,
  capability: Capability,
  cols: number,
): string {
  const chart: TrialChart = { trials, best: bestTrial(trials, objective) };
  if (chart.best === undefined) return '';
  const options = {
    ...{ cols: Math.min(cols, MOST_COLS), rows: ROWS },
    ...{ theme: makeTheme(capability), glyphs: capability.glyphs },
    format: (value: number) => metricText(value, objective),
  };
  const charts = parameterAxes(trials).map((axis) => {
    const drawn = sliceSeries(chart, axis).filter(({ points }) => points.length > 0);
    const title = `${objective} by ${axis.name}  ${legend(drawn, options)}`;
    return [title, ...sliceChart(chart, axis, options)].map((line) => line.trimEnd()).join('\n');
  });
  return charts.map((text) => `\n${text}\n`).join('');
}
