import { wantsColor } from '../../train/printer.js';

/** What the terminal can show. */
export interface Capability {
  readonly color: 'truecolor' | '256' | '16' | 'none';
  readonly glyphs: 'unicode' | 'ascii';
}

export interface CapabilityOptions {
  /** `--ascii`. Default: as locale and terminal say. */
  readonly ascii?: boolean;
  /** `--color`. Default: auto. */
  readonly color?: 'auto' | 'always' | 'never';
}

type Env = Readonly<Record<string, string | undefined>>;

/** Terminals that show true colour, by what they put into TERM and TERM_PROGRAM. */
const TRUE_COLOR_TERM = /-direct|kitty|alacritty|ghostty|wezterm|foot|contour/;
const TRUE_COLOR_PROGRAM = /^(iTerm\.app|WezTerm|vscode|ghostty|rio|Hyper)$/;

/** Reads from the environment what a terminal can show. Whether to colour at all is decided by `wantsColor`. */
export function detectCapability(env: Env, isTTY: boolean, options: CapabilityOptions = {}): Capability {
  return {
    color: wantsColor(options.color ?? 'auto', isTTY, env) ? depth(env) : 'none',
    glyphs: options.ascii === true || !drawsUnicode(env) ? 'ascii' : 'unicode',
  };
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
 * A locale that is set decides. Without one (a bare container) the terminal is taken to draw UTF-8, which Node writes
 * in any case, except inside tmux and screen: they replace what the locale cannot name.
 */
function drawsUnicode(env: Env): boolean {
  if (env['TERM'] === 'linux' || env['TERM'] === 'dumb') return false;
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'];
  return locale ? /utf-?8/i.test(locale) : !env['TMUX'] && !env['STY'];
}
