import type { ArgsOf } from '../declaration.js';
import { ADAPTER } from './shared.js';

export const DOCTOR = {
  usage: 'doctor',
  describe: 'Report what this machine has, what is missing, and the command that fixes it',
  options: {
    kernels: {
      type: 'boolean',
      default: false,
      describe: 'compare every GPU kernel with the float64 reference',
    },
    adapter: ADAPTER,
  },
  examples: [
    ['$0 doctor', 'what is missing, and what installs it'],
    ['$0 doctor --kernels', 'every kernel against float64'],
  ],
} as const;

export type DoctorArgs = ArgsOf<typeof DOCTOR>;
