import { type Arr, at } from './arrays.js';

/** PCG's output permutation on 32 bits, as in shaders/dropout.wgsl. */
export function pcg(v: number): number {
  const state = (Math.imul(v, 747796405) + 2891336453) >>> 0;
  const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737) >>> 0;
  return ((word >>> 22) ^ word) >>> 0;
}

/** 1 for elements that are kept, 0 for those dropped. */
export function dropoutMask(n: number, rate: number, seed: number, step: number, layer: number): Arr {
  const key = pcg((seed ^ pcg((layer ^ pcg(step)) >>> 0)) >>> 0);
  const threshold = Math.min(Math.floor(rate * 2 ** 32), 2 ** 32 - 1);
  return Float64Array.from({ length: n }, (_, i) => (pcg((i ^ key) >>> 0) >= threshold ? 1 : 0));
}

/** y = x * mask / (1 - rate). The gradient is the same function of dy. */
export const dropoutApply = (x: Arr, mask: Arr, rate: number): Arr =>
  x.map((v, i) => (v * at(mask, i)) / (1 - rate));

/** Spatial dropout's mask for x [B, HW, C]: one random number per channel of an image. */
export function channelMask(
  [b, hw, c]: readonly [number, number, number],
  rate: number,
  seed: number,
  step: number,
  layer: number,
): Arr {
  const draws = dropoutMask(b * c, rate, seed, step, layer);
  return Float64Array.from({ length: b * hw * c }, (_, i) =>
    at(draws, Math.floor(i / (hw * c)) * c + (i % c)),
  );
}
