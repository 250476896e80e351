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
} as const;

export type DoctorArgs = ArgsOf<typeof DOCTOR>;
