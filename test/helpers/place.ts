import { afterAll } from 'vitest';
import { loadDataset } from '../../src/data/load.js';
import { SharedPlace, type Workplace } from '../../src/train/workplace.js';

/**
 * One device for all trainings of a test file, which compile their kernels once, and the same drawn faces. For tests of what is
 * trained, one after another; those of the device itself open their own.
 */
export function sharedPlace(): Workplace {
  const shared = new SharedPlace();
  afterAll(() => shared.close());
  return {
    load: (path, options) =>
      path.startsWith('synthetic:') ? shared.load(path, options) : loadDataset(path, options),
    open: (adapter) => shared.open(adapter),
    uploaded: () => shared.uploaded(),
    leave: (...end) => shared.leave(...end),
  };
}
