import type { ArgsOf } from '../declaration.js';

export const SETUP = {
  usage: 'setup [part]',
  describe: 'Install what this machine lacks: a Vulkan driver, and OpenCV with its binding for the camera',
  positionals: {
    part: { choices: ['graphics', 'camera'], describe: 'only this part (default: both)' },
  },
  examples: [
    ['$0 setup', 'everything that "fer-tui doctor" reports as missing'],
    ['$0 setup camera', 'the camera again, after it failed or with another version of Node.js'],
  ],
} as const;

export type SetupArgs = ArgsOf<typeof SETUP>;
