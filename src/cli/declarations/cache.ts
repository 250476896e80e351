import type { ArgsOf } from '../declaration.js';

export const CACHE = {
  usage: 'cache [action]',
  describe: 'Say what the cache folder holds, or remove what can be made again',
  positionals: {
    action: {
      choices: ['clear'],
      describe: 'clear removes copies of data sets and old logs; measured choices of kernels stay',
    },
  },
  examples: [
    ['$0 cache', 'where it is, and how large'],
    ['$0 cache clear', 'removes copies of data sets, which are written again when they are read, and logs'],
  ],
} as const;

export type CacheArgs = ArgsOf<typeof CACHE>;
