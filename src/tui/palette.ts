import { actionsOf, openScreen } from './actions.js';
import { type PickOption, SCREEN_NAMES, type ScreenName } from './app_state.js';
import { keyLabel, keysLabel } from './key_labels.js';
import type { GlobalBinding, Program } from './program.js';
import type { AnyScreen, Binding } from './screen_module.js';

/** The list of all actions of all screens, with their keys: `:` and ^P. */

/** Keys that move a selection or close something. The list leaves them out: they are useless without seeing what they act on. */
const MOVES = new Set(['up', 'down', 'left', 'right', 'pageup', 'pagedown', 'home', 'end', 'escape']);
/** The list leaves out bindings with more keys than this, such as the numbers of the screens, which have their own options. */
const MOST_KEYS = 3;

/** Opens the list: what works now comes first, then what works everywhere, then the other screens. */
export function openPalette(program: Program, globals: readonly GlobalBinding[]): void {
  const { store, screens } = program;
  const { screen } = store.state;
  const others = SCREEN_NAMES.filter((name) => name !== screen && screens.has(name));
  const here = actionsOf(program, screen);
  const own = (screens.get(screen) as AnyScreen).keys;
  const works = ({ when }: Binding<unknown>): boolean => when?.(here) ?? true;
  const options = [
    ...own.filter(works).flatMap((binding) => optionsOf(program, screen, binding)),
    ...others.map((name) => screenOption(program, name)),
    ...globals.flatMap((binding) => globalOptions(program, binding)),
    ...own.filter((binding) => !works(binding)).flatMap((binding) => optionsOf(program, screen, binding)),
    ...others.flatMap((name) =>
      (screens.get(name) as AnyScreen).keys.flatMap((binding) => optionsOf(program, name, binding)),
    ),
  ];
  store.set({
    overlay: {
      kind: 'pick',
      title: 'all actions',
      help: 'type words of an action; its key is on the right. An action of another screen opens that screen first.',
      options,
    },
  });
}

const actingKeys = ({ keys }: Pick<Binding<unknown>, 'keys'>): readonly string[] =>
  keys.length > MOST_KEYS ? [] : keys.filter((key) => !MOVES.has(key));

/** One option for each key if the keys do different things, such as `[ ]`; one for all if they do the same, such as `w Enter`. */
function optionsOf(program: Program, name: ScreenName, binding: Binding<unknown>): PickOption[] {
  const { title } = program.screens.get(name) as AnyScreen;
  const option = (keys: readonly string[]): PickOption => ({
    label: `${title}: ${binding.help}`,
    hint: keysLabel({ keys }),
    run: () => runKey(program, name, binding, keys[0] ?? ''),
  });
  const keys = actingKeys(binding);
  if (keys.length === 0) return [];
  return binding.run.length > 1 ? keys.map((key) => option([key])) : [option(keys)];
}

function screenOption(program: Program, name: ScreenName): PickOption {
  const { title } = program.screens.get(name) as AnyScreen;
  return {
    label: `Opens ${title}`,
    hint: String(SCREEN_NAMES.indexOf(name) + 1),
    run: () => openScreen(program, name),
  };
}

const globalOptions = (program: Program, binding: GlobalBinding): PickOption[] =>
  actingKeys(binding)
    .filter((key) => key !== ':' && key !== 'ctrl+p')
    .map((key) => ({ label: binding.help, hint: keyLabel(key), run: () => binding.run(program, key) }));

/** Runs the action of a key on its screen, or shows a note if the key does nothing now. */
function runKey(program: Program, name: ScreenName, binding: Binding<unknown>, key: string): void {
  if (program.store.state.screen !== name) openScreen(program, name);
  const act = actionsOf(program, name);
  if (binding.when?.(act) ?? true) binding.run(act, key);
  else act.note(`not now: ${binding.help}`, 'bad');
}
