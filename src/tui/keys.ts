import { actionsOf, focusOf, openScreen, panelIds } from './actions.js';
import { type AppState, SCREEN_NAMES } from './app_state.js';
import { askForTheme } from './background.js';
import { copyFrom } from './clipboard.js';
import { overlayKey } from './dialogs.js';
import type { Key } from './input.js';
import { sizeClass } from './layout.js';
import { openPalette } from './palette.js';
import type { GlobalBinding, Program } from './program.js';
import type { AnyScreen } from './screen_module.js';

export const GLOBAL_KEYS: readonly GlobalBinding[] = [
  {
    keys: SCREEN_NAMES.map((_, i) => String(i + 1)),
    help: `Opens a screen: ${SCREEN_NAMES.map((name) => name[0]?.toUpperCase() + name.slice(1)).join(', ')}`,
    run: (program, key) => {
      const name = SCREEN_NAMES[Number(key) - 1];
      if (name === undefined) return;
      const { screen, note } = program.store.state;
      if (name !== screen && note?.kind !== 'bad') program.store.set({ note: undefined }); // it was about the other screen
      openScreen(program, name);
    },
  },
  { keys: ['tab'], help: 'Focuses the next panel', run: (program) => moveFocus(program, 1) },
  { keys: ['shift+tab'], help: 'Focuses the previous panel', run: (program) => moveFocus(program, -1) },
  {
    keys: ['+'],
    help: 'Gives the focused panel the whole screen',
    run: ({ store }) => store.set({ zoom: true }),
  },
  { keys: ['_'], help: 'Shows all panels again', run: ({ store }) => store.set({ zoom: false }) },
  {
    keys: ['i'],
    hint: 'what is this',
    shortHint: 'info',
    help: 'Explains what is on the screen',
    run: ({ store }) => store.set({ overlay: { kind: 'info', scroll: 0 } }),
  },
  {
    keys: ['?'],
    hint: 'keys',
    help: 'Lists the keys that work here',
    run: ({ store }) => store.set({ overlay: { kind: 'help', scroll: 0 } }),
  },
  {
    keys: [':', 'ctrl+p'],
    help: 'Lists all actions of all screens, with their keys; typing filters, Enter runs one',
    run: (program) => openPalette(program, GLOBAL_KEYS),
  },
  {
    keys: ['T'],
    help: 'Shows charts as tables of numbers, or as charts again',
    run: ({ store }) => store.set({ table: !store.state.table }),
  },
  {
    keys: ['y'],
    help: 'Copies a value, or the equivalent command line, if the terminal allows it (OSC 52)',
    run: copyFrom,
  },
  {
    keys: ['ctrl+t'],
    help: 'Chooses the colours: by the background, dark, light, high contrast, or those of the terminal',
    run: askForTheme,
  },
  { keys: ['Y'], help: 'Saves the screen as a text file', run: ({ host }) => host.save() },
  { keys: ['ctrl+l'], help: 'Redraws the screen', run: ({ host }) => host.redraw() },
  { keys: ['ctrl+z'], help: 'Suspends the program; fg resumes it', run: ({ host }) => host.suspend() },
  {
    keys: ['escape'],
    help: 'Closes the overlay, or leaves zoom',
    run: ({ store }) => store.set({ zoom: false, note: undefined }),
  },
  { keys: ['q'], hint: 'quit', help: 'Quits; asks first while training', run: ({ host }) => host.quit() },
  {
    keys: ['ctrl+c'],
    help: 'Stops, saves and quits; pressed twice within 3 s, quits at once',
    run: ({ host }) => host.interrupt(),
  },
];

/**
 * Handles one key. The open overlay handles it; without one, the screen; if the screen does not use the key, the global keys.
 * The result is shown at once, without waiting for the next frame.
 */
export function handleKey(program: Program, key: Key): void {
  const { store, screens, host } = program;
  const { overlay, screen } = store.state;
  const module = screens.get(screen) as AnyScreen;
  const alt = /^alt\+(.)$/.exec(key.name)?.[1];
  if (key.name === 'ctrl+c') host.interrupt();
  else if (alt !== undefined && overlay?.kind !== 'prompt' && overlay?.kind !== 'pick') {
    // Only lines of text have keys with Alt. Terminals send Escape and the letter for both.
    handleKey(program, { name: 'escape', text: '' });
    handleKey(program, { name: alt, text: alt });
  } else if (overlay !== undefined) overlayKey(store, key);
  else {
    const act = actionsOf(program, screen);
    const own = module.keys.find((b) => b.keys.includes(key.name) && (b.when?.(act) ?? true));
    if (own !== undefined) own.run(act, key.name);
    else GLOBAL_KEYS.find(({ keys }) => keys.includes(key.name))?.run(program, key.name);
  }
  store.flush();
}

function moveFocus({ store, screens }: Program, step: number): void {
  const { state } = store;
  const module = screens.get(state.screen) as AnyScreen;
  const ids = panelIds(state, module);
  const at = ids.indexOf(focusOf(state, module));
  const next = ids[(at + step + ids.length) % ids.length];
  if (next !== undefined) store.set({ focus: { ...state.focus, [state.screen]: next } });
}

/** Whether only the focused panel is shown. */
export function singlePanel({ size, zoom }: AppState): boolean {
  return zoom || sizeClass(size) === 'single';
}
