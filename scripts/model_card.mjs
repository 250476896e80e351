/**
 * The model card, `models/README.md`, as a pure function of the cards of the shipped networks (`models/NAME.json`):
 * no figure in it is typed in. `npm run reproduce -- NAME --ship` writes it; `node scripts/model_card.mjs` writes it
 * again from the cards; a test holds the file to this function.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_NETWORK, MODELS, readCard, shippedModels } from '../dist/train/shipped_models.js';
import { beside, costs, percent, table, thousands } from './model_card_context.mjs';
import { scriptOptions } from './script_options.mjs';

/** @param cards of all shipped networks, in any order */
export function modelCard(cards) {
  const sorted = [...cards].sort((a, b) => b.validation.none.accuracy - a.validation.none.accuracy);
  return `${[INTRODUCTION, overview(sorted), beside(sorted), costs(sorted), ...sorted.map(section), LIMITS].join('\n\n')}\n`;
}

const INTRODUCTION = `# The models in the box

Networks that fer-tui trained on FER-2013 (Goodfellow et al. 2013, arXiv 1307.0414) with its own kernels, as Keras \`.h5\`
files with their preprocessing and class names inside. Commands take them by name, e.g. \`--weights fer-cnn\`; \`predict\`,
\`evaluate\`, \`detect\` and \`webcam\` use \`${DEFAULT_NETWORK}\` when no \`--weights\` are given.

This page is written by \`scripts/model_card.mjs\` from what was measured (\`models/*.json\`). Training used the 28,709
Training rows. The 3,589 PublicTest rows are the validation set: they chose the epoch, so figures on them are a little too
good. The PrivateTest rows were not used for anything.`;

function overview(cards) {
  const rows = cards.map(({ name, parameters, bytes, validation: { none, flip } }) => [
    `\`${name}\``,
    thousands(parameters),
    `${(bytes / 1e6).toFixed(1)} MB`,
    percent(none.accuracy),
    percent(flip.accuracy),
    percent(none.top2),
    percent(none.macroF1),
    `${percent(none.ece)} (${percent(none.eceByChance)})`,
  ]);
  const { perClass, count } = cards[0].validation.none;
  const largest = perClass.reduce((a, b) => (b.support > a.support ? b : a));
  const head = [
    'network',
    'parameters',
    'file',
    'accuracy',
    'with flips',
    'top-2',
    'macro F1',
    'calibration error (by chance)',
  ];
  return `On the validation set; "with flips" averages over an image and its mirror (\`--tta flip\`). Always answering
${largest.name} is right in ${percent(largest.support / count)} of these images; people are right in about 65 % (arXiv 1307.0414). A network that is right
exactly as often as it says has the calibration error in brackets on so few images, by chance.

${table(head, rows)}`;
}

function section({ name, parts, calibration, spread, validation }) {
  const { none } = validation;
  const classes = none.perClass.map(({ name: label, precision, recall, f1, support }) => [
    label,
    percent(precision),
    percent(recall),
    percent(f1),
    thousands(support),
  ]);
  const names = none.perClass.map(({ name: label }) => label);
  const confusion = none.confusion.map((row, i) => [names[i], ...row.map(String)]);
  return `## ${name}

\`\`\`sh
npm run reproduce -- ${name} --data fer2013.csv      # the recipe: ${parts.map((_, k) => recipe(name, k)).join(', ')}
\`\`\`

${parts.map((part, k) => training(part, k, name)).join('\n\n')}${calibration === undefined ? '' : `\n\n${calibrated(calibration)}`}${spread === undefined ? '' : `\n\n${spreadOf(name, parts, spread)}`}

${table(['class', 'precision', 'recall', 'F1', 'images'], classes)}

Confusion: a row is the true class, a column the answer.

${table(['', ...names], confusion)}`;
}

const calibrated = ({ temperature, before, crossFitted }) =>
  `The weights of the last layer hold a temperature of ${temperature.toFixed(3)} (\`fer-tui calibrate\`), fitted on the validation images. It
brings the calibration error from ${percent(before)} to ${percent(crossFitted)}, cross-fitted: each half measured with the temperature of the other.`;

/** What chance does: the shipped training beside those with other seeds. */
function spreadOf(name, parts, others) {
  const { config, bestEpoch, history } = parts.at(-1);
  const { valAcc, valLoss } = history.find(({ epoch }) => epoch === bestEpoch);
  const all = [{ seed: config.seed, bestEpoch, valAcc, valLoss }, ...others];
  const mean = all.reduce((sum, one) => sum + one.valAcc, 0) / all.length;
  const deviation = Math.sqrt(all.reduce((sum, one) => sum + (one.valAcc - mean) ** 2, 0) / (all.length - 1));
  const rows = all.map((one) => [one.seed, one.bestEpoch, percent(one.valAcc), one.valLoss.toFixed(3)]);
  return `The same recipe with other seeds (\`npm run spread -- ${name}\`): ${percent(mean)} on average, with a standard deviation of ${(100 * deviation).toFixed(1)} points.

${table(['seed', 'best epoch', 'validation accuracy', 'validation loss'], rows)}`;
}

const recipe = (name, k) => `models/recipes/${name}${k === 0 ? '' : `.${k + 1}`}.yaml`;

/** What is special about the epoch whose weights were kept, by the metric that chose it. */
const CHOSEN = {
  val_acc: 'the best on the validation set',
  loss: 'the one with the lowest loss on the augmented training images, so the validation set did not choose it',
  last: 'the last',
};

/** One part of the recipe: what was trained, on what, and its curve. */
function training({ config, commit, adapter, cpu, seconds, images, bestEpoch, kept, history }, k, name) {
  const begin =
    k > 0
      ? `From those weights, by \`${recipe(name, k)}\`: `
      : config.init
        ? `From the weights of \`${config.init}\`: `
        : '';
  return `${begin}${epochsOf(history, config)} over ${thousands(images)} images in ${(seconds / 3600).toFixed(1)} hours on ${adapter}
(${cpu}), seed ${config.seed}, kernels of commit ${commit}. The weights are those of epoch
${bestEpoch}, ${CHOSEN[kept ?? config.checkpointMonitor]}.

${table(
  ['epoch', 'train loss', 'train accuracy', 'validation loss', 'validation accuracy', 'learning rate'],
  shown(history, bestEpoch).map(({ epoch, loss, acc, valLoss, valAcc, lr }) => [
    epoch === bestEpoch ? `**${epoch}**` : epoch,
    loss.toFixed(3),
    percent(acc),
    valLoss.toFixed(3),
    percent(valAcc),
    lr.toPrecision(2),
  ]),
)}`;
}

/** How long it was trained; a run that somebody or early stopping ended is no whole recipe. */
function epochsOf(history, { epochs }) {
  return history.length < epochs
    ? `${history.length} of the recipe's ${epochs} epochs (the run was ended there)`
    : `${epochs} epochs`;
}

/** Every fifth epoch, the first, the best and the last. */
function shown(history, best) {
  const last = history.at(-1)?.epoch;
  return history.filter(({ epoch }) => epoch === 1 || epoch % 5 === 0 || epoch === best || epoch === last);
}

const LIMITS = `## Limits, and what not to do

- The label is what several strangers saw in a small gray picture, not what somebody felt. People agree with these labels in
  about two cases of three, and so do the networks. Many labels of FER-2013 are plainly wrong, and some pictures show no face.
- The pictures come from a web search of 2013. Ages, skin tones, poses, glasses and cultures are not balanced, nobody
  recorded them, and so nobody can say for whom the networks work worse. Expect that they do.
- 397 of the 3,589 validation images have a twin among the training images. On the others the networks are right some two points
  less often (measured in docs/results.md).
- "Disgust" has 436 training images, one in 66. Fear, sadness and neutral faces are mixed up most (see the confusions).
- A face from a camera is not a crop of FER-2013: light, angle and the crop's margin differ, and accuracy falls
  (measured in docs/results.md).
- Not for decisions about people: not for hiring, exams, policing, insurance, medicine, advertising or surveillance. It is
  for learning how such networks work, and for play with consent.
- FER-2013 itself is for research and teaching, and is not in this repository. The weights are, under the project's licence.`;

/** Writes the card of one network, and the page of all. */
export function writeCard(card) {
  writeFileSync(join(MODELS, `${card.name}.json`), `${JSON.stringify(card, null, 1)}\n`);
  writePage();
}

function writePage() {
  writeFileSync(join(MODELS, 'README.md'), modelCard(shippedModels().map(readCard)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  scriptOptions(import.meta.url);
  writePage();
}
