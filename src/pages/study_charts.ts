import type { ParameterAxis } from '../study/parameter_axis.js';
import type { TrialRecord } from '../study/trial.js';
import { type Content, type Html, html } from './html.js';
import { type Axis, axisOver, plot, units } from './plot.js';

/** What the charts of a study are drawn of. */
export interface StudyChart {
  /** By number. */
  readonly trials: readonly TrialRecord[];
  /** The trial to point out. */
  readonly best: TrialRecord | undefined;
  /** The name of the objective. */
  readonly objective: string;
  /** A value of the objective in words. */
  readonly text: (value: number) => string;
}

/** The study's objective after each epoch, one curve a trial; the best trial on top. */
export function curvesChart({ trials, best, objective, text }: StudyChart): Html {
  const drawn = trials.filter(({ curve }) => curve.length > 0);
  const longest = Math.max(1, ...drawn.map(({ curve }) => curve.length));
  return plot({
    title: 'Curves of all trials',
    description: `${objective} by epoch of ${drawn.length} trials${best === undefined ? '' : `; the best, trial ${best.number}, ends at ${text(best.curve.at(-1) ?? Number.NaN)}`}.`,
    x: axisOver('epoch', [1, longest], { whole: true }),
    y: axisOver(
      objective,
      drawn.flatMap(({ curve }) => curve),
    ),
    marks: (area) =>
      onTop(drawn, best).map((trial) => {
        let pen = 'M';
        const path = trial.curve.map((value, i) => {
          if (!Number.isFinite(value)) pen = 'M';
          else {
            const step = `${pen}${area.x(i + 1)} ${area.y(value)}`;
            pen = 'L';
            return step;
          }
          return '';
        });
        const dots = trial.curve.length === 1 && Number.isFinite(trial.curve[0]);
        return html`<g style="${lookOf(trial, best)}"><path class="line" style="stroke-width:${trial === best ? 2.5 : 1}" d="${path.join('')}">${tip(trial, text)}</path>${
          dots && html`<circle class="dot" cx="${area.x(1)}" cy="${area.y(trial.curve[0] ?? 0)}" r="1.6"/>`
        }</g>`;
      }),
    below: legend(best, 'a trial'),
  });
}

/** The objective of each trial by one setting. */
export function sliceChart(axis: ParameterAxis, { trials, best, objective, text }: StudyChart): Html {
  const drawn = trials.filter(({ values, metric }) => axis.name in values && metric !== null);
  return plot({
    title: axis.name,
    description: `${objective} of ${drawn.length} trials by ${axis.name}.`,
    x: {
      title: `${axis.name}${axis.log ? ' (logarithmic)' : ''}`,
      scale: { low: 0, high: 1, place: (value) => value },
      marks: axis.marks.map(({ place }) => place),
      text: (at) => axis.marks.find(({ place }) => place === at)?.text ?? '',
    },
    y: objectiveAxis(objective, drawn),
    marks: (area) =>
      onTop(drawn, best).map((trial) => {
        const place = axis.place(trial.values[axis.name] ?? '');
        return html`<circle class="dot" style="${lookOf(trial, best)}" cx="${area.x(place)}" cy="${area.y(trial.metric ?? 0)}" r="${trial === best ? 5 : 3}">${tip(trial, text)}</circle>`;
      }),
    below: legend(best, 'a trial'),
  });
}

const [WIDE, HIGH] = [900, 320];
const [LEFT, RIGHT, TOP, BOTTOM] = [60, 70, 16, 40];

/** Parallel coordinates: an axis for each setting, the objective at the right, and a line for each trial. */
export function parallelChart(
  axes: readonly ParameterAxis[],
  { trials, best, objective, text }: StudyChart,
): Html {
  const drawn = trials.filter(({ metric }) => metric !== null);
  const result = objectiveAxis(objective, drawn);
  const at = (i: number): number => units(LEFT + (i * (WIDE - LEFT - RIGHT)) / axes.length);
  const up = (place: number): number => units(HIGH - BOTTOM - place * (HIGH - TOP - BOTTOM));
  const column = (i: number, title: string, marks: readonly { place: number; text: string }[]): Html => html`
    <path class="axis" d="M${at(i)} ${TOP}V${HIGH - BOTTOM}"/>
    ${marks.map(({ place, text }) => html`<path class="axis" d="M${at(i)} ${up(place)}h-4"/><text x="${at(i) - 7}" y="${up(place) + 4}" text-anchor="end">${text}</text>`)}
    <text x="${at(i)}" y="${HIGH - (i % 2 === 0 ? 20 : 4)}" text-anchor="middle">${title}</text>`;
  const lines = onTop(drawn, best).map((trial) => {
    const places = axes.map(({ name, place }) => {
      const value = trial.values[name];
      return value === undefined ? undefined : place(value);
    });
    const all = [...places, result.scale.place(trial.metric ?? 0)];
    // A setting that the trial does not have is passed over with a straight line.
    const steps = all.flatMap((place, i) => (place === undefined ? [] : [`${at(i)} ${up(place)}`]));
    return html`<g style="${lookOf(trial, best)}"><path class="line" style="stroke-width:${trial === best ? 2.5 : 1}" d="M${steps.join('L')}">${tip(trial, text)}</path></g>`;
  });
  return html`
    <div class="scroll" role="region" tabindex="0" aria-label="Parallel coordinates">
    <figure><svg style="min-width:40rem" viewBox="0 0 ${WIDE} ${HIGH}" role="img" aria-label="${`${drawn.length} trials as lines over ${axes.length} settings and ${objective}`}">
    ${lines}
    ${axes.map((axis, i) => column(i, axis.name, axis.marks))}
    ${column(
      axes.length,
      objective,
      result.marks.map((value) => ({ place: result.scale.place(value), text: result.text(value) })),
    )}
    </svg><figcaption>${legend(best, 'a trial')}</figcaption></figure></div>`;
}

function objectiveAxis(objective: string, trials: readonly TrialRecord[]): Axis {
  return axisOver(
    objective,
    trials.flatMap(({ metric }) => metric ?? []),
  );
}

/** The best trial is drawn last. */
function onTop(trials: readonly TrialRecord[], best: TrialRecord | undefined): readonly TrialRecord[] {
  return [...trials.filter((trial) => trial !== best), ...trials.filter((trial) => trial === best)];
}

function lookOf(trial: TrialRecord, best: TrialRecord | undefined): string {
  return trial === best ? 'color:var(--s1)' : 'color:var(--s0);opacity:.45';
}

function tip({ number, metric, values }: TrialRecord, text: (value: number) => string): Html {
  const settings = Object.entries(values).map(([name, value]) => `${name} ${value}`);
  return html`<title>trial ${number}: ${metric === null ? 'no result' : text(metric)} (${settings.join(', ')})</title>`;
}

function legend(best: TrialRecord | undefined, other: string): Content {
  const sample = (look: string): Html =>
    html`<svg viewBox="0 0 24 12" aria-hidden="true" style="${look}"><path class="line" d="M1 6H23"/></svg>`;
  return html`<ul class="legend"><li>${sample('color:var(--s0);opacity:.45')}${other}</li>${
    best && html`<li>${sample('color:var(--s1)')}the best, trial ${best.number}</li>`
  }</ul>`;
}
