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

/** The theme: as chosen, or by the background that the terminal says it has. */

/** Asks the terminal for the colour of its background (OSC 11). Those that do not know it answer nothing. */
const ASK_BACKGROUND = '\x1b]11;?\x1b\\';
/** An answer that takes longer counts for nothing. On a loaded machine, the first frame may take a part of this. */
const ANSWER_MS = 2000;
/** The end of the program waits for it for as long at most: it must not end up in the shell. */
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

/** The theme whose colours can all be read on a background; undefined: that is of neither. */
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
  contrast: 'of high contrast, on dark',
};

/** Asks for a theme. */
export function askForTheme({ store }: Program): void {
  store.set({
    overlay: {
      kind: 'pick',
      title: 'colours',
      help: 'The choice is remembered. Terminals with 16 colours, and NO_COLOR, have no other ones.',
      at: THEME_CHOICES.indexOf(store.state.workspace.theme),
      options: THEME_CHOICES.map((name) => ({
        label: name,
        hint: LABELS[name],
        run: () => chooseTheme(store, name),
      })),
    },
  });
}

/** What the terminal says of its background: asked for where colours depend on it, and awaited for a moment. */
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

  /** Resolves when it has come, or is not waited for any more. */
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
