import { expect, it } from 'vitest';
import { wordsOf } from '../../src/tui/accessible_commands.js';

it.each([
  ['runs compare r1 r2', ['runs', 'compare', 'r1', 'r2']],
  [`  data "my faces" --classes 'a b' `, ['data', 'my faces', '--classes', 'a b']],
  ['', []],
])('the words of %j', (line, words) => {
  expect(wordsOf(line)).toEqual(words);
});
