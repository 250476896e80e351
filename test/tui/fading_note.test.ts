import { expect, it } from 'vitest';
import { FADE_MS, FadingNote } from '../../src/tui/fading_note.js';

it('a note that something was done goes after some seconds, and the next one has as long', () => {
  const fading = new FadingNote();
  const saved = { text: 'saved', kind: 'good' } as const;
  const again = { ...saved };
  expect(fading.after(saved, 1000)).toBe(saved);
  expect(fading.after(saved, 999 + FADE_MS)).toBe(saved);
  expect(fading.after(again, 1000 + FADE_MS)).toBe(again);
  expect(fading.after(again, 999 + 2 * FADE_MS)).toBe(again);
  expect(fading.after(again, 1000 + 2 * FADE_MS)).toBeUndefined();
});

it.each(['info', 'bad'] as const)('a note of the kind "%s" stays', (kind) => {
  const fading = new FadingNote();
  const note = { text: 'not found', kind };
  fading.after(note, 0);
  expect(fading.after(note, 100 * FADE_MS)).toBe(note);
});
