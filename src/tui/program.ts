import type { Engine } from '../engine/engine.js';
import type { AppState, ScreenName } from './app_state.js';
import type { AnyScreen } from './screen_module.js';
import type { Store } from './store.js';

/** The screens by name. */
export type ScreenMap = ReadonlyMap<ScreenName, AnyScreen>;

/** What the UI can ask of the terminal and of its own process. */
export interface Host {
  /** Quits; asks first while training. */
  quit(): void;
  /** ^C: the first one saves and quits, a second one within 3 seconds quits at once. */
  interrupt(): void;
  /** ^Z: returns the terminal to the shell until `fg`. */
  suspend(): void;
  /** Draws every row again. */
  redraw(): void;
  /** Writes the screen to a text file. */
  save(): void;
  /** The screen as plain text. */
  text(): string;
  /** Asks the terminal to put a text on the clipboard. */
  copy(text: string): void;
}

/** What components and key handlers work with. */
export interface Program {
  readonly store: Store<AppState>;
  readonly screens: ScreenMap;
  readonly engine: Engine;
  readonly host: Host;
}

/** A key that works on every screen, unless the screen has its own meaning for it. */
export interface GlobalBinding {
  readonly keys: readonly string[];
  readonly hint?: string;
  /** The hint of a narrow terminal, if it is another. */
  readonly shortHint?: string;
  readonly help: string;
  run(program: Program, key: string): void;
}
