import type { Engine } from '../engine/engine.js';
import type { Picture } from '../util/picture.js';
import type { Enlarge } from '../util/resample.js';
import type { AppState, Note, Prompt, Question, ScreenName } from './app_state.js';
import type { Rect } from './layout.js';
import type { Loadable } from './loadable.js';
import type { Capability } from './paint/capability.js';
import type { Theme } from './theme.js';

/**
 * A screen is data and pure functions: what it keeps, its panels, where they lie, its keys. The frame draws borders,
 * titles and hints, cuts lines that are too long, and handles focus, zoom, small terminals, help and dialogs.
 */
export interface ScreenModule<S> {
  readonly name: ScreenName;
  /** In the row of tabs. */
  readonly title: string;
  readonly initial: S;
  readonly panels: readonly PanelSpec<S>[];
  /**
   * Where panels lie in a body of this size (from 60 x 17), by id; those left out are not shown. On smaller terminals the
   * frame shows the focused panel alone and does not ask.
   */
  layout(body: Rect, view: ScreenView<S>): Readonly<Record<string, Rect>>;
  readonly keys: readonly Binding<S>[];
  /** Answers "what am I seeing?", one paragraph a line. */
  explain(view: ScreenView<S>): readonly string[];
  /** One line for terminals that have room for nothing else. */
  summary(view: ScreenView<S>): string;
  /** The screen comes into sight. */
  open?(act: Actions<S>): void;
  /** It goes out of sight, or everything ends: gives back what it holds, such as a camera. */
  close?(act: Actions<S>): Promise<void>;
}

/** What all panels of a screen see. */
export interface ScreenView<S> {
  readonly state: S;
  readonly app: AppState;
  readonly theme: Theme;
  readonly capability: Capability;
  /** Milliseconds of `Date.now`, as of this frame. */
  readonly now: number;
  /** Id of the focused panel. */
  readonly focus: string;
}

/** What one panel sees: its size is that inside of the borders, less a blank column unless it is `flush`. */
export interface PanelView<S> extends ScreenView<S> {
  readonly cols: number;
  readonly rows: number;
}

export interface PanelSpec<S> {
  readonly id: string;
  title(view: PanelView<S>): string;
  /** Whether there is such a panel now; default: always. */
  when?(at: Pick<ScreenView<S>, 'state' | 'app'>): boolean;
  /** Whether lines begin at the border itself: for pictures that need every cell. */
  readonly flush?: boolean;
  /** From the top; may be too many or too wide. */
  lines(view: PanelView<S>): readonly string[];
  /** Painted over the lines after them; left out while something covers the screen. */
  pictures?(view: PanelView<S>): readonly PlacedPicture[];
}

/** A picture and the cells that it fills, counted from where the panel's lines begin. */
export interface PlacedPicture extends Rect {
  /** A new object when pixels change: painting is remembered by it. */
  readonly picture: Picture;
  /** Default: bilinear. */
  readonly enlarge?: Enlarge;
}

/** One row of the table of keys: feeds the handlers, the row of hints, the help and the documentation. */
export interface Binding<S> {
  /** Names as `input.ts` gives them. */
  readonly keys: readonly string[];
  /** A word or two for the row of hints; without it only the help tells of it. */
  readonly hint?: string;
  /** A short sentence without a subject: "Pauses training, or goes on". */
  readonly help: string;
  /** Whether it does anything now. */
  when?(act: Actions<S>): boolean;
  run(act: Actions<S>, key: string): void;
}

/** What handlers can do. */
export interface Actions<S> {
  /** As of now, not of when the handler began. */
  readonly state: S;
  readonly app: AppState;
  readonly engine: Engine;
  readonly focus: string;
  set(change: Partial<S>): void;
  setApp(change: Partial<AppState>): void;
  go(screen: ScreenName): void;
  /** Says something in the row above the hints. */
  note(text: string, kind?: Note['kind']): void;
  /** Asks for one of a few keys. */
  ask(question: Omit<Question, 'kind'>): void;
  /** Asks for a line of text. */
  prompt(prompt: Omit<Prompt, 'kind' | 'error'>): void;
  /**
   * Fills `key` of the state with what `start` comes to, through `loading` to `ready` or `failed`. When it is called
   * again for the same key, the older one is told to give up and is forgotten.
   */
  load<K extends LoadableKeys<S>>(
    key: K,
    text: string,
    start: (
      engine: Engine,
      options: { signal: AbortSignal; progress(done: number, total: number): void },
    ) => Promise<ValueOf<S[K]>>,
  ): void;
  /** Empties what `load` filled or is filling, which is told to give up. */
  drop(key: LoadableKeys<S>): void;
}

/** Names of what is a Loadable in S. */
export type LoadableKeys<S> = {
  [K in keyof S]-?: Loadable<never> extends S[K] ? K : never;
}[keyof S] &
  string;
type ValueOf<L> = Extract<L, { status: 'ready' }> extends { value: infer T } ? T : never;

/** A screen of which only the frame's view is left. */
export type AnyScreen = ScreenModule<unknown>;

/** Types a screen's parts by its state, and forgets the state's type: the frame hands each screen its own. */
export function defineScreen<S>(module: ScreenModule<S>): AnyScreen {
  return module as unknown as AnyScreen;
}
