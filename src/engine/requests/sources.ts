import { shaderSource } from '../../gpu/shader.js';
import type { ShaderFile } from '../requests.js';

/** The shader files of kernels that are named `shader.entry`: each file once, in the order of first use. */
export function shaderFiles(kernels: readonly string[]): ShaderFile[] {
  const entries = new Map<string, Set<string>>();
  for (const kernel of kernels) {
    const [shader = '', entry = ''] = kernel.split('.');
    entries.set(shader, (entries.get(shader) ?? new Set()).add(entry));
  }
  return [...entries].map(([name, used]) => ({ name, entries: [...used], text: shaderSource(name) }));
}
