import type { Engine } from '../engine/engine.js';
import type { AppState, ScreenName } from './app_state.js';
import { EMPTY, type Loadable } from './loadable.js';
import type { Actions, AnyScreen } from './screen_module.js';
import type { Store } from './store.js';

/** Loads under way, by screen and key. */
const loads = new WeakMap<Store<AppState>, Map<string, AbortController>>();

/** The screens by name. */
export type ScreenMap = ReadonlyMap<ScreenName, AnyScreen>;

/** The verbs of one screen, over the store. */
export function actionsOf(
  store: Store<AppState>,
  screens: ScreenMap,
  engine: Engine,
  name: ScreenName,
): Actions<unknown> {
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
    go: (screen) => openScreen(store, screens, engine, screen),
    note: (text, kind = 'info') => store.set({ note: { text, kind } }),
    ask: (question) => store.set({ overlay: { kind: 'question', ...question } }),
    prompt: (prompt) => store.set({ overlay: { kind: 'prompt', ...prompt } }),
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

/** Brings a screen into sight. */
export function openScreen(
  store: Store<AppState>,
  screens: ScreenMap,
  engine: Engine,
  name: ScreenName,
): void {
  const module = screens.get(name);
  if (module === undefined) return;
  if (name !== store.state.screen) void closeScreen(store, screens, engine);
  store.set({ screen: name, zoom: false, overlay: undefined });
  module.open?.(actionsOf(store, screens, engine, name));
}

/** Lets the screen that is in sight give back what it holds. */
export async function closeScreen(store: Store<AppState>, screens: ScreenMap, engine: Engine): Promise<void> {
  const { screen } = store.state;
  await screens.get(screen)?.close?.(actionsOf(store, screens, engine, screen));
}

/** A screen's own state: what it has changed, over what it begins with. */
export function ownState({ screens }: AppState, { name, initial }: AnyScreen): unknown {
  return { ...(initial as object), ...(screens[name] as object | undefined) };
}

/** Ids of the panels that there are now. */
export function panelIds(app: AppState, module: AnyScreen): string[] {
  const state = ownState(app, module);
  return module.panels.filter((panel) => panel.when?.({ state, app }) ?? true).map(({ id }) => id);
}

/** Id of the panel that has the focus; the first one, if that which had it is gone. */
export function focusOf(app: AppState, module: AnyScreen): string {
  const ids = panelIds(app, module);
  const id = app.focus[module.name];
  return id !== undefined && ids.includes(id) ? id : (ids[0] ?? '');
}
