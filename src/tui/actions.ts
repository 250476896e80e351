import type { AppState, ScreenName } from './app_state.js';
import { EMPTY, type Loadable } from './loadable.js';
import type { Program } from './program.js';
import type { Actions, AnyScreen, ScreenView } from './screen_module.js';
import type { Store } from './store.js';
import { makeTheme } from './theme.js';
import { NEW_WORKSPACE, withFoundData } from './workspace.js';

/** A program without a terminal: enough for screens to act. */
type Core = Pick<Program, 'store' | 'screens' | 'engine'>;

/** The loads in progress, by screen and key. */
const loads = new WeakMap<Store<AppState>, Map<string, AbortController>>();

/** Makes the actions for the key handlers of one screen. */
export function actionsOf(core: Core, name: ScreenName): Actions<unknown> {
  const { store, screens, engine } = core;
  const module = screens.get(name) as AnyScreen;
  const own = (): object => ownState(store.state, module) as object;
  const act: Actions<unknown> = {
    get state() {
      return own();
    },
    get app() {
      return store.state;
    },
    get focus() {
      return focusOf(store.state, module);
    },
    engine,
    set: (change) =>
      store.set({ screens: { ...store.state.screens, [name]: { ...own(), ...(change as object) } } }),
    setApp: (change) => store.set(change),
    go: (screen) => openScreen(core, screen),
    note: (text, kind = 'info') => store.set({ note: { text, kind } }),
    forget: () =>
      store.set({
        workspace: withFoundData(NEW_WORKSPACE),
        table: false,
        screens: forgotten(screens, store.state.screens),
      }),
    ask: (question) => store.set({ overlay: { kind: 'question', ...question } }),
    prompt: (prompt) => store.set({ overlay: { kind: 'prompt', ...prompt } }),
    pick: (pick) => store.set({ overlay: { kind: 'pick', ...pick } }),
    load: (key, text, start) => {
      const running = loads.get(store) ?? new Map<string, AbortController>();
      loads.set(store, running);
      const slot = `${name}.${key}`;
      running.get(slot)?.abort();
      const controller = new AbortController();
      running.set(slot, controller);
      const { signal } = controller;
      const since = Date.now();
      const put = (value: Loadable<unknown>): void => {
        if (!signal.aborted) act.set({ [key]: value } as never);
      };
      put({ status: 'loading', text, since });
      const progress = (done: number, total: number): void =>
        put({ status: 'loading', text, since, done, total });
      start(engine, { signal, progress }).then(
        (value) => put({ status: 'ready', value }),
        (error: unknown) =>
          put({ status: 'failed', message: error instanceof Error ? error.message : String(error) }),
      );
    },
    drop: (key) => {
      loads.get(store)?.get(`${name}.${key}`)?.abort();
      act.set({ [key]: EMPTY } as never);
    },
  };
  return act;
}

/** Shows a screen, and closes the one that was shown. */
export function openScreen(core: Core, name: ScreenName): void {
  const { store, screens } = core;
  const module = screens.get(name);
  if (module === undefined) return;
  if (name !== store.state.screen) {
    void closeScreen(core);
    store.set({ search: undefined });
  }
  store.set({ screen: name, zoom: false, overlay: undefined });
  module.open?.(actionsOf(core, name));
}

/** Lets the screen that is shown release what it holds, such as a camera. */
export async function closeScreen(core: Core): Promise<void> {
  const { screen } = core.store.state;
  await core.screens.get(screen)?.close?.(actionsOf(core, screen));
}

/** A screen's own state: its initial state with the changes since. */
export function ownState({ screens }: AppState, { name, initial }: AnyScreen): unknown {
  return { ...(initial as object), ...(screens[name] as object | undefined) };
}

/** Makes the view that the panels of a screen receive. */
export function viewOf(app: AppState, module: AnyScreen): ScreenView<unknown> {
  const { capability, now } = app;
  const state = ownState(app, module);
  return { state, app, theme: makeTheme(capability), capability, now, focus: focusOf(app, module) };
}

/** Ids of the panels that exist at the moment. */
export function panelIds(app: AppState, module: AnyScreen): string[] {
  const state = ownState(app, module);
  return module.panels.filter((panel) => panel.when?.({ state, app }) ?? true).map(({ id }) => id);
}

/** Id of the focused panel; that of the first panel if the focused one no longer exists. */
export function focusOf(app: AppState, module: AnyScreen): string {
  const ids = panelIds(app, module);
  const id = app.focus[module.name];
  return id !== undefined && ids.includes(id) ? id : (ids[0] ?? '');
}

/** The states of the screens, with the fields that they remember reset. */
function forgotten(screens: Core['screens'], states: AppState['screens']): AppState['screens'] {
  const entries = Object.entries(states).map(([name, own]) => {
    const { remembers = [], initial } = screens.get(name as ScreenName) ?? {};
    const usual = Object.fromEntries(
      remembers.map((field) => [field, (initial as Readonly<Record<string, unknown>>)[field]]),
    );
    return [name, { ...own, ...usual }];
  });
  return Object.fromEntries(entries) as AppState['screens'];
}
