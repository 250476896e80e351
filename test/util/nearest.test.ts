import { expect, it } from 'vitest';
import { nearest } from '../../src/util/nearest.js';

it.each([
  ['epocs', ['batch', 'epochs', 'data'], 'epochs'], // a letter is missing
  ['epochss', ['batch', 'epochs', 'data'], 'epochs'], // one too many
  ['apochs', ['batch', 'epochs', 'data'], 'epochs'], // the first is wrong
  ['epcohs', ['batch', 'epochs', 'data'], 'epochs'], // two are swapped
  ['trian', ['runs', 'train'], 'train'], // which counts as one letter
  ['abcde', ['acdbe'], undefined], // a letter that has moved by two counts as two
  ['epochz', ['batch', 'epochs', 'data'], 'epochs'], // the last is wrong
  ['abcdef', ['abcdxy'], 'abcdxy'], // 2 of 6 letters: a third
  ['abcdef', ['abcxyz'], undefined], // 3 of 6
  ['abcde', ['abcxy'], undefined], // 2 of 5: more than a third
  ['ab', ['ax'], 'ax'], // one letter is always allowed
  ['ab', ['xy'], undefined],
  ['xaaa', ['aaab', 'aaa'], 'aaa'], // the more similar of two
  ['aaax', ['aaay', 'aaaz'], 'aaay'], // the first of two that are alike
  ['batchsize', ['batch'], 'batch'], // starts with a known word
  ['toolong', ['to'], undefined], // of three letters or more
  ['toolong', ['too'], 'too'],
  ['sunday', ['saturday'], undefined], // 3 edits (the classical example), where 2 are allowed
  ['sundayxyz', ['saturday'], undefined],
  ['', ['a'], 'a'],
  ['abc', [], undefined],
] as const)('%s among %j is %s', (typed, words, wanted) => {
  expect(nearest(typed, words)).toBe(wanted);
});
