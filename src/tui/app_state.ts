import type { MachineReport } from '../engine/requests.js';
import type { Size } from './layout.js';
import type { Loadable } from './loadable.js';
import type { Capability } from './paint/capability.js';
import type { RunState } from './run_state.js';

/** In the order of the tabs and of the keys 1, 2, ... */
export const SCREEN_NAMES = ['home', 'data', 'model', 'train', 'webcam', 'runs', 'kernels'] as const;
export type ScreenName = (typeof SCREEN_NAMES)[number];

/** All that is shown. */
export interface AppState {
  readonly size: Size;
  readonly capability: Capability;
  readonly screen: ScreenName;
  /** Own state of each screen, as far as it differs from what the screen begins with. */
  readonly screens: Readonly<Partial<Record<ScreenName, object>>>;
  /** Id of the focused panel of each screen; missing: its first. */
  readonly focus: Readonly<Partial<Record<ScreenName, string>>>;
  /** Whether the focused panel has the body to itself. */
  readonly zoom: boolean;
  /** Whether charts are shown as tables of numbers. */
  readonly table: boolean;
  readonly overlay: Overlay | undefined;
  readonly note: Note | undefined;
  readonly machine: Loadable<MachineReport>;
  /** The run that Train shows: live, or read back from the disk. */
  readonly run: RunState | undefined;
  /** Where runs are looked for. */
  readonly runsFolder: string;
  /** Milliseconds of `Date.now`; moves once a second. */
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
  /** Escape is always there, and does nothing. */
  readonly choices: readonly { readonly key: string; readonly label: string; run(): void }[];
}

export interface Prompt {
  readonly kind: 'prompt';
  readonly title: string;
  /** What is typed so far; at first the present value. */
  readonly value: string;
  /** What is expected, its range, its default. */
  readonly help: string;
  /** Why this cannot be, if so. */
  check(text: string): string | undefined;
  submit(text: string): void;
  /** Of the last try. */
  readonly error?: string;
}
