import { join } from 'node:path';
import type { Interface } from 'node:readline/promises';
import type { EngineProcess } from '../engine/process.js';
import { giveCommand } from '../train/command_file.js';
import type { RunChanges } from '../train/continuation.js';
import type { TrainEvent } from '../train/events.js';
import { LogTail } from '../train/log_tail.js';
import { OPTION_ENTRIES } from '../train/options.js';
import { Printer } from '../train/printer.js';
import { isLocked } from '../train/run_folder.js';
import { findRun, listRuns, progressWords, type RunReport } from '../train/runs.js';
import { percent } from '../util/axis.js';
import { attempt, say } from './accessible_lines.js';
import { parseCommand, type TypedCommand } from './accessible_words.js';
import { type FormValues, fieldText, formError, withValue } from './form.js';
import { attachCommand } from './steer.js';

/** The runs in the accessible mode: train, resume, extend, follow and list them. */

/** The settings that the user is asked for; all others keep the defaults of `fer-tui train`. */
const ASKED = ['data', 'model', 'epochs', 'batch', 'lr'];
/** Number of past epochs to print when following a run begins. */
const PAST = 3;
/** Milliseconds between two reads of another process's log. */
const POLL_MS = 1000;

const newPrinter = (): Printer =>
  new Printer({ write: (text) => process.stdout.write(text) }, { color: 'never' });

/** Asks for the settings of a new run, and trains it. */
export async function trainNew(lines: Interface, engine: EngineProcess): Promise<void> {
  let settings: FormValues = {};
  for (const [name, { help }] of OPTION_ENTRIES.filter(([field]) => ASKED.includes(field))) {
    for (;;) {
      const answer = await lines.question(`${name}, ${help} [${fieldText(name, settings)}]: `);
      const next = answer.trim() === '' ? settings : withValue(settings, name, answer.trim());
      const error = formError(next);
      if (error === undefined) {
        settings = next;
        break;
      }
      say(error);
    }
  }
  await train(lines, engine, { type: 'train', settings });
}

/** The latest run that can be resumed. */
export const stoppedRun = (): RunReport | undefined =>
  listRuns().find(({ status }) => status === 'crashed' || status === 'stopped');

/** Asks for a run and resumes it. If the run has all of its epochs, asks for a larger number first. */
export async function resume(lines: Interface, engine: EngineProcess): Promise<void> {
  printRuns(listRuns());
  const usual = stoppedRun()?.name ?? listRuns()[0]?.name;
  if (usual === undefined) return;
  const name = (await lines.question(`run, its name or folder [${usual}]: `)).trim() || usual;
  await attempt(async () => {
    const { path, done, of } = findRun(name);
    const changes: RunChanges = done < of ? {} : await askForMore(lines, done, of);
    await train(lines, engine, { type: 'resume', path, changes });
  });
}

async function askForMore(lines: Interface, done: number, of: number): Promise<RunChanges> {
  for (;;) {
    const answer = (
      await lines.question(`it has ${done} of ${of} epochs; new total [${done + of}]: `)
    ).trim();
    const epochs = answer === '' ? done + of : Number(answer);
    if (Number.isInteger(epochs) && epochs > done) return { epochs };
    say(`epochs "${answer}": expected a whole number above ${done}`);
  }
}

/** Reports on a training until it ends. Meanwhile the user can type commands. */
async function train(
  lines: Interface,
  engine: EngineProcess,
  begin: { type: 'train'; settings: FormValues } | { type: 'resume'; path: string; changes: RunChanges },
): Promise<void> {
  say('type p to pause, c to continue, s to stop and save, ? for all words, then Enter');
  const printer = newPrinter();
  let path: string | undefined;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      stop();
      lines.off('line', onLine);
      resolve();
    };
    const stop = engine.listen((news) => {
      if (news.type === 'exit') say(`the engine ended; its log: ${engine.log}`);
      if (news.type === 'train') {
        printEvent(printer, news.event);
        if (news.event.type === 'start') path = news.event.path;
      }
      if (news.type === 'exit' || (news.type === 'train' && news.event.type === 'end')) end();
    });
    const onLine = lineHandler((command) => {
      if (command.type !== 'leave') engine.send(command);
      else if (path === undefined) say('the run has not started yet; type d again later');
      else {
        engine.detach();
        say(`the training continues in the background; to come back: ${attachCommand({ path })}`);
        end();
      }
    });
    lines.on('line', onLine);
    engine.send(begin);
  });
}

/** Asks for a run that another process trains, and follows it. */
export async function askToFollow(lines: Interface): Promise<void> {
  const going = listRuns().filter(({ status }) => status === 'running');
  printRuns(going, 'no run of this folder is training');
  const usual = going[0]?.name ?? '';
  const name = (await lines.question(`run, its name or folder [${usual}]: `)).trim() || usual;
  if (name !== '') await attempt(async () => follow(lines, findRun(name).path));
}

/**
 * Reports on a run that another process trains, until the run ends or the user leaves it. Typed commands steer it.
 * @param path its folder
 */
export async function follow(lines: Interface, path: string): Promise<void> {
  const printer = newPrinter();
  const tail = new LogTail(join(path, 'events.ndjson'));
  const past = tail.read();
  const shown = [
    past.findLast(({ type }) => type === 'start'),
    ...past.filter(({ type }) => type === 'epoch').slice(-PAST),
    pauseOf(past),
  ];
  for (const event of shown) if (event !== undefined) printer.show(event);
  if (!isLocked(path)) return say('this run is no longer training');
  say('following the run; type p to pause, s to stop and save, d to leave it, ? for all words, then Enter');
  let latest = past.at(-1);
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearInterval(timer);
      lines.off('line', onLine);
      lines.off('close', end);
      resolve();
    };
    const timer = setInterval(() => {
      const going = isLocked(path); // read before the log, so that nothing written before the end is missed
      const events = tail.read();
      for (const event of events) printEvent(printer, event);
      latest = events.at(-1) ?? latest;
      const ended = events.some(({ type }) => type === 'end');
      if (going && !ended) return;
      // An end that was in the log already is its own if nothing came after it.
      if (!ended && latest?.type === 'end') printEvent(printer, latest);
      else if (!ended) say('the process that trained this run is gone');
      end();
    }, POLL_MS);
    const onLine = lineHandler((command) => {
      if (command.type === 'leave') {
        say(`no longer following; the training continues; to come back: ${attachCommand({ path })}`);
        end();
      } else giveCommand(path, command);
    });
    lines.on('line', onLine);
    lines.once('close', end);
  });
}

/** The note of a pause that lasts; undefined: the run is not paused. */
function pauseOf(past: readonly TrainEvent[]): TrainEvent | undefined {
  const last = past.findLast(
    (event) =>
      ['start', 'end'].includes(event.type) ||
      (event.type === 'note' && ['pause', 'continue'].includes(event.kind)),
  );
  return last?.type === 'note' && last.kind === 'pause' ? last : undefined;
}

/** Handles a typed line: prints the help or an error message, or passes the command to `act`. */
const lineHandler =
  (act: (command: TypedCommand) => void) =>
  (line: string): void => {
    const command = parseCommand(line);
    if (typeof command === 'string') say(command);
    else if (command !== undefined) void attempt(async () => act(command));
  };

function printEvent(printer: Printer, event: TrainEvent): void {
  printer.show(event);
  if (event.type === 'error') say(`error: ${event.message}`);
  if (event.type === 'end') say(`training ended: ${event.status}`);
}

export function printRuns(runs: readonly RunReport[], none = 'no runs here yet'): void {
  if (runs.length === 0) say(none);
  for (const run of runs) {
    const { name, model, status, best } = run;
    const score = best === null ? '' : `, best ${percent(best.acc)} in epoch ${best.epoch}`;
    say(`${name}: ${model}, ${status} after ${progressWords(run)}${score}`);
  }
}
