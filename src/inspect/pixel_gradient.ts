import type { Probe } from '../nn/probe.js';
import { InapplicableError } from './method.js';

/**
 * The gradient at the pixels, [batch, H, W, C], of the last backward pass. Throws InapplicableError where there is none: the
 * network sees the pixels through local binary patterns alone.
 */
export async function pixelGradient(probe: Probe): Promise<Float32Array> {
  const gradient = await probe.imageGradient();
  if (gradient !== undefined) return gradient.data;
  throw new InapplicableError(
    `${probe.network.name}: it has no gradient at the pixels, because it sees them through local binary patterns alone; use occlusion`,
  );
}
