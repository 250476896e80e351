import { describe, expect, it } from 'vitest';
import { detectCapability } from '../../src/tui/paint/capability.js';
import {
  bytesOf,
  COLOURED,
  contrast,
  leastContrast,
  THEME_CHOICES,
  THEME_COLORS,
} from '../../src/tui/paint/theme_colors.js';
import { makeTheme } from '../../src/tui/theme.js';
import { renderAt } from '../helpers/render_at.js';

/** Backgrounds that a theme is made for: black or white, and usual ones. */
const BACKGROUNDS = {
  dark: ['000000', '1e1e1e', '282c34', '002b36'],
  light: ['ffffff', 'fafafa', 'fdf6e3'],
  contrast: ['000000', '1e1e1e', '282c34'],
} as const;
it('contrast is that of WCAG: 21 of black on white, 4.5 of #767676', () => {
  expect(contrast('000000', 'ffffff')).toBeCloseTo(21);
  expect(contrast('767676', 'ffffff')).toBeCloseTo(4.54, 1);
});

describe.each(['dark', 'light', 'contrast'] as const)('the theme %s', (name) => {
  it('has a colour for every role, of enough contrast with usual backgrounds', () => {
    const colors = THEME_COLORS[name];
    expect(Object.keys(colors).sort()).toEqual([...COLOURED].sort());
    for (const [role, hex] of Object.entries(colors))
      for (const background of BACKGROUNDS[name])
        expect(contrast(hex, background), `${role} on #${background}`).toBeGreaterThanOrEqual(
          leastContrast(name, role),
        );
  });

  it('tells the curves of a chart apart', () => {
    const { train, validation, third, fourth } = THEME_COLORS[name];
    expect(new Set([train, validation, third, fourth]).size).toBe(4);
  });

  it('is on the screen in true colour, and near it in 256; with 16 colours they are the terminal’s', () => {
    const { key = '' } = THEME_COLORS[name];
    const [r, g, b] = bytesOf(key);
    const at = renderAt(100, 30, { color: 'truecolor', glyphs: 'unicode', theme: name });
    expect(at.lines().join('\n')).toContain(`\x1b[38;2;${r};${g};${b}m`);
    at.unmount();
    const shown = (color: '256' | '16' | 'none'): string =>
      makeTheme({ color, glyphs: 'unicode', theme: name }).key('x');
    expect(shown('256')).toContain('\x1b[38;5;');
    expect(shown('16')).toBe('\x1b[36mx\x1b[0m');
    expect(shown('none')).toBe('x');
  });
});

it('--theme chooses, then FER_TUI_THEME; an unknown one is told', () => {
  const env = { TERM: 'xterm-256color', FER_TUI_THEME: 'light' };
  expect(detectCapability(env, true).theme).toBe('light');
  expect(detectCapability(env, true, { theme: 'dark' }).theme).toBe('dark');
  expect(detectCapability({ TERM: 'xterm' }, true).theme).toBeUndefined();
  expect(() => detectCapability({ FER_TUI_THEME: 'pink' }, true)).toThrow(
    `FER_TUI_THEME = pink: expected ${THEME_CHOICES.join(', ')}`,
  );
});
