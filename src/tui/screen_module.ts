import type { Engine } from '../engine/engine.js';
import type { Picture } from '../util/picture.js';
import type { Enlarge } from '../util/resample.js';
import type { AppState, Note, PickList, Prompt, Question, ScreenName } from './app_state.js';
import type { Rect } from './layout.js';
import type { Loadable } from './loadable.js';
import type { Capability } from './paint/capability.js';
import type { Theme } from './theme.js';

/**
 * A screen is one object of data and pure functions. `screens/home.ts` is a short one to read first.
 *
 * 1. `initial` is the screen's own state, S. Only key handlers and `open` change it, through `Actions`.
 * 2. `panels` turn that state into lines of text. The view tells a panel how many columns and rows it has.
 * 3. `layout` gives each panel its rectangle, for any size of terminal.
 * 4. `keys` is a table: which key does what, and when.
 *
 * The components in `components/` do the rest. They draw borders, titles and key hints, cut lines that are too long, and
 * handle focus, zoom, small terminals, help and dialogs. After each change of the state they ask for all lines again.
 */
export interface ScreenModule<S> {
  readonly name: ScreenName;
  /** The name on the tab. */
  readonly title: string;
  readonly initial: S;
  readonly panels: readonly PanelSpec<S>[];
  /**
   * The rectangles of the panels, by id, within a body of at least 60 x 17. A panel without one is not shown. On smaller
   * terminals, and when zoomed, the focused panel fills the body and this is not called.
   */
  layout(body: Rect, view: ScreenView<S>): Readonly<Record<string, Rect>>;
  readonly keys: readonly Binding<S>[];
  /** The text that `i` opens ("what am I seeing?"): one string for each paragraph. */
  explain(view: ScreenView<S>): readonly string[];
  /** One line that stands for the whole screen on terminals below 40 x 12. */
  summary(view: ScreenView<S>): string;
  /** Fields of the state that are restored at the next start, such as the order of a list. */
  readonly remembers?: readonly string[];
  /** What `y` copies now: a value, or the equivalent command line; undefined: the text of the screen. */
  copies?(act: Actions<S>): Copied | undefined;
  /** Called when the screen is shown, for example to load what it needs. */
  open?(act: Actions<S>): void;
  /** Called when another screen is shown or the program ends: releases what the screen holds, such as a camera. */
  close?(act: Actions<S>): Promise<void>;
}

/** What all panels of a screen receive. */
export interface ScreenView<S> {
  readonly state: S;
  readonly app: AppState;
  readonly theme: Theme;
  readonly capability: Capability;
  /** Time of this frame, in milliseconds of `Date.now`. */
  readonly now: number;
  /** Id of the focused panel. */
  readonly focus: string;
}

/** What one panel receives: also its size, without the borders and the blank column on the left. */
export interface PanelView<S> extends ScreenView<S> {
  readonly cols: number;
  readonly rows: number;
}

export interface PanelSpec<S> {
  readonly id: string;
  title(view: PanelView<S>): string;
  /** Whether the panel exists now; default: always. */
  when?(at: Pick<ScreenView<S>, 'state' | 'app'>): boolean;
  /** Whether lines begin right at the border, without a blank column: for charts and pictures. */
  readonly flush?: boolean;
  /** Lines from the top. What does not fit is cut off. */
  lines(view: PanelView<S>): readonly string[];
  /** The list that the lines show, the selected row marked with ▸: a click selects a row, and one on the selected row is Enter. */
  readonly list?: SearchedList<S>;
  /** The position in content that is longer than the panel; default: that of `list`. */
  scroll?(view: PanelView<S>): Scroll | undefined;
  /** A click into the panel, in cells from the first one of its lines. */
  press?(act: Actions<S>, view: PanelView<S>, at: { readonly col: number; readonly row: number }): void;
  /** The keys of the wheel, up and down; default: the arrows. */
  readonly wheel?: readonly [string, string];
  /** Pictures over the lines. They are hidden while an overlay is open. */
  pictures?(view: PanelView<S>): readonly PlacedPicture[];
}

/** A picture and the cells that it fills, counted from the first cell of the panel's first line. */
export interface PlacedPicture extends Rect {
  /** Painted pictures are cached by this object: changed pixels need a new one. */
  readonly picture: Picture;
  /** How the picture is scaled up; default: bilinear. */
  readonly enlarge?: Enlarge;
}

/** One row of a key table. Handlers, key hints, the help and docs/tui.md are all made from it. */
export interface Binding<S> {
  /** Key names as in `input.ts`, such as `a`, `enter` or `ctrl+c`. */
  readonly keys: readonly string[];
  /** A word or two for the last row of the terminal; without it, only the help lists the key. */
  readonly hint?: string;
  /** Whether the hint comes behind those of the screen's other keys. */
  readonly hintLast?: boolean;
  /** A short sentence without a subject: "Pauses or continues training". */
  readonly help: string;
  /** Whether the key does anything now; default: always. */
  when?(act: Actions<S>): boolean;
  run(act: Actions<S>, key: string): void;
}

/** What key handlers can read and do. */
export interface Actions<S> {
  /** The current state, also after `set`. */
  readonly state: S;
  readonly app: AppState;
  readonly engine: Engine;
  readonly focus: string;
  /** Changes the screen's own state. */
  set(change: Partial<S>): void;
  /** Changes the state that all screens share. */
  setApp(change: Partial<AppState>): void;
  /** Shows another screen. */
  go(screen: ScreenName): void;
  /** Shows a message above the key hints. */
  note(text: string, kind?: Note['kind']): void;
  /** Forgets what the workspace and the screens remember. */
  forget(): void;
  /** Opens a dialog with a few choices, each with its key. */
  ask(question: Omit<Question, 'kind'>): void;
  /** Opens a dialog that asks for a line of text. */
  prompt(prompt: Omit<Prompt, 'kind' | 'line' | 'back' | 'offers' | 'error'>): void;
  /** Opens a dialog with a list of options, which typing filters. */
  pick(pick: Omit<PickList, 'kind' | 'line' | 'selected'>): void;
  /**
   * Runs `start` and keeps its progress in the state under `key`: first `loading`, then `ready` with the value, or
   * `failed` with the message. Calling it again with the same key aborts the call before.
   *
   * @param text what is shown while loading
   */
  load<K extends LoadableKeys<S>>(
    key: K,
    text: string,
    start: (
      engine: Engine,
      options: { signal: AbortSignal; progress(done: number, total: number): void },
    ) => Promise<ValueOf<S[K]>>,
  ): void;
  /** Aborts what `load` does for this key, and sets it to `empty`. */
  drop(key: LoadableKeys<S>): void;
}

/** A scroll position: line `at`, counted from 0, of `of` lines. */
export interface Scroll {
  readonly at: number;
  readonly of: number;
}

/** The part of `Actions` that only reads. */
export type Look<S> = Pick<Actions<S>, 'state' | 'app' | 'focus'>;

/** A list whose rows can be searched, and selected with the mouse. */
export interface SearchedList<S> {
  /** Whether this list is on the screen, with rows. */
  when(at: Look<S>): boolean;
  /** What each row says, from the first to the last. */
  rows(at: Look<S>): readonly string[];
  /** The selected row. */
  at(at: Look<S>): number;
  /** Selects a row. */
  go(act: Actions<S>, row: number): void;
  /** The row on a line of the panel, if one is; default: counted from the selected row. */
  onLine?(view: PanelView<S>, line: number): number | undefined;
  /** Rows that fit a text, the best first; default: `rowsWith`. */
  find?(act: Actions<S>, text: string): readonly number[];
}

/** What `y` copies: a value, or the command line that does what the screen shows. */
export interface Copied {
  /** What it is, for the note: "the command". */
  readonly what: string;
  readonly text: string;
}

/** The keys of S whose values are Loadable. */
export type LoadableKeys<S> = {
  [K in keyof S]-?: Loadable<never> extends S[K] ? K : never;
}[keyof S] &
  string;
type ValueOf<L> = Extract<L, { status: 'ready' }> extends { value: infer T } ? T : never;

/** A screen whose state is of any type, as the components see it. */
export type AnyScreen = ScreenModule<unknown>;

/** Checks a screen against the type S of its state. Forgetting S is safe: a screen only ever receives its own state. */
export function defineScreen<S>(
  module: ScreenModule<S> & { readonly remembers?: readonly (keyof S)[] },
): AnyScreen {
  return module as AnyScreen;
}
