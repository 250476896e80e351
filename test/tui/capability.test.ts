import { describe, expect, it } from 'vitest';
import { detectCapability } from '../../src/tui/paint/capability.js';

const UTF8 = { TERM: 'xterm', LANG: 'en_GB.UTF-8' };

describe('detectCapability', () => {
  it.each([
    [{}, '16'],
    [{ COLORTERM: 'truecolor' }, 'truecolor'],
    [{ COLORTERM: '24bit' }, 'truecolor'],
    [{ TERM: 'xterm-256color' }, '256'],
    [{ TERM: 'xterm-kitty' }, 'truecolor'],
    [{ TERM: 'tmux-direct' }, 'truecolor'],
    [{ TERM_PROGRAM: 'iTerm.app' }, 'truecolor'],
    [{ TERM_PROGRAM: 'Apple_Terminal' }, '256'],
    [{ WT_SESSION: 'a' }, 'truecolor'],
    [{ NO_COLOR: '1', COLORTERM: 'truecolor' }, 'none'],
    [{ FORCE_COLOR: '0' }, 'none'],
    [{ FORCE_COLOR: '1', COLORTERM: 'truecolor' }, '16'],
    [{ FORCE_COLOR: '2' }, '256'],
    [{ FORCE_COLOR: '3' }, 'truecolor'],
    [{ TERM: 'dumb' }, 'none'],
  ] as const)('reads the colours of %j', (env, color) => {
    expect(detectCapability({ ...UTF8, ...env }, true).color).toBe(color);
  });

  it('lets --color and a missing terminal decide, as everywhere', () => {
    expect(detectCapability(UTF8, false).color).toBe('none');
    expect(detectCapability({ ...UTF8, NO_COLOR: '1' }, false, { color: 'always' }).color).toBe('16');
    expect(detectCapability({ ...UTF8, COLORTERM: 'truecolor' }, true, { color: 'never' }).color).toBe(
      'none',
    );
  });

  it.each([
    [{ LANG: 'de_DE.utf8' }, 'unicode'],
    [{ LC_ALL: 'C', LANG: 'en_GB.UTF-8' }, 'ascii'],
    [{ LC_CTYPE: 'C.UTF-8', LANG: 'C' }, 'unicode'],
    [{ LANG: 'en_US.ISO-8859-1' }, 'ascii'],
    [{}, 'unicode'],
    [{ TMUX: '/tmp/tmux-0/default,1,0' }, 'ascii'],
    [{ TERM: 'linux', LANG: 'C.UTF-8' }, 'ascii'],
    [{ TERM: 'dumb', LANG: 'C.UTF-8' }, 'ascii'],
  ] as const)('reads the glyphs of %j', (env, glyphs) => {
    expect(detectCapability({ TERM: 'xterm', ...env }, true).glyphs).toBe(glyphs);
  });

  it.each([
    [{}, undefined],
    [{ TERM: 'xterm-kitty' }, 'kitty'],
    [{ KITTY_WINDOW_ID: '1' }, 'kitty'],
    [{ TERM: 'xterm-ghostty' }, 'kitty'],
    [{ TERM_PROGRAM: 'ghostty' }, 'kitty'],
    [{ TERM_PROGRAM: 'iTerm.app' }, 'iterm2'],
    [{ TERM_PROGRAM: 'WezTerm' }, 'iterm2'],
    [{ LC_TERMINAL: 'iTerm2' }, 'iterm2'],
    [{ VTE_VERSION: '7600' }, undefined],
    [{ VTE_VERSION: '7600', KITTY_WINDOW_ID: '1' }, undefined],
    [{ TERM: 'alacritty', TERM_PROGRAM: 'WezTerm' }, undefined],
    [{ TERM_PROGRAM: 'vscode', KITTY_WINDOW_ID: '1' }, undefined],
    [{ TERM: 'xterm-kitty', TERM_PROGRAM: 'WezTerm' }, 'kitty'],
    [{ TERM: 'xterm-kitty', TMUX: '/tmp/tmux-0/default,1,0' }, undefined],
    [{ TERM: 'screen-256color', KITTY_WINDOW_ID: '1' }, undefined],
    [{ TERM: 'xterm-kitty', NO_COLOR: '1' }, undefined],
    [{ TERM: 'xterm-kitty', FER_TUI_GRAPHICS: 'none' }, undefined],
    [{ TMUX: '/tmp/tmux-0/default,1,0', FER_TUI_GRAPHICS: 'kitty' }, 'kitty'],
  ] as const)('reads the graphics of %j', (env, graphics) => {
    expect(detectCapability({ ...UTF8, ...env }, true).graphics).toBe(graphics);
  });

  it('takes the graphics that it is told, only for a terminal, and refuses what it does not know', () => {
    const told = { TERM: 'xterm-kitty', FER_TUI_GRAPHICS: 'kitty' };
    expect(detectCapability(told, true, { graphics: 'iterm2' }).graphics).toBe('iterm2');
    expect(detectCapability(told, true, { graphics: 'none' }).graphics).toBeUndefined();
    expect(detectCapability(told, false).graphics).toBeUndefined();
    expect(() => detectCapability({ FER_TUI_GRAPHICS: 'vga' }, true)).toThrow(
      /FER_TUI_GRAPHICS = vga: expected/,
    );
  });

  it('draws in ASCII when told', () => {
    expect(detectCapability(UTF8, true, { ascii: true }).glyphs).toBe('ascii');
  });
});
