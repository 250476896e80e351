import type { Capability } from './paint/capability.js';

/** What a piece of text means; how that looks is decided here alone. Colour is never the only sign of it. */
export type Role = keyof typeof STYLES;

/** SGR codes: the terminal's own sixteen colours, so that light and dark backgrounds both work. */
const STYLES = {
  strong: '1',
  dim: '90',
  faint: '90',
  selected: '7',
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

/** Without colour every role is the text itself. */
export function makeTheme({ color }: Capability): Theme {
  const entries = Object.entries(STYLES).map(([role, code]) => [
    role,
    color === 'none' ? (text: string) => text : (text: string) => `\x1b[${code}m${text}\x1b[0m`,
  ]);
  return Object.fromEntries(entries) as Theme;
}
