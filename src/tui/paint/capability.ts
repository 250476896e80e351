import { wantsColor } from '../../train/printer.js';
import { UsageError } from '../../util/errors.js';
import { THEME_CHOICES, type ThemeChoice, type ThemeName } from './theme_colors.js';

/** Protocols that show pictures as pixels. */
export type Graphics = 'kitty' | 'iterm2';
export const GRAPHICS_CHOICES = ['auto', 'kitty', 'iterm2', 'none'] as const;
export type GraphicsChoice = (typeof GRAPHICS_CHOICES)[number];

/** What the terminal can show. */
export interface Capability {
  readonly color: 'truecolor' | '256' | '16' | 'none';
  readonly glyphs: 'unicode' | 'ascii';
  /** How pictures are sent as pixels; undefined: they are painted with characters. */
  readonly graphics?: Graphics | undefined;
  /** Default: the terminal's own sixteen colours. */
  readonly theme?: ThemeName;
  /** The theme given by `--theme` or FER_TUI_THEME; default: as remembered, else `auto`. */
  readonly requestedTheme?: ThemeChoice;
  /** Whether clicks and the wheel are used; default: true. */
  readonly mouse?: boolean;
}

export interface CapabilityOptions {
  /** `--ascii`. Default: as locale and terminal say. */
  readonly ascii?: boolean;
  /** `--color`. Default: auto. */
  readonly color?: 'auto' | 'always' | 'never';
  /** `--graphics`. Default: FER_TUI_GRAPHICS, else auto. */
  readonly graphics?: GraphicsChoice | undefined;
  /** `--theme`. Default: FER_TUI_THEME, else what is remembered. */
  readonly theme?: ThemeChoice | undefined;
  /** `--mouse`. Default: true. */
  readonly mouse?: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Terminals that show true colour, by what they put into TERM and TERM_PROGRAM. */
const TRUE_COLOR_TERM = /-direct|kitty|alacritty|ghostty|wezterm|foot|contour/;
const TRUE_COLOR_PROGRAM = /^(iTerm\.app|WezTerm|vscode|ghostty|rio|Hyper)$/;

/** Reads from the environment what a terminal can show. Whether to colour at all is decided by `wantsColor`. Throws UsageError. */
export function detectCapability(env: Env, isTTY: boolean, options: CapabilityOptions = {}): Capability {
  const color = wantsColor(options.color ?? 'auto', isTTY, env) ? depth(env) : 'none';
  const choice = options.graphics ?? choiceOf(env['FER_TUI_GRAPHICS']);
  const requestedTheme = options.theme ?? themeOf(env['FER_TUI_THEME']);
  const plain = color === 'none' || options.ascii === true;
  const graphics = choice !== 'auto' ? choice : plain ? 'none' : graphicsOf(env);
  return {
    color,
    glyphs: options.ascii === true || !drawsUnicode(env) ? 'ascii' : 'unicode',
    ...(isTTY && graphics !== 'none' && { graphics }),
    ...(requestedTheme !== undefined && requestedTheme !== 'auto' && { theme: requestedTheme }),
    ...(requestedTheme !== undefined && { requestedTheme }),
    ...(options.mouse === false && { mouse: false }),
  };
}

function choiceOf(text = ''): GraphicsChoice {
  if (text === '') return 'auto';
  const choice = GRAPHICS_CHOICES.find((name) => name === text);
  if (choice !== undefined) return choice;
  throw new UsageError(`FER_TUI_GRAPHICS = ${text}: expected ${GRAPHICS_CHOICES.join(', ')}`);
}

function themeOf(text = ''): ThemeChoice | undefined {
  if (text === '') return undefined;
  const theme = THEME_CHOICES.find((name) => name === text);
  if (theme !== undefined) return theme;
  throw new UsageError(`FER_TUI_THEME = ${text}: expected ${THEME_CHOICES.join(', ')}`);
}

/** Variables of terminals without these protocols. Started from a terminal that has them, they inherit its variables too. */
const OTHERS = ['VTE_VERSION', 'XTERM_VERSION', 'ALACRITTY_WINDOW_ID', 'KONSOLE_VERSION', 'WT_SESSION'];

/** Every terminal sets TERM itself, so it is checked first. Multiplexers pass variables on, but not pictures. */
function graphicsOf(env: Env): Graphics | 'none' {
  const [term, program] = [env['TERM'] ?? '', env['TERM_PROGRAM'] ?? ''];
  if (env['TMUX'] || env['STY'] || env['ZELLIJ'] || /^(tmux|screen|dumb|linux)/.test(term)) return 'none';
  if (/kitty|ghostty/.test(term)) return 'kitty';
  if (OTHERS.some((name) => env[name]) || /alacritty|foot/.test(term)) return 'none';
  if (/^(iTerm\.app|WezTerm)$/.test(program) || env['LC_TERMINAL'] === 'iTerm2') return 'iterm2';
  if (program === 'ghostty' || (program === '' && env['KITTY_WINDOW_ID'])) return 'kitty';
  return 'none';
}

function depth(env: Env): 'truecolor' | '256' | '16' {
  const forced = ({ 1: '16', 2: '256', 3: 'truecolor' } as const)[env['FORCE_COLOR'] ?? ''];
  if (forced !== undefined) return forced;
  const term = env['TERM'] ?? '';
  if (/^(truecolor|24bit)$/i.test(env['COLORTERM'] ?? '') || TRUE_COLOR_TERM.test(term)) return 'truecolor';
  if (TRUE_COLOR_PROGRAM.test(env['TERM_PROGRAM'] ?? '') || env['WT_SESSION']) return 'truecolor';
  return /256/.test(term) || env['TERM_PROGRAM'] === 'Apple_Terminal' ? '256' : '16';
}

/**
 * If a locale is set, it decides. Without one (a bare container) the terminal is assumed to draw UTF-8, which Node writes in any
 * case. tmux and screen are the exception: they replace characters that the locale does not have.
 */
function drawsUnicode(env: Env): boolean {
  if (env['TERM'] === 'linux' || env['TERM'] === 'dumb') return false;
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'];
  return locale ? /utf-?8/i.test(locale) : !env['TMUX'] && !env['STY'];
}
