import { describe, expect, it } from 'vitest';
import type { AppState, ScreenName } from '../../src/tui/app_state.js';
import type { Capability } from '../../src/tui/paint/capability.js';
import { widthOf } from '../../src/tui/text.js';
import { renderAt } from '../helpers/render_at.js';

const SIZES = [
  [100, 30],
  [80, 24],
  [60, 20],
  [40, 12],
  [30, 5],
] as const;
const CAPABILITIES: readonly (readonly [string, Capability])[] = [
  ['colour', { color: 'truecolor', glyphs: 'unicode' }],
  ['NO_COLOR', { color: 'none', glyphs: 'unicode' }],
  ['ascii', { color: '16', glyphs: 'ascii' }],
];

/** One state of one screen. */
interface Case {
  readonly screen: ScreenName;
  readonly name: string;
  /** What the app knows beside its start; `own` is the screen's own state. */
  readonly state?: Partial<AppState>;
  readonly own?: object;
  readonly keys?: readonly string[];
  /** Words that must be there from 60 x 20 up. */
  readonly words: readonly string[];
}

/** Every screen in every state: a line each. */
const CASES: readonly Case[] = [
  { screen: 'home', name: 'at the start', words: ['fer-tui', 'Home', 'Train a new model'] },
  { screen: 'home', name: 'help', keys: ['?'], words: ['keys', 'Everywhere', 'any key closes'] },
  { screen: 'home', name: 'what is this', keys: ['i'], words: ['what am I seeing'] },
];

describe.each(CASES)('$screen, $name', ({ screen, state, own, keys = [], words }) => {
  for (const [cols, rows] of SIZES) {
    it.each(CAPABILITIES)(`${cols} x ${rows}, %s`, (_, capability) => {
      const shown = renderAt(cols, rows, capability, {
        screen,
        state: { ...state, ...(own && { screens: { [screen]: own } }) },
      });
      shown.press(...keys);
      const lines = shown.lines();
      expect(lines.length).toBeLessThanOrEqual(rows);
      for (const line of lines) expect(widthOf(line), line).toBeLessThanOrEqual(cols);
      const text = lines.join('\n');
      if (capability.color === 'none') expect(text).not.toContain('\x1b[3');
      if (capability.glyphs === 'ascii') expect(text).not.toMatch(/[\u0080-\u{10ffff}]/u);
      if (cols >= 60) for (const word of words) expect(shown.text()).toContain(word);
      shown.unmount();
    });
  }
});
