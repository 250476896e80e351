/** Options of the commands that use the queue of a study. */

/** Its address; empty: that in the environment variable FER_TUI_QUEUE. */
export const QUEUE = {
  type: 'string',
  requiresArg: false,
  describe:
    'address of the queue, redis://HOST[:PORT], or rediss:// for TLS; without a value: the one in FER_TUI_QUEUE, which other users cannot read',
} as const;

export const TRANSFER_LIMIT = {
  type: 'number',
  least: 1,
  requiresArg: true,
  default: 512,
  describe: 'megabytes of the largest file or run folder that may go through the queue',
} as const;
