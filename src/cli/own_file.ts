import { basename } from 'node:path';

/** The `.safetensors` file that takes what is fitted to a network: its own, or one of the same name in the current directory. */
export function ownFile(weights: string): string {
  if (weights.endsWith('.safetensors')) return weights;
  return `${basename(weights).replace(/\.[^.]+$/, '')}.safetensors`;
}
