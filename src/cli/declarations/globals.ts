import type { ValuesOf } from '../declaration.js';

/** Options of every command. */
export const GLOBALS = {
  json: { type: 'boolean', default: false, describe: 'machine-readable output on stdout' },
  quiet: { type: 'boolean', default: false, describe: 'no progress on stderr' },
  color: { choices: ['auto', 'always', 'never'], default: 'auto', describe: 'when to use colors' },
} as const;

export type GlobalArgs = ValuesOf<typeof GLOBALS>;
