import type { AppState } from './app_state.js';
import type { Capability } from './paint/capability.js';
import {
  contrast,
  leastContrast,
  THEME_CHOICES,
  THEME_COLORS,
  type ThemeChoice,
  type ThemeName,
} from './paint/theme_colors.js';
import type { Program } from './program.js';
import type { Store } from './store.js';

/** The theme: the user's choice, or the one that suits the terminal's background colour. */

/** Asks the terminal for the colour of its background (OSC 11). Terminals that do not know the request do not answer. */
const ASK_BACKGROUND = '\x1b]11;?\x1b\\';
/** A later answer is ignored. On a loaded machine, drawing the first frame takes part of this time. */
const ANSWER_MS = 2000;
/** At its end, the program waits at most this long for a missing answer, which the shell would take for typed text. */
const LEAVE_MS = 200;

/** The background in an answer, as hexadecimal digits; undefined for any other text. */
export function backgroundOf(answer: string): string | undefined {
  const [, ...parts] = /^11;rgba?:([\da-f]{1,4})\/([\da-f]{1,4})\/([\da-f]{1,4})/i.exec(answer) ?? [];
  if (parts.length === 0) return undefined;
  return parts
    .map((digits) => Math.round((255 * Number.parseInt(digits, 16)) / (16 ** digits.length - 1)))
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}

/** The theme whose colours all have enough contrast on a background; undefined if neither has. */
export function themeOn(background: string): ThemeName | undefined {
  return (['dark', 'light'] as const).find((name) =>
    Object.entries(THEME_COLORS[name]).every(
      ([role, colour]) => contrast(colour, background) >= leastContrast(name, role),
    ),
  );
}

/** The capability with the theme that was chosen. */
export function themed({ capability, background }: AppState, choice: ThemeChoice): AppState['capability'] {
  const { theme: _, ...rest } = capability;
  const theme = choice === 'auto' ? background : choice;
  return theme === undefined ? rest : { ...rest, theme };
}

/** Chooses a theme, for the next start too. */
export function chooseTheme(store: Store<AppState>, theme: ThemeChoice): void {
  const { workspace } = store.state;
  store.set({ workspace: { ...workspace, theme }, capability: themed(store.state, theme) });
}

/** Takes the answer of the terminal into account. */
function takeBackground(store: Store<AppState>, answer: string): void {
  const colour = backgroundOf(answer);
  const background = colour === undefined ? undefined : themeOn(colour);
  if (background === undefined) return;
  store.set({ background });
  store.set({ capability: themed(store.state, store.state.workspace.theme) });
}

const LABELS: Readonly<Record<ThemeChoice, string>> = {
  auto: "by the terminal's background",
  terminal: 'the sixteen colours of the terminal',
  dark: 'for dark backgrounds',
  light: 'for light backgrounds',
  contrast: 'high contrast, on dark',
};

/** Asks for a theme. */
export function askForTheme({ store }: Program): void {
  store.set({
    overlay: {
      kind: 'pick',
      title: 'colours',
      help: 'The choice is remembered. It has no effect with 16 colours or NO_COLOR.',
      at: THEME_CHOICES.indexOf(store.state.workspace.theme),
      options: THEME_CHOICES.map((name) => ({
        label: name,
        hint: LABELS[name],
        run: () => chooseTheme(store, name),
      })),
    },
  });
}

/** Asks the terminal for its background colour if the theme depends on it, and waits a moment for the answer. */
export class BackgroundAnswer {
  #settled: Promise<void> = Promise.resolve();
  #settle: (() => void) | undefined;

  constructor(private readonly capability: Capability) {}

  ask(): void {
    if (!['truecolor', '256'].includes(this.capability.color)) return;
    this.#settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    setTimeout(() => this.#end(), ANSWER_MS).unref();
    process.stdout.write(ASK_BACKGROUND);
  }

  take(store: Store<AppState>, text: string): void {
    if (this.#settle === undefined) return; // too late, or not asked for
    this.#end();
    takeBackground(store, text);
  }

  /** Resolves when the answer has arrived or the time for it is over. */
  async settled(): Promise<void> {
    const timer = setTimeout(() => this.#end(), LEAVE_MS);
    await this.#settled;
    clearTimeout(timer);
  }

  #end(): void {
    this.#settle?.();
    this.#settle = undefined;
  }
}
