import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SCREEN_NAMES } from '../../src/tui/app_state.js';
import { keyTables } from '../../src/tui/key_docs.js';
import { GLOBAL_KEYS } from '../../src/tui/keys.js';
import { SCREENS } from '../../src/tui/screens/all.js';

it('docs/tui.md has the keys of the code; "npm run docs:tui" writes them', () => {
  const document = readFileSync(new URL('../../docs/tui.md', import.meta.url), 'utf8');
  expect(document).toContain(keyTables());
});

it.each(SCREEN_NAMES)('%s: every key has one meaning at a time, and words', (name) => {
  const keys = SCREENS.get(name)?.keys ?? [];
  const always = keys.filter(({ when }) => when === undefined).flatMap((binding) => binding.keys);
  expect(new Set(always).size).toBe(always.length);
  for (const { help, hint } of [...keys, ...GLOBAL_KEYS]) {
    expect(help).toMatch(/^[A-Z]/);
    expect(hint ?? 'x').not.toBe('');
  }
});
