import { describe, expect, it } from 'vitest';
import type { AppState, ScreenName } from '../../src/tui/app_state.js';
import type { Capability } from '../../src/tui/paint/capability.js';
import { widthOf } from '../../src/tui/text.js';
import { FULL } from './needs.js';
import { renderAt } from './render_at.js';

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
export interface ScreenCase {
  readonly screen: ScreenName;
  readonly name: string;
  /** What the app knows beside its start; `own` is the screen's own state. */
  readonly state?: Partial<AppState>;
  readonly own?: object;
  readonly keys?: readonly string[];
  /** Words that must be there from 60 x 20 up; `a|b`: the second in ASCII. */
  readonly words: readonly string[];
}

export const loading = (text: string) => ({ status: 'loading', text, since: 0 }) as const;
export const failed = (message: string) => ({ status: 'failed', message }) as const;

/**
 * Every state at every size: it fits, holds to what the terminal can show, and says its words. The full tests do so in every colour
 * mode; otherwise the modes take turns, so that each state is seen in each mode at 60 x 20 or above.
 */
export function describeScreens(cases: readonly ScreenCase[]): void {
  for (const [i, { screen, name, state, own, keys = [], words }] of cases.entries()) {
    describe(`${screen}, ${name}`, () => {
      for (const [j, [cols, rows]] of SIZES.entries()) {
        const turn = (i + j) % CAPABILITIES.length;
        it.each(
          FULL ? CAPABILITIES : CAPABILITIES.slice(turn, turn + 1),
        )(`${cols} x ${rows}, %s`, (_, capability) => {
          const shown = renderAt(cols, rows, capability, {
            screen,
            state: { now: 0, ...state, ...(own && { screens: { [screen]: own } }) },
          });
          shown.press(...keys);
          const lines = shown.lines();
          expect(lines.length).toBeLessThanOrEqual(rows);
          for (const line of lines) expect(widthOf(line), line).toBeLessThanOrEqual(cols);
          for (const { x, y, cols: width, rows: height } of shown.pictures()) {
            expect(x + width).toBeLessThan(cols);
            expect(y + height).toBeLessThan(rows);
          }
          const text = lines.join('\n');
          if (capability.color === 'none') expect(text).not.toContain('\x1b[3');
          if (capability.glyphs === 'ascii') expect(text).not.toMatch(/[\u0080-\u{10ffff}]/u);
          const ascii = Number(capability.glyphs === 'ascii');
          for (const word of cols >= 60 ? words : []) {
            expect(shown.text()).toContain(word.split('|')[ascii] ?? word);
          }
          shown.unmount();
        });
      }
    });
  }
}
