import { type CvReport, comparisonOf, configurationOf, cvReport } from '../study/cv.js';
import { type Importance, importanceOf, whyNoImportance } from '../study/importance.js';
import { type ParameterAxis, parameterAxes } from '../study/parameter_axis.js';
import { bestTrial, ranked } from '../study/score.js';
import type { Study } from '../study/study.js';
import { isOpen, type TrialRecord } from '../study/trial.js';
import { resolveConfig } from '../train/config.js';
import { duration } from '../train/printer.js';
import { trainOptions } from '../train/run_settings.js';
import { counted } from '../util/counted.js';
import { shellWord } from '../util/shell_word.js';
import { VERSION } from '../util/version.js';
import { html } from './html.js';
import { howToRead, keyFigures, type PageSection, page, warning } from './page.js';
import { curvesChart, parallelChart, type StudyChart, sliceChart } from './study_charts.js';
import { table } from './table.js';
import { count, fixed, moment, percent } from './words.js';

/** What the page of a study shows. */
export type StudyReview = Pick<Study, 'name' | 'path' | 'settings'> & {
  /** By number. */
  readonly trials: readonly TrialRecord[];
};

/** The page of a study: one HTML file without scripts that needs nothing else. Equal studies give equal bytes. */
export function studyPage(review: StudyReview): string {
  const { name, settings, trials } = review;
  const { objective } = settings;
  const text = (value: number): string => (objective.endsWith('loss') ? fixed(value, 4) : percent(value, 2));
  const order = ranked(trials, objective);
  const best = bestTrial(trials, objective);
  const chart: StudyChart = { trials, best, objective, text };
  const axes = parameterAxes(trials);
  return page({
    title: `Study ${name}`,
    lead: html`${count(trials.length)} trials, compared by ${objective}. Begun ${moment(settings.created)}.`,
    opening: [
      stillGoingOn(trials),
      keyFigures([
        [`best ${objective}`, best === undefined ? '–' : text(best.metric ?? Number.NaN)],
        ['in trial', best === undefined ? '–' : count(best.number)],
        ['complete', count(trials.filter(({ state }) => state === 'complete').length)],
        ['stopped early', count(trials.filter(({ state }) => state === 'paused').length)],
        ['failed', count(trials.filter(({ state }) => state === 'failed').length)],
        ['training time', duration(trials.reduce((sum, { seconds }) => sum + seconds, 0))],
      ]),
    ],
    sections: [
      { title: 'Curves', body: curvesChart(chart) },
      ...(settings.kind === 'cv'
        ? [configSection(cvReport(settings, trials), text)]
        : [
            importanceSection(importanceOf(trials, objective)),
            ...(axes.length > 0 ? settingSections(axes, chart) : []),
          ]),
      trialSection(order, review, text),
      failureSection(trials),
      againSection(review, best),
    ].filter((section) => section !== undefined),
    footer: `Made by fer-tui ${VERSION} with "fer-tui report". This page holds everything it shows and loads nothing.`,
  });
}

/** The results by the settings: one by one, and all together. */
function settingSections(axes: readonly ParameterAxis[], chart: StudyChart): PageSection[] {
  return [
    {
      title: 'Slices',
      body: [
        howToRead('Each dot is a trial. A slope or a valley says that the setting matters by itself.'),
        html`<div class="charts">${axes.map((axis) => sliceChart(axis, chart))}</div>`,
      ],
    },
    {
      title: 'Parallel coordinates',
      body: [
        howToRead('Each line is a trial: its settings from left to right, and its result.'),
        parallelChart(axes, chart),
      ],
    },
  ];
}

function stillGoingOn(trials: readonly TrialRecord[]) {
  const running = trials.filter(isOpen).length;
  return (
    running > 0 &&
    warning(`${count(running)} of the trials had not ended their step when this page was made.`)
  );
}

function importanceSection(importance: Importance | undefined): PageSection {
  const title = 'Importance of the settings';
  const why = whyNoImportance(importance);
  if (importance === undefined || why !== undefined) return { title, body: html`<p>Not known: ${why}.</p>` };
  const { parameters, trials, epochs, explained } = importance;
  return {
    title,
    body: [
      howToRead(
        'How much worse a random forest predicts the rank of a trial when the values of the setting are permuted, as a share of the sum. A setting without a mark is no more important than a setting with shuffled values.',
      ),
      table({
        caption: `${count(trials)} trials after ${counted(epochs, 'epoch')}; the forest explains ${percent(explained, 0)} of the variance of trials that it has not seen`,
        columns: [
          { title: 'setting', words: true },
          { title: 'importance' },
          { title: '', words: true },
          { title: 'more than chance', words: true },
        ],
        rows: parameters.map(({ name, share, clear }) => [
          name,
          percent(share, 0),
          html`<span class="bar" style="--part:${share.toFixed(3)}"></span>`,
          clear ? 'yes' : 'not clear',
        ]),
      }),
    ],
  };
}

/** What a cross-validation says of its configurations. */
function configSection(cv: CvReport, text: (value: number) => string): PageSection {
  const number = (value: number): string => (Number.isFinite(value) ? text(value) : '–');
  return {
    title: 'Configurations',
    body: [
      howToRead(
        'Mean and standard deviation of the objective after the last epoch, over all folds. The difference from the best configuration has a 95 % interval by the corrected resampled t-test (Nadeau & Bengio 2003): where it contains 0, the folds do not tell the two apart.',
      ),
      table({
        caption: 'Configurations, in the order in which they were given',
        columns: [
          { title: 'configuration', words: true },
          ...['mean', 'sd', 'folds', 'difference', 'low', 'high', 'p'].map((title) => ({ title })),
        ],
        rows: cv.configs.map(({ name, mean, sd, n }) => {
          const beside = comparisonOf(cv, name);
          const compared =
            beside === undefined
              ? ['–', '–', '–', '–']
              : [...[beside.difference, beside.low, beside.high].map(number), fixed(beside.p, 3)];
          return [name, number(mean), number(sd), count(n), ...compared];
        }),
      }),
    ],
  };
}

function trialSection(
  order: readonly TrialRecord[],
  { settings }: StudyReview,
  text: (value: number) => string,
): PageSection {
  const names = [...new Set(order.flatMap(({ values }) => Object.keys(values)))];
  const { objective } = settings;
  const cv = settings.kind === 'cv' ? settings : undefined;
  return {
    title: 'Trials',
    body: table({
      caption: `All trials, the best ${objective} first`,
      columns: [
        ...[
          { title: 'trial' },
          ...(cv ? [{ title: 'configuration', words: true }] : []),
          { title: objective },
        ],
        ...names.map((title) => ({ title })),
        ...[{ title: 'epochs' }, { title: 'time' }, { title: 'state', words: true }],
      ],
      rows: order.map(({ number, metric, values, epochs, seconds, state }) => [
        ...[number, ...(cv ? [configurationOf({ number }, cv)] : []), metric === null ? '–' : text(metric)],
        ...names.map((name) => String(values[name] ?? '–')),
        ...[epochs, duration(seconds), state === 'paused' ? 'stopped early' : state],
      ]),
    }),
  };
}

function failureSection(trials: readonly TrialRecord[]): PageSection | undefined {
  const failed = trials.filter(({ state }) => state === 'failed');
  if (failed.length === 0) return undefined;
  return {
    title: 'Failures',
    body: html`<ul>${failed.map(({ number, error }) => html`<li>trial ${number}: ${error ?? 'no reason was recorded'}</li>`)}</ul>`,
  };
}

function againSection({ path, settings }: StudyReview, best: TrialRecord | undefined): PageSection {
  if (settings.kind === 'cv') {
    const again = html`<pre>fer-tui cv --resume ${shellWord(path)}</pre>`;
    return { title: 'Go on', body: [html`<p>This command goes on with the cross-validation:</p>`, again] };
  }
  const shared = settings.settings;
  return {
    title: 'Go on',
    body: [
      best !== undefined && [
        html`<p>This command trains the best trial again:</p>`,
        html`<pre>${['fer-tui train', ...trainOptions({ ...resolveConfig({ ...shared, ...best.values }) })].join(' \\\n  ')}</pre>`,
      ],
      html`<p>This one goes on with the study, or begins more trials with <code>--trials</code>:</p>`,
      html`<pre>fer-tui search --resume ${shellWord(path)}</pre>`,
    ],
  };
}
