import type { Labels } from './types.js';

/** Room for n labels. @param classes the number of classes that they tell apart */
export const labelArray = (n: number, classes: number): Labels =>
  classes > 256 ? new Uint16Array(n) : new Uint8Array(n);

/** Room for n labels of the same classes as others. */
export const labelsLike = (labels: Labels, n: number): Labels =>
  labels instanceof Uint16Array ? new Uint16Array(n) : new Uint8Array(n);
