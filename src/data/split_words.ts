import type { SplitName } from './types.js';

/** What data sets call their splits, in lower case: folders and the column `Usage` alike. */
const WORDS: ReadonlyMap<string, SplitName> = new Map(
  (
    [
      ['train', ['train', 'training']],
      ['validation', ['validation', 'validate', 'val', 'valid', 'publictest', 'dev', 'eval']],
      ['test', ['test', 'testing', 'privatetest']],
    ] as const
  ).flatMap(([split, words]) => words.map((word) => [word, split] as const)),
);

/**
 * The split that a word stands for, in any case; undefined for other words. A number before it and `set`, `data` or `images` behind
 * it do not count: `1_train`, `test_set`.
 */
export function splitOf(word: string): SplitName | undefined {
  const bare = word
    .toLowerCase()
    .replace(/^\d+[\s._-]+/, '')
    .replace(/[\s._-]*(set|data|images)$/, '');
  return WORDS.get(bare);
}

/** The words, for messages. */
export const SPLIT_WORDS = 'train, validation (val, valid, dev, eval, PublicTest) or test (PrivateTest)';
