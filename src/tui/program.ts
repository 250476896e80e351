import type { Engine } from '../engine/engine.js';
import type { AppState, ScreenName } from './app_state.js';
import type { AnyScreen } from './screen_module.js';
import type { Store } from './store.js';

/** The screens by name. */
export type ScreenMap = ReadonlyMap<ScreenName, AnyScreen>;

/** What the UI asks of the terminal and of its own process. */
export interface Host {
  /** Leaves; asks first while training. */
  quit(): void;
  /** ^C: the first one saves and leaves, a second one within 3 seconds leaves at once. */
  interrupt(): void;
  /** ^Z: gives the terminal back to the shell until `fg`. */
  suspend(): void;
  /** Draws every row again. */
  redraw(): void;
  /** Writes the screen to a text file. */
  save(): void;
}

/** Everything that components draw and that keys act upon. */
export interface Program {
  readonly store: Store<AppState>;
  readonly screens: ScreenMap;
  readonly engine: Engine;
  readonly host: Host;
}
