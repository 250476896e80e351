import { createInterface, type Interface } from 'node:readline/promises';
import { EngineProcess } from '../engine/process.js';
import type { DataReport } from '../engine/requests.js';
import { bestTrial, objectiveText } from '../study/score.js';
import { listStudies } from '../study/studies.js';
import { countStates } from '../study/trial.js';
import { listRuns, progressWords } from '../train/runs.js';
import { ENDING_EXIT, type Ending, onEnding } from '../util/endings.js';
import { EXIT } from '../util/errors.js';
import { anyCommand, camera, commandRuns } from './accessible_commands.js';
import { attempt, dataLines, evaluationLines, say } from './accessible_lines.js';
import { askToFollow, follow, printRuns, resume, stoppedRun, trainNew } from './accessible_runs.js';
import { fieldText } from './form.js';
import { STUDIES_FOLDER } from './screens/studies_panels.js';

/**
 * The terminal UI for screen readers and simple terminals. It asks numbered questions and prints one line at a time, without
 * repainting. Training prints a line after each epoch and every half minute.
 */

/** Splits to evaluate on, in order of preference. */
const SPLITS_TO_EVALUATE = ['test', 'validation', 'train'] as const;

const sayAll = (texts: readonly string[]): void => say(texts.join('\n'));

/** Runs until the user leaves; resolves with the exit code. @param run the folder of a run to follow first */
export async function runAccessible(run?: string): Promise<number> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const engine = new EngineProcess();
  let code: number = EXIT.done;
  const leave = (ending: Ending): void => {
    if (ending === 'sigint' && commandRuns()) return; // the running command handles it
    code = ENDING_EXIT[ending];
    lines.close();
  };
  lines.on('SIGINT', () => leave('sigint'));
  const ignore = onEnding(leave);
  const closed = new Promise<void>((resolve) => lines.once('close', resolve));
  const menu = async (): Promise<void> => {
    if (run !== undefined) await follow(lines, run);
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
  const stopped = stoppedRun();
  const latest =
    stopped === undefined ? '' : `; ${stopped.name} is ${stopped.status} after ${progressWords(stopped)}`;
  sayAll([
    '',
    '1 train a new model',
    `2 resume a run, or extend one that has ended${latest}`,
    '3 list runs',
    '4 this machine',
    '5 list studies',
    '6 describe a data set',
    '7 evaluate a network',
    '8 camera',
    '9 follow and steer a training of another process',
    '10 any other command of fer-tui',
    '0 leave',
  ]);
  const answer = (await lines.question('number: ')).trim();
  const choices: Readonly<Record<string, () => Promise<void>>> = {
    1: () => trainNew(lines, engine),
    2: () => resume(lines, engine),
    3: async () => printRuns(listRuns()),
    4: async () => {
      const { adapter, software } = await engine.request('machine.probe', {});
      say(`${adapter}, ${software ? 'software' : 'hardware'}`);
    },
    5: async () => printStudies(),
    6: async () => sayAll(dataLines(await openData(lines, engine))),
    7: () => evaluate(lines, engine),
    8: () => camera(lines),
    9: () => askToFollow(lines),
    10: () => anyCommand(lines),
    0: async () => undefined,
  };
  const choice = Object.hasOwn(choices, answer) ? choices[answer] : undefined;
  if (choice === undefined) say(`not understood: ${answer}; type one of the numbers`);
  else await attempt(choice);
  return answer !== '0';
}

/** Asks for a data set and opens it. */
async function openData(lines: Interface, engine: EngineProcess): Promise<DataReport> {
  const usual = fieldText('data', {});
  const path = (await lines.question(`data set, a path or name [${usual}]: `)).trim() || usual;
  say(`opening ${path}`);
  return engine.request('data.open', { path });
}

/** Prints the accuracy of a network and the recall of each class, on the first of `SPLITS_TO_EVALUATE` that has images. */
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
  const { predicted } = await engine.request('data.predict', { path, split, weights });
  sayAll(evaluationLines(split, { truth, predicted, classes }));
}

function printStudies(): void {
  const broken: string[] = [];
  const studies = listStudies(STUDIES_FOLDER, (_, { message }) => broken.push(message));
  for (const message of broken) say(message);
  if (studies.length + broken.length === 0)
    say('no studies here yet; "fer-tui search SPACE.yaml" starts one');
  for (const { name, settings, liveTrials: trials } of studies) {
    const { objective } = settings;
    const best = bestTrial(trials, objective);
    const states = Object.entries(countStates(trials)).filter(([, count]) => count > 0);
    const counts = states.map(([state, count]) => `, ${count} ${state}`).join('');
    const score =
      best === undefined || best.metric === null
        ? ''
        : `, best ${objective} ${objectiveText(best.metric, objective)} in trial ${best.number}`;
    say(`${name}: ${trials.length} of ${settings.trials} trials${counts}${score}`);
  }
}
