import type { Capability } from './paint/capability.js';
import { PALETTES } from './paint/palette.js';
import { bytesOf, THEME_COLORS } from './paint/theme_colors.js';

/** The meaning of a piece of text; the theme decides its colour. Colour must never be the only sign of a meaning. */
export type Role = keyof typeof STYLES;

/** SGR codes. They use the terminal's own sixteen colours, which suit both light and dark backgrounds. */
const STYLES = {
  strong: '1',
  dim: '90',
  faint: '90',
  selected: '7',
  /** The cell of a line of text where the next letter goes. */
  cursor: '4;7',
  key: '36',
  good: '32',
  bad: '31',
  warn: '33',
  train: '36',
  validation: '33',
  third: '35',
  fourth: '32',
  border: '90',
  borderFocused: '36',
} as const;

export type Theme = Readonly<Record<Role, (text: string) => string>>;

/** SGR codes of the colours of a theme, where the terminal has enough of them. */
function colorsOf({ color, theme = 'terminal' }: Capability): Readonly<Record<string, string>> {
  if (theme === 'terminal' || color === '16' || color === 'none') return {};
  const codes = Object.entries(THEME_COLORS[theme]).map(([role, hex]) => {
    const [r, g, b] = bytesOf(hex);
    return [role, color === '256' ? `38;5;${PALETTES['256'].nearest(r, g, b)}` : `38;2;${r};${g};${b}`];
  });
  return Object.fromEntries(codes) as Readonly<Record<string, string>>;
}

/** Makes the functions that colour text by role. Without colour, they return the text unchanged. */
export function makeTheme(capability: Capability): Theme {
  const entries = Object.entries({ ...STYLES, ...colorsOf(capability) }).map(([role, code]) => [
    role,
    capability.color === 'none' ? (text: string) => text : (text: string) => `\x1b[${code}m${text}\x1b[0m`,
  ]);
  return Object.fromEntries(entries) as Theme;
}
