import type { MachineReport } from '../engine/requests.js';
import type { Size } from './layout.js';
import type { Loadable } from './loadable.js';
import type { Capability } from './paint/capability.js';
import type { RunState } from './run_state.js';

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
  /** The folder of the runs. */
  readonly runsFolder: string;
  /** Milliseconds of `Date.now`, updated once a second. */
  readonly now: number;
}

/** The newest event or error, above the hints. */
export interface Note {
  readonly text: string;
  readonly kind: 'info' | 'good' | 'bad';
}

export type Overlay = Question | Prompt | { readonly kind: 'help' | 'info'; readonly scroll: number };

export interface Question {
  readonly kind: 'question';
  readonly title: string;
  readonly lines: readonly string[];
  /** Escape always closes the question and does nothing. */
  readonly choices: readonly { readonly key: string; readonly label: string; run(): void }[];
}

export interface Prompt {
  readonly kind: 'prompt';
  readonly title: string;
  /** The text typed so far; initially the current value. */
  readonly value: string;
  /** What is expected, its range, its default. */
  readonly help: string;
  /** Why the text is invalid; undefined if it is valid. */
  check(text: string): string | undefined;
  submit(text: string): void;
  /** Why the last text was rejected. */
  readonly error?: string;
}
