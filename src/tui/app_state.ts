import type { MachineReport } from '../engine/requests.js';
import type { Size } from './layout.js';
import type { Line } from './line_editor.js';
import type { Loadable } from './loadable.js';
import type { Capability } from './paint/capability.js';
import type { ThemeName } from './paint/theme_colors.js';
import type { RunState } from './run_state.js';
import type { Workspace } from './workspace.js';

/** The screens, in the order of their tabs and of the keys 1, 2, ... */
export const SCREEN_NAMES = [
  'home',
  'data',
  'model',
  'train',
  'webcam',
  'runs',
  'kernels',
  'learn',
  'studies',
] as const;
export type ScreenName = (typeof SCREEN_NAMES)[number];

/** The whole state of the UI. */
export interface AppState {
  readonly size: Size;
  readonly capability: Capability;
  /** The theme that suits the terminal's background; undefined: not known, or none does. */
  readonly background: ThemeName | undefined;
  readonly screen: ScreenName;
  /** Each screen's own state: what differs from its `initial`. */
  readonly screens: Readonly<Partial<Record<ScreenName, object>>>;
  /** Id of each screen's focused panel; default: its first panel. */
  readonly focus: Readonly<Partial<Record<ScreenName, string>>>;
  /** Whether the focused panel fills the body. */
  readonly zoom: boolean;
  /** Whether charts are shown as tables of numbers. */
  readonly table: boolean;
  readonly overlay: Overlay | undefined;
  readonly note: Note | undefined;
  readonly machine: Loadable<MachineReport>;
  /** The run that Train shows: a live one, or one read from its log. */
  readonly run: RunState | undefined;
  /** What the user has opened and set: shared by all screens, and kept for the next start. */
  readonly workspace: Workspace;
  /** The search in the lists of a screen, begun with `/`. */
  readonly search: Search | undefined;
  /** The folder of the runs. */
  readonly runsFolder: string;
  /** Milliseconds of `Date.now`, updated once a second. */
  readonly now: number;
}

/** A search. It ends with Esc, or when another screen is shown. */
export interface Search {
  readonly screen: ScreenName;
  readonly text: string;
}

/** The newest event or error, above the hints. */
export interface Note {
  readonly text: string;
  readonly kind: 'info' | 'good' | 'bad';
}

export type Overlay =
  | Question
  | PickList
  | Prompt
  | { readonly kind: 'help' | 'info'; readonly scroll: number };

export interface Question {
  readonly kind: 'question';
  readonly title: string;
  readonly lines: readonly string[];
  /** Escape always closes the question and does nothing. */
  readonly choices: readonly { readonly key: string; readonly label: string; run(): void }[];
}

/** A list to choose from with the arrow keys; typing shows only the options that contain the letters. */
export interface PickList {
  readonly kind: 'pick';
  readonly title: string;
  /** What the choice is about. */
  readonly help: string;
  readonly options: readonly PickOption[];
  /** The option at the start, by its place in `options`; default: the first. */
  readonly at?: number;
  /** What was typed, and the place among the options that contain it. */
  readonly line?: Line;
  readonly selected?: number;
}

export interface PickOption {
  readonly label: string;
  /** Words beside the label, such as the key that does the same. */
  readonly hint?: string;
  run(): void;
}

export interface Prompt {
  readonly kind: 'prompt';
  readonly title: string;
  /** The current value. The first key that types or deletes replaces it. */
  readonly value: string;
  /** What is expected, its range, its default. */
  readonly help: string;
  /** Whether it asks for a path: Tab completes it, `~` is the user's home, and accepted ones are remembered. */
  readonly paths?: boolean;
  /** Name under which accepted texts are remembered, for Up and Down; default: `path` for paths, else none. */
  readonly history?: string;
  /** Why the text is invalid; undefined if it is valid. */
  check(text: string): string | undefined;
  submit(text: string): void;
  /** The line as edited so far; undefined: untouched. */
  readonly line?: Line;
  /** How many texts back in the history the line was taken; undefined: not from there. */
  readonly back?: number;
  /** What Tab can complete the text to, where there are several ways. */
  readonly offers?: readonly string[];
  /** Why the last text was rejected. */
  readonly error?: string;
}
