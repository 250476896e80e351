/**
 * Trains a shipped network again by its recipe, and compares what comes out with its card:
 *
 *   npm run reproduce -- fer-cnn --data fer2013.csv            # goes on where it was stopped
 *   npm run reproduce -- fer-cnn --data fer2013.csv --ship     # also puts the result into models/, with its card
 *
 * A recipe has one part or more: models/recipes/NAME.yaml and, where training goes on with other settings from the best
 * weights of the part before, NAME.2.yaml. The run of the first lies in runs/reproduce-NAME (--out takes another folder,
 * finished or not), that of the second beside it, with -2 behind its name. Where models/ has the network of the parts before,
 * --last trains only a new last part, from its weights. --calibrate trains nothing: with --ship, it gives the network in the box the
 * temperature at which its probabilities mean what they say.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { findData } from '../dist/data/find_data.js';
import { drawnProbabilities } from '../dist/train/drawn_probabilities.js';
import { findRun } from '../dist/train/runs.js';
import { MODELS, readCard, shippedModels } from '../dist/train/shipped_models.js';
import { writeCard } from './model_card.mjs';
import { CLI, fail, fer, partsOf, recipeNames, trainPart } from './recipe_parts.mjs';
import { refuse, scriptOptions } from './script_options.mjs';

const names = recipeNames();

const { values, positionals } = scriptOptions(import.meta.url, {
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    out: { type: 'string' },
    ship: { type: 'boolean', default: false },
    last: { type: 'boolean', default: false },
    calibrate: { type: 'boolean', default: false },
    commit: { type: 'string' }, // of the code that trained; default: the one that is checked out
  },
});
const [name] = positionals;
if (!names.includes(name)) {
  const given = name === undefined ? 'no network is named' : `there is no network "${name}"`;
  refuse(import.meta.url, `${given}; expected one of ${names.join(', ')}; --help shows a line`);
}
const data = values.data ?? findData();
if (data === undefined)
  refuse(import.meta.url, 'no data; expected --data fer2013.csv, or FER-2013 in ./data');
/** Parts that the shipped network was trained in, as its card tells, and those that are trained here. */
const earlier = values.last || values.calibrate ? readCard(name).parts : [];
const out = values.out ?? `runs/reproduce-${name}`;
const shipped = join(MODELS, `${name}.h5`);
const parts = values.calibrate ? [] : partsOf(name, out).slice(earlier.length);
if (values.last && parts.length === 0) fail(`models/${name}.h5 has all parts already: leave out --last`);
if (values.last) parts[0].init = ['--init', shipped];
for (const part of parts) trainPart(part, data);
const best = values.calibrate ? shipped : join(parts.at(-1).out, 'best.safetensors');
const calibrated = join(parts.at(-1)?.out ?? out, 'calibrated.safetensors');
mkdirSync(dirname(calibrated), { recursive: true });
const calibration = calibrate();
const validation = { none: evaluate('none'), flip: evaluate('flip') };
for (const [tta, { accuracy }] of Object.entries(validation)) {
  const card = shippedModels().includes(name) ? readCard(name).validation[tta] : undefined;
  const beside = card === undefined ? '' : ` (card: ${percent(card.accuracy)})`;
  console.log(`${name}, test-time augmentation ${tta}: validation accuracy ${percent(accuracy)}${beside}`);
}
if (values.ship) await ship();

/** Gives the best weights the temperature at which their probabilities mean what they say. Accuracy does not change. */
function calibrate() {
  const { temperature, before, crossFitted } = answerOf('calibrate', best, '--out', calibrated);
  return { temperature, before: before.ece, crossFitted: crossFitted.ece };
}

/** The figures of the calibrated weights on the validation split. */
function evaluate(tta) {
  const result = answerOf('evaluate', '--weights', calibrated, '--tta', tta);
  const { count, loss, accuracy, top2, macroF1, ece, eceByChance, perClass, confusion } = result;
  return { count, loss, accuracy, top2, macroF1, ece, eceByChance, perClass, confusion };
}

/** What a command finds out on the data. */
function answerOf(command, ...args) {
  return JSON.parse(printed(command, ...args, '--data', data));
}

/** What a command prints with --json. */
function printed(command, ...args) {
  const { status, stdout } = spawnSync(process.execPath, [CLI, command, ...args, '--json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) fail(`fer-tui ${command} ended with exit code ${status}`);
  return stdout;
}

async function ship() {
  fer('export', calibrated, '--to', 'h5', '--out', shipped);
  const { flop, trainable: parameters } = JSON.parse(printed('summary', shipped));
  const card = {
    name,
    parameters,
    flop,
    bytes: statSync(shipped).size,
    parts: [...earlier, ...parts.map((part, i) => trainedPart(part, parts[i + 1]))],
    calibration,
    validation,
    drawn: await drawnProbabilities(shipped),
  };
  writeCard(card);
  console.log(`models/${name}.h5, models/${name}.json and models/README.md are written`);
}

/** What the card says of one part's training. The next part may have begun with its last weights in place of its best. */
function trainedPart(part, next) {
  const run = findRun(part.out);
  const passedLast =
    next !== undefined && findRun(next.out).config.init === join(part.out, 'last.safetensors');
  const summary = JSON.parse(readFileSync(join(part.out, 'summary.json'), 'utf8'));
  const { data: _data, out: _out, adapter: _adapter, init, ...settings } = run.config;
  const begun = shippedModels().find((model) => [model, join(MODELS, `${model}.h5`)].includes(init));
  return {
    config: begun === undefined ? settings : { ...settings, init: begun },
    commit: spawnSync('git', ['rev-parse', '--short', values.commit ?? 'HEAD'], {
      encoding: 'utf8',
    }).stdout.trim(),
    adapter: run.adapter,
    cpu: `${cpus().length} cores, ${cpus()[0]?.model.trim()}`,
    seconds: Math.round(run.seconds),
    images: startOf(part).data.train,
    ...(passedLast ? { bestEpoch: run.epochs.length, kept: 'last' } : { bestEpoch: summary.bestEpoch }),
    history: run.epochs.map(({ epoch, train, val, lr }) => ({
      ...{ epoch, loss: train.loss, acc: train.acc, valLoss: val.loss, valAcc: val.acc, lr },
    })),
  };
}

/** The event that a run begins with. */
function startOf({ out }) {
  return JSON.parse(readFileSync(join(out, 'events.ndjson'), 'utf8').split('\n', 1)[0]);
}

function percent(fraction) {
  return `${(100 * fraction).toFixed(1)} %`;
}
