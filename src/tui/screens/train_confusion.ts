import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { confusions } from '../../train/metrics.js';
import type { Size } from '../layout.js';
import type { RunState } from '../run_state.js';
import type { Actions, Binding } from '../screen_module.js';
import { type MatrixCell, matrixCellAt } from '../widgets.js';
import { withData } from '../workspace.js';
import type { WantedFaces } from './data_state.js';
import { showsForm } from './train_form.js';
import { classesOf, type TrainState } from './train_panels.js';

/** The confusion matrix of a run as something to walk through: a cell opens the faces that it counts. */

type Act = Actions<TrainState>;

const countsOf = ({ app }: Pick<Act, 'app'>): readonly (readonly number[])[] | undefined =>
  app.run?.validation?.numbers.confusion;

const onMatrix = (act: Act): boolean =>
  act.focus === 'confusion' && !showsForm(act) && countsOf(act) !== undefined;

/** The cells with confusions, the most frequent first. */
function ranked(run: RunState, counts: readonly (readonly number[])[]): MatrixCell[] {
  const classes = classesOf(run, counts.length);
  return confusions(counts, classes, counts.length ** 2).map(({ from, to }) => ({
    truth: classes.indexOf(from),
    predicted: classes.indexOf(to),
  }));
}

/** The selected cell: at first the most frequent confusion. */
function cellOf(act: Pick<Act, 'app' | 'state'>): MatrixCell {
  const counts = countsOf(act);
  const { run } = act.app;
  if (act.state.cell !== undefined || counts === undefined || run === undefined)
    return act.state.cell ?? { truth: 0, predicted: 0 };
  return ranked(run, counts)[0] ?? { truth: 0, predicted: 0 };
}

function move(act: Act, key: string): void {
  const last = (countsOf(act)?.length ?? 1) - 1;
  const { truth, predicted } = cellOf(act);
  const within = (at: number): number => Math.max(0, Math.min(last, at));
  const [down, right] = { up: [-1, 0], down: [1, 0], left: [0, -1], right: [0, 1] }[key] ?? [0, 0];
  act.set({ cell: { truth: within(truth + (down ?? 0)), predicted: within(predicted + (right ?? 0)) } });
}

/** The next or previous of the most frequent confusions. */
function nextConfusion(act: Act, step: number): void {
  const counts = countsOf(act);
  if (counts === undefined || act.app.run === undefined) return;
  const all = ranked(act.app.run, counts);
  const { truth, predicted } = cellOf(act);
  const at = all.findIndex((own) => own.truth === truth && own.predicted === predicted);
  const next = at < 0 ? 0 : (at + step + all.length) % all.length;
  if (all[next] !== undefined) act.set({ cell: all[next] });
}

/** Shows the faces of the validation images that the cell counts, on Data. */
function openFaces(act: Act): void {
  const { run, workspace, screens } = act.app;
  const counts = countsOf(act);
  if (run?.start === undefined || counts === undefined) return;
  const { config, path } = run.start;
  const { truth, predicted } = cellOf(act);
  const weights = weightsOf(run, path);
  if (config['fold'] !== undefined) {
    act.note('this run validates on a fold of the data, which Data does not show', 'bad');
    return;
  }
  if (weights === undefined) {
    act.note('no weights are saved yet; the run saves them after the epoch, or with S', 'bad');
    return;
  }
  const [data, classes] = [String(config['data']), String(config['classes'] ?? '')];
  const wanted: WantedFaces = { truth, predicted, weights, count: counts[truth]?.[predicted] ?? 0 };
  act.setApp({
    workspace: withData(workspace, data, classes),
    screens: { ...screens, data: { ...screens.data, wanted } },
  });
  act.go('data');
}

/** The saved weights nearest to those that were validated last. */
function weightsOf({ epochs }: RunState, path: string): string | undefined {
  const files = ['best.safetensors', 'last.safetensors'].map((name) => join(path, name));
  const order = epochs.at(-1)?.best === true ? files : files.toReversed();
  return order.find((file) => existsSync(file));
}

/** The cell that is marked: the selected one, while the matrix has the focus. */
export function markedCell(view: Pick<Act, 'app' | 'state' | 'focus'>): MatrixCell | undefined {
  return view.focus === 'confusion' ? cellOf(view) : undefined;
}

/** A click on a cell selects it; on the selected one, it opens its faces. */
export function pressCell(
  act: Act,
  { cols, rows }: Size,
  at: { readonly col: number; readonly row: number },
): void {
  const cell = matrixCellAt(at, countsOf(act)?.length ?? 0, { cols, rows });
  if (cell === undefined) return;
  const { truth, predicted } = act.state.cell ?? {};
  if (cell.truth === truth && cell.predicted === predicted) openFaces(act);
  else act.set({ cell });
}

export const CONFUSION_KEYS: readonly Binding<TrainState>[] = [
  {
    keys: ['enter'],
    hint: 'faces',
    help: 'On the confusion matrix: shows the faces that the selected cell counts, on Data',
    when: onMatrix,
    run: openFaces,
  },
  {
    keys: ['up', 'down', 'left', 'right'],
    hint: 'cell',
    help: 'On the confusion matrix: selects a cell',
    when: onMatrix,
    run: move,
  },
  {
    keys: ['pageup', 'pagedown'],
    help: 'On the confusion matrix: selects the next more or less frequent confusion',
    when: onMatrix,
    run: (act, key) => nextConfusion(act, key === 'pageup' ? -1 : 1),
  },
];
