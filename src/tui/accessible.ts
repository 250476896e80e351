import { createInterface, type Interface } from 'node:readline/promises';
import { EngineProcess } from '../engine/process.js';
import type { DataReport } from '../engine/requests.js';
import { bestTrial, objectiveText } from '../study/score.js';
import { listStudies } from '../study/studies.js';
import { countStates } from '../study/trial.js';
import { OPTION_ENTRIES } from '../train/options.js';
import { Printer } from '../train/printer.js';
import { listRuns, progressWords, type RunReport } from '../train/runs.js';
import { percent } from '../util/axis.js';
import { ENDING_EXIT, type Ending, onEnding } from '../util/endings.js';
import { EXIT } from '../util/errors.js';
import { dataLines, evaluationLines } from './accessible_lines.js';
import { understood } from './accessible_words.js';
import { type FormValues, fieldText, formError, withValue } from './form.js';
import { STUDIES_FOLDER } from './screens/studies_panels.js';

/**
 * The terminal UI for screen readers and simple terminals. It asks numbered questions and prints one line at a time, without
 * repainting. Training prints a line after each epoch and every half minute.
 */

/** The settings that are asked for; all others keep the defaults of `fer-tui train`. */
const ASKED = ['data', 'model', 'epochs', 'batch', 'lr'];

/** Splits to evaluate on, the most telling first. */
const SPLITS_TO_EVALUATE = ['test', 'validation', 'train'] as const;

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
const sayAll = (texts: readonly string[]): void => say(texts.join('\n'));

/** Runs until the user leaves; resolves with the exit code. */
export async function runAccessible(): Promise<number> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const engine = new EngineProcess();
  let code: number = EXIT.done;
  const leave = (ending: Ending): void => {
    code = ENDING_EXIT[ending];
    lines.close();
  };
  lines.on('SIGINT', () => leave('sigint'));
  const ignore = onEnding(leave);
  const closed = new Promise<void>((resolve) => lines.once('close', resolve));
  const menu = async (): Promise<void> => {
    say('fer-tui. Type a number and Enter.');
    while (await choose(lines, engine));
    lines.close();
  };
  try {
    await Promise.race([menu(), closed]);
  } finally {
    lines.close();
    await engine.close(); // saves a training that is running
    ignore();
  }
  return code;
}

/** One round of the menu. Returns false when the user chooses to leave. */
async function choose(lines: Interface, engine: EngineProcess): Promise<boolean> {
  const stopped = listRuns().find(({ status }) => status === 'crashed' || status === 'stopped');
  say('\n1 train a new model');
  if (stopped !== undefined)
    say(`2 resume ${stopped.name}, ${stopped.status} after ${progressWords(stopped)}`);
  say(
    '3 list runs\n4 this machine\n5 list studies\n6 describe a data set\n7 evaluate a network\n8 camera\n0 leave',
  );
  const answer = (await lines.question('number: ')).trim();
  switch (answer) {
    case '1': {
      const values = await askSettings(lines);
      await train(lines, engine, { type: 'train', settings: values });
      return true;
    }
    case '2':
      if (stopped === undefined) say('there is no run to resume');
      else await train(lines, engine, { type: 'resume', path: stopped.path });
      return true;
    case '3':
      tellRuns(listRuns());
      return true;
    case '4':
      await engine.request('machine.probe', {}).then(
        ({ adapter, software }) => say(`${adapter}, ${software ? 'software' : 'hardware'}`),
        (error: Error) => say(error.message),
      );
      return true;
    case '5':
      tellStudies();
      return true;
    case '6':
      await attempt(async () => sayAll(dataLines(await openData(lines, engine))));
      return true;
    case '7':
      await attempt(() => evaluate(lines, engine));
      return true;
    case '8':
      say(
        'the camera in lines: leave with 0, then fer-tui webcam --headless; a line for each picture, ^C ends it',
      );
      return true;
    case '0':
      return false;
    default:
      say(`not understood: ${answer}; type one of the numbers`);
      return true;
  }
}

async function askSettings(lines: Interface): Promise<FormValues> {
  let values: FormValues = {};
  for (const [name, { help }] of OPTION_ENTRIES.filter(([field]) => ASKED.includes(field))) {
    for (;;) {
      const answer = await lines.question(`${name}, ${help} [${fieldText(name, values)}]: `);
      const next = answer.trim() === '' ? values : withValue(values, name, answer.trim());
      const error = formError(next);
      if (error === undefined) {
        values = next;
        break;
      }
      say(error);
    }
  }
  return values;
}

/** Reports on a training until it ends. Meanwhile the user can type commands. */
async function train(
  lines: Interface,
  engine: EngineProcess,
  begin: { type: 'train'; settings: FormValues } | { type: 'resume'; path: string },
): Promise<void> {
  say('type p to pause, c to continue, s to stop and save, ? for all words, then Enter');
  const printer = new Printer({ write: (text) => process.stdout.write(text) }, { color: 'never' });
  const onLine = (line: string): void => {
    const meant = understood(line);
    if (typeof meant === 'string') say(meant);
    else if (meant !== undefined) engine.send(meant);
  };
  lines.on('line', onLine);
  await new Promise<void>((resolve) => {
    const stop = engine.listen((news) => {
      const over = news.type === 'exit' || (news.type === 'train' && news.event.type === 'end');
      if (news.type === 'exit') say(`the engine ended; its log: ${engine.log}`);
      if (news.type === 'train') {
        printer.show(news.event);
        if (news.event.type === 'error') say(`error: ${news.event.message}`);
        if (news.event.type === 'end') say(`training ended: ${news.event.status}`);
      }
      if (!over) return;
      stop();
      resolve();
    });
    engine.send(begin);
  });
  lines.off('line', onLine);
}

/** Does what may fail; says why it did. */
async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
}

/** Asks for a data set and opens it. */
async function openData(lines: Interface, engine: EngineProcess): Promise<DataReport> {
  const usual = fieldText('data', {});
  const path = (await lines.question(`data set, a path or name [${usual}]: `)).trim() || usual;
  say(`opening ${path}`);
  return engine.request('data.open', { path });
}

/** The accuracy of a network on the latest split that has images, and the recall of each class. */
async function evaluate(lines: Interface, engine: EngineProcess): Promise<void> {
  const files = await engine.request('weights.list', { folder: 'runs' });
  files.forEach(({ label }, i) => {
    say(`${i + 1} ${label}`);
  });
  const typed = (await lines.question('network, its number or a path: ')).trim();
  const weights = files[Number(typed) - 1]?.path ?? typed;
  if (weights === '') return;
  const { path, classes, splits } = await openData(lines, engine);
  const split = SPLITS_TO_EVALUATE.find((own) => splits[own].labels.length > 0);
  if (split === undefined) return say('this data set has no images to evaluate on');
  const truth = splits[split].labels;
  say(`classifying ${truth.length} images of ${split}`);
  const { said } = await engine.request('data.predict', { path, split, weights });
  sayAll(evaluationLines(split, { truth, said, classes }));
}

function tellStudies(): void {
  const broken: string[] = [];
  const studies = listStudies(STUDIES_FOLDER, (_, { message }) => broken.push(message));
  for (const message of broken) say(message);
  if (studies.length + broken.length === 0)
    say('no studies here yet; "fer-tui search SPACE.yaml" starts one');
  for (const { name, settings, liveTrials: trials } of studies) {
    const { objective } = settings;
    const best = bestTrial(trials, objective);
    const states = Object.entries(countStates(trials)).filter(([, count]) => count > 0);
    const said = states.map(([state, count]) => `, ${count} ${state}`).join('');
    const score =
      best === undefined || best.metric === null
        ? ''
        : `, best ${objective} ${objectiveText(best.metric, objective)} in trial ${best.number}`;
    say(`${name}: ${trials.length} of ${settings.trials} trials${said}${score}`);
  }
}

function tellRuns(runs: readonly RunReport[]): void {
  if (runs.length === 0) say('no runs here yet');
  for (const run of runs) {
    const { name, model, status, best } = run;
    const score = best === null ? '' : `, best ${percent(best.acc)} in epoch ${best.epoch}`;
    say(`${name}: ${model}, ${status} after ${progressWords(run)}${score}`);
  }
}
