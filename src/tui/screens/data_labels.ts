import { dirname, join } from 'node:path';
import { listOf } from '../../data/class_names.js';
import type { Decision, Place } from '../../data/labels_file.js';
import { sameClass } from '../../util/classes.js';
import { ready } from '../loadable.js';
import type { Actions, Binding } from '../screen_module.js';
import { correctionAt, decisionWords } from './data_panels.js';
import { currentIndex, type DataState, placeOf, reportOf } from './data_state.js';

/**
 * Decisions about labels on the Data screen. The engine writes each at once into the file of corrections, because only the
 * engine has the pixels that identify an image.
 */

type Act = Actions<DataState>;

/** The file of corrections that belongs to a data set: beside it, in the current folder for drawn faces. */
export const labelsBeside = (path: string): string => join(dirname(path), 'labels.csv');

/** Opens a file of corrections; later decisions are written to it. It need not exist. */
export function openLabels(act: Act, labels: string): void {
  act.set({ labels, before: [] });
  act.load('corrections', `reading ${labels}`, (engine, { signal }) =>
    engine.request('data.corrections', { ...placeOf(act.state), labels }, { signal }),
  );
}

function askForLabels(act: Act): void {
  act.prompt({
    title: 'file of decisions about labels',
    value: act.state.labels,
    paths: true,
    help: 'such as labels.csv; the first decision creates it',
    check: (path) => (path === '' ? 'expected a path' : undefined),
    submit: (path) => openLabels(act, path),
  });
}

let writing: Promise<void> = Promise.resolve();

/** Runs a step after the steps before it have ended, so that a quick key sees the effect of the key before it. */
function inTurn(act: Act, step: () => Promise<void>): void {
  const { path, labels } = act.state;
  const still = (): boolean => act.state.path === path && act.state.labels === labels;
  writing = writing
    .then(() => (still() ? step() : undefined))
    .catch((error: Error) => act.note(error.message, 'bad'));
}

/**
 * Writes a decision about an image, or removes it, and shows a note. @param before the decisions that can be undone afterwards
 */
async function write(
  act: Act,
  { split, index }: Place,
  decision: Decision | undefined,
  before: DataState['before'],
): Promise<void> {
  const { path, labels } = act.state;
  const corrections = await act.engine.request('data.correct', {
    ...placeOf(act.state),
    ...{ split, index, labels, decision },
  });
  if (act.state.path !== path || act.state.labels !== labels) return;
  act.set({ corrections: ready(corrections), before });
  const words = decision === undefined ? 'no decision' : decisionWords(decision, classesOf(act));
  act.note(`${labels}: #${index} ${split} ${words}`, 'good');
}

/** Decides about the current image. @param next makes the decision from the one before */
function decide(act: Act, next: (now: Decision | undefined) => Decision | undefined): void {
  const { split } = act.state;
  const index = currentIndex(act.state);
  if (index === undefined) return;
  inTurn(act, () => {
    const { corrections, before } = act.state;
    const now = correctionAt({ corrections, split }, index);
    return write(act, { split, index }, next(now), [...before, { split, index, decision: now }]);
  });
}

/** Drops or keeps the current image; again: removes the decision. */
const toggle = (action: 'drop' | 'keep') => (act: Act) =>
  decide(act, (now) => (now?.action === action ? undefined : { action }));

/** Asks for the class. Choosing the class of the data set means that the label is right. */
function relabel(act: Act): void {
  const index = currentIndex(act.state) ?? 0;
  const was = reportOf(act.state)?.splits[act.state.split].labels[index];
  const classes = classesOf(act);
  const title = `relabel #${index} ${act.state.split}`;
  const to = (label: number): void =>
    decide(act, () => (label === was ? { action: 'keep' } : { action: 'relabel', label }));
  if (classes.length < 10) {
    act.ask({
      title,
      lines: [`${classes[was ?? 0]} in the data set`],
      choices: classes.map((name, label) => ({ key: String(label + 1), label: name, run: () => to(label) })),
    });
    return;
  }
  const labelOf = (text: string): number =>
    classes.findIndex((name, label) => sameClass(name, text) || String(label + 1) === text.trim());
  act.prompt({
    ...{ title, value: '' },
    help: `${classes[was ?? 0]} in the data set; the class by its name, or its number from 1 to ${classes.length}`,
    check: (text) => (labelOf(text) < 0 ? `expected one of ${listOf(classes)}` : undefined),
    submit: (text) => to(labelOf(text)),
  });
}

function undo(act: Act): void {
  inTurn(act, async () => {
    const { before } = act.state;
    const last = before.at(-1);
    if (last === undefined) act.note('no decision to undo');
    else await write(act, last, last.decision, before.slice(0, -1));
  });
}

const classesOf = (act: Act): readonly string[] => reportOf(act.state)?.classes ?? [];

const deciding = ({ state }: Act): boolean =>
  state.report.status === 'ready' && state.corrections.status === 'ready' && state.list.length > 0;

export const LABEL_KEYS: readonly Binding<DataState>[] = [
  {
    keys: ['r'],
    hint: 'relabel',
    help: 'Gives this image another label: asks for the class',
    when: deciding,
    run: relabel,
  },
  {
    keys: ['x'],
    hint: 'drop',
    help: 'Leaves this image out; again: puts it back',
    when: deciding,
    run: toggle('drop'),
  },
  {
    keys: ['v'],
    hint: 'keep',
    help: 'Marks the label of this image as right; again: removes the mark',
    when: deciding,
    run: toggle('keep'),
  },
  {
    keys: ['u'],
    hint: 'undo',
    help: 'Undoes the last decision about a label, then the one before',
    when: deciding,
    run: undo,
  },
  {
    keys: ['L'],
    help: 'Chooses the file for decisions about labels',
    when: ({ state }) => state.report.status === 'ready',
    run: askForLabels,
  },
];
