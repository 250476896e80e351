import { type ClassMetrics, classMetrics, confusions, macroF1 } from '../train/metrics.js';
import type { RunReview } from '../train/run_review.js';
import { CLASS_NAMES } from '../util/classes.js';
import { html } from './html.js';
import { howToRead, type PageSection, warning } from './page.js';
import { mosaic, signedScale, tiles } from './pictures.js';
import { reliabilityDiagram } from './reliability.js';
import { matrix, table } from './table.js';
import { count, percent } from './words.js';

/** Counts of answers with their class names, from the weights or, without them, from the log. */
interface Answers {
  readonly classes: readonly string[];
  /** [true class][predicted class] */
  readonly confusion: readonly (readonly number[])[];
  /** Where they come from. */
  readonly source: string;
}

function answersOf({ evaluation, epoch, weights, sessions }: RunReview): Answers | undefined {
  if ('value' in evaluation) {
    const { perClass, confusion, count: images, data } = evaluation.value;
    const source = `Measured for this page on the ${count(images)} validation images of ${data}${changedNote(images, sessions[0].data.validation)}`;
    return { classes: perClass.map(({ name }) => name), confusion, source };
  }
  const confusion = epoch?.val?.confusion;
  if (epoch === undefined || confusion === undefined) return undefined;
  const named = 'value' in weights ? weights.value.classes : sessions[0].data.classes;
  const classes = named ?? confusion.map((_, i) => CLASS_NAMES[i] ?? `class ${i + 1}`);
  return {
    classes,
    confusion,
    source: `From the log of epoch ${epoch.epoch}, because the weights could not be evaluated now`,
  };
}

function changedNote(now: number, then: number): string {
  return now === then ? '.' : `; the run had ${count(then)}, so the data have changed since.`;
}

/** Why there are no answers: the reason for which the weights could not be evaluated. */
function missing({ evaluation }: RunReview): string {
  return 'missing' in evaluation ? evaluation.missing : '';
}

/** Precision, recall and F1 of every class. */
export function classSection(review: RunReview): PageSection {
  const title = 'Each class';
  const answers = answersOf(review);
  if (answers === undefined) return { title, body: warning(`Not known: ${missing(review)}.`) };
  const metrics = classMetrics(answers.confusion, answers.classes);
  return {
    title,
    body: [
      howToRead(
        'Precision: of the images that were given this class, the share that belongs to it. Recall: of the images of this class, the share that was given it. F1 is their harmonic mean, high only where both are. The mean over the classes counts a rare class as much as a frequent one.',
      ),
      table({
        caption: answers.source,
        columns: [
          { title: 'class', words: true },
          ...['precision', 'recall', 'F1', 'images'].map((name) => ({ title: name })),
        ],
        rows: metrics.map(({ name, precision, recall, f1, support }) => [
          name,
          percent(precision),
          percent(recall),
          percent(f1),
          count(support),
        ]),
        total: totals(metrics),
      }),
    ],
  };
}

function totals(metrics: readonly ClassMetrics[]): string[] {
  const mean = (pick: (one: ClassMetrics) => number): string =>
    percent(metrics.reduce((sum, one) => sum + pick(one), 0) / metrics.length);
  const images = metrics.reduce((sum, { support }) => sum + support, 0);
  return [
    'mean',
    mean(({ precision }) => precision),
    mean(({ recall }) => recall),
    percent(macroF1(metrics)),
    count(images),
  ];
}

/** Which class is taken for which. */
export function confusionSection(review: RunReview): PageSection {
  const title = 'Confusion matrix';
  const answers = answersOf(review);
  if (answers === undefined) return { title, body: warning(`Not known: ${missing(review)}.`) };
  const { classes, confusion, source } = answers;
  const [worst] = confusions(confusion, classes, 1);
  return {
    title,
    body: [
      howToRead(
        `A row holds the images of one class, a column the answers. Each row adds up to 100 %; the diagonal, framed, is the recall.${
          worst === undefined
            ? ''
            : ` The most frequent confusion: ${percent(worst.share, 0)} of ${worst.from} is taken for ${worst.to}.`
        }`,
      ),
      matrix({ caption: source, classes, counts: confusion }),
    ],
  };
}

/** Whether the network is as often right as it believes. */
export function reliabilitySection(review: RunReview): PageSection {
  const title = 'Calibration';
  const { evaluation } = review;
  if ('missing' in evaluation) return { title, body: warning(`Not measured: ${evaluation.missing}.`) };
  const { bins, ece } = evaluation.value;
  return {
    title,
    body: [
      howToRead(
        'The confidence is the probability of the answer. Each bar holds the images of one range of confidence: its height is the share of right answers, the line the mean confidence. A bar that ends below its line is overconfident, above it too modest. A pale bar stands for few images. The ECE is the mean distance between bar and line, each image counting once.',
      ),
      reliabilityDiagram('Reliability diagram', bins, `Expected calibration error (ECE): ${percent(ece)}.`),
    ],
  };
}

/** The weights that see the image. */
export function filterSection({ weights }: RunReview): PageSection {
  const title = 'First-layer filters';
  if ('missing' in weights) return { title, body: warning(`Not known: ${weights.missing}.`) };
  const { filters, file } = weights.value;
  if (filters === undefined)
    return { title, body: html`<p>The network has no convolution that reads the image.</p>` };
  const { layer, size, pictures, limit } = filters;
  return {
    title,
    body: [
      howToRead(
        'Each square is one filter of the first convolution. It answers strongly where the image is bright under the orange weights and dark under the blue ones: a filter that is half orange and half blue finds edges, one of a single colour brightness. Filters that look like noise have learned little.',
      ),
      html`<p>${pictures.length} filters of ${size.join(' × ')} weights, layer <code>${layer}</code> in <code>${file}</code>.</p>`,
      signedScale('weight', limit),
      mosaic(
        pictures,
        3.25,
        `${pictures.length} filters of the first convolution, as squares of blue (negative), white (zero) and orange (positive) weights`,
      ),
    ],
  };
}

/** The answers that were wrong although the network was sure. */
export function mistakeSection(review: RunReview): PageSection {
  const title = 'Most confident mistakes';
  const { evaluation, weights } = review;
  if ('missing' in evaluation) return { title, body: warning(`Not shown: ${evaluation.missing}.`) };
  const { mistakes, wrong, count: images } = evaluation.value;
  if (mistakes.length === 0)
    return { title, body: html`<p>The network is right for every validation image.</p>` };
  const name = (label: number): string =>
    ('value' in weights ? weights.value.classes[label] : undefined) ?? String(label);
  return {
    title,
    body: [
      howToRead(
        'Wrong answers that the network was surest of. Some of them are mistakes in the labels of the data, or faces that people would disagree about.',
      ),
      html`<p>${mistakes.length} of ${count(wrong)} wrong answers among ${count(images)} images. The faces belong to the data set: its terms hold for this page, too.</p>`,
      tiles(
        mistakes.map(({ picture, label, predicted, confidence, own, index }) => ({
          picture,
          caption: html`<b>${name(predicted)}</b> ${percent(confidence)}<br>true: ${name(label)} ${percent(own)}`,
          alt: `Validation image ${index + 1}: ${name(label)}, taken for ${name(predicted)} with ${percent(confidence)}`,
        })),
        6.5,
      ),
    ],
  };
}
