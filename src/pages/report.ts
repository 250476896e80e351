import { duration } from '../train/printer.js';
import type { RunReview } from '../train/run_review.js';
import { progressWords } from '../train/runs.js';
import { shellWord } from '../util/shell_word.js';
import { VERSION } from '../util/version.js';
import { type Html, html } from './html.js';
import { keyFigures, page, warning } from './page.js';
import {
  classSection,
  confusionSection,
  filterSection,
  mistakeSection,
  reliabilitySection,
} from './report_results.js';
import {
  curveSection,
  environmentSection,
  networkSection,
  reproductionSection,
  settingsSection,
} from './report_training.js';
import { count, fixed, moment, percent } from './words.js';

/** The page of a run: one HTML file without scripts that needs nothing else. Equal reviews give equal bytes. */
export function reportPage(review: RunReview): string {
  const { run, sessions } = review;
  const [{ data }] = sessions;
  return page({
    title: `Run ${run.name}`,
    lead: html`${run.model} on ${run.data}: ${count(data.train)} training and ${count(data.validation)} validation images. ${run.dataNotes.map((note) => `${note}. `)}Begun ${moment(run.begun)}.`,
    opening: [
      statusNote(review),
      keyFigures(figures(review)),
      html`<p>${verdict(review)}</p>`,
      run.note !== '' && html`<p><b>Note.</b> ${run.note}</p>`,
    ],
    sections: [
      curveSection(review),
      classSection(review),
      confusionSection(review),
      reliabilitySection(review),
      filterSection(review),
      mistakeSection(review),
      networkSection(review),
      settingsSection(review),
      environmentSection(review),
      reproductionSection(review),
    ],
    footer: `Made by fer-tui ${VERSION} with "fer-tui report". This page holds everything it shows and loads nothing.`,
  });
}

/** What became of the run, where it did not simply end. */
function statusNote({ run, incidents }: RunReview): Html | undefined {
  const done = progressWords(run);
  const resume = html`<code>fer-tui train --resume ${shellWord(run.path)}</code> goes on.`;
  switch (run.status) {
    case 'finished':
    case 'early-stop':
      return undefined;
    case 'running':
      return warning(`The run is still going on. This page shows its first ${done}.`);
    case 'stopped':
      return warning(html`The run was stopped after ${done}. ${resume}`);
    case 'crashed':
      return warning(html`The run was interrupted after ${done}: its log does not end. ${resume}`);
    case 'failed': {
      const error = incidents.findLast(({ kind }) => kind === 'error');
      return warning(`The run failed after ${done}: ${error?.message ?? 'its log does not say why'}`);
    }
    case 'damaged':
      return warning(
        `The log of the run is damaged behind line ${run.damagedAfter}. This page shows what stands before the damage: ${done}.`,
      );
  }
}

function figures({ run, epoch, sessions, evaluation }: RunReview): [string, string][] {
  const found = 'value' in evaluation ? evaluation.value : undefined;
  const accuracy = found?.accuracy ?? epoch?.val?.acc;
  const loss = found?.loss ?? epoch?.val?.loss;
  return [
    ['validation accuracy', percent(accuracy)],
    ['validation loss', fixed(loss, 3)],
    ['macro F1', percent(found?.macroF1)],
    ['calibration error (ECE)', percent(found?.ece)],
    ['epochs', `${run.done} of ${run.of}`],
    ['training time', duration(run.seconds)],
    ['parameters', count(sessions[0].parameters)],
  ];
}

/** The result in a sentence, beside what guessing would give. */
function verdict({ run, epoch, sessions, evaluation }: RunReview): string {
  if (epoch === undefined) return 'No epoch is complete, so there is no result yet.';
  const [{ data }] = sessions;
  const accuracy = ('value' in evaluation ? evaluation.value.accuracy : undefined) ?? epoch.val?.acc;
  if (accuracy === undefined)
    return `After epoch ${epoch.epoch}, the training accuracy was ${percent(epoch.train.acc)}. There was no validation.`;
  const baseline =
    typeof data.majority === 'number'
      ? ` Always answering the most frequent class would be right for ${percent(data.majority)}.`
      : '';
  const early =
    run.status === 'early-stop' ? ` Early stopping ended the run after ${progressWords(run)}.` : '';
  return `With the weights of epoch ${epoch.epoch}, the network is right for ${percent(accuracy)} of the validation images.${baseline}${early}`;
}
