import { findRecipe, type Recipe, recipes } from '../../train/recipes.js';
import type { RunReport } from '../../train/runs.js';
import { percent } from '../../util/axis.js';
import type { PickOption } from '../app_state.js';
import { effectiveText, type FormBase, type FormValues, formError, settingsIn } from '../form.js';
import { isActive } from '../run_state.js';
import { clock } from '../run_words.js';
import type { Actions } from '../screen_module.js';
import { withSettings } from '../workspace.js';
import type { TrainState } from './train_panels.js';

/** Fills the form of a new run with existing settings: those of a recipe that comes with fer-tui, or of an earlier run. */

type AppActions = Pick<Actions<unknown>, 'app' | 'engine' | 'setApp' | 'go' | 'note' | 'pick'>;

/** Settings that belong to a single run: where it is written. */
const OF_ONE_RUN = ['out', 'save-steps'];
/** Settings that no recipe contains: those of the data and of the machine. */
const NOT_IN_RECIPES = ['data', 'classes', 'labels', 'limit', 'skip-bad', 'drop-duplicates', 'adapter'];

/** Asks for a recipe or a run whose settings to copy into the form. */
export function askForSettings(act: AppActions): void {
  const { runsFolder, screen } = act.app;
  act.engine.request('runs.list', { folder: runsFolder }).then(
    (runs) => {
      if (act.app.screen !== screen) return;
      act.pick({
        title: 'settings of a recipe or a run',
        help: 'The form takes them, and you can change them before the start. A recipe leaves the data set as it is.',
        options: [
          ...recipes().map((recipe) => recipeOption(act, recipe)),
          ...runs.map((run) => runOption(act, run)),
        ],
      });
    },
    (error: Error) => act.note(error.message, 'bad'),
  );
}

function recipeOption(act: AppActions, { name, settings, outcome }: Recipe): PickOption {
  const reached = outcome === undefined ? '' : `${percent(outcome.valAcc)} in ${clock(outcome.seconds)}`;
  return {
    label: `recipe ${name}, ${settings['epochs'] ?? '?'} epochs`,
    hint: reached,
    run: () => takeRecipe(act, name),
  };
}

function runOption(act: AppActions, run: RunReport): PickOption {
  const { name, model, of, best, seconds } = run;
  const reached = best === null ? '' : `${percent(best.acc)} in ${clock(seconds)}`;
  return { label: `${name}, ${model}, ${of} epochs`, hint: reached, run: () => takeRun(act, run) };
}

/** Copies the settings of a recipe into the form, and keeps those that no recipe contains. */
function takeRecipe(act: AppActions, name: string): void {
  const { settings, after } = findRecipe(name, 'recipe');
  const own = NOT_IN_RECIPES.flatMap((field) => {
    const value = act.app.workspace.settings[field];
    return value === undefined ? [] : [[field, value] as const];
  });
  const next = after === undefined ? '' : `: set init to the best weights of ${after}`;
  take(act, `recipe ${name}`, { ...settingsIn(settings), ...Object.fromEntries(own) }, next);
}

/** Copies the settings of a run into the form, including its data set. */
export function takeRun(act: AppActions, { name, config }: Pick<RunReport, 'name' | 'config'>): void {
  const settings = Object.entries(settingsIn(config)).filter(([field]) => !OF_ONE_RUN.includes(field));
  take(act, name, Object.fromEntries(settings), '');
}

function take(act: AppActions, name: string, settings: FormValues, more: string): void {
  const { app } = act;
  const base: FormBase = { name, settings };
  const own: Partial<TrainState> = { form: true, selected: 0, base };
  act.setApp({
    workspace: withSettings(app.workspace, settings),
    screens: { ...app.screens, train: { ...app.screens.train, ...own } },
  });
  act.go('train');
  const error = formError(settings);
  if (isActive(app.run)) act.note(`${name}: its settings are in the form; n after this training`);
  else if (error !== undefined) act.note(`settings of ${name}: ${error}`, 'bad');
  else act.note(more === '' ? `settings of ${name} · Enter starts` : `${name}${more}`, 'good');
}

/** What was changed in the form since, one text per setting: "lr 0.002 (was 0.001)". */
export function changedSince({ settings }: FormBase, values: FormValues): string[] {
  const names = [...new Set([...Object.keys(settings), ...Object.keys(values)])];
  return names.flatMap((name) => {
    const [was, is] = [effectiveText(name, settings), effectiveText(name, values)];
    return was === is ? [] : [`${name} ${is} (was ${was})`];
  });
}
