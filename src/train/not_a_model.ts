import { encodingOf } from '../data/csv_dialect.js';
import { fileKind, UNKNOWN } from '../data/file_kind.js';
import { headerOf } from '../formats/safetensors.js';
import { RunError } from '../util/errors.js';
import { shippedModels } from './shipped_models.js';

/** Number of first bytes that are looked at as text. */
const BEGINNING = 4096;

/**
 * Throws RunError for a file without the header of a .safetensors file whose first bytes tell what it is instead. What throws
 * nothing may be damaged.
 */
export function refuseNonModels(bytes: Uint8Array, path: string): void {
  if (headerOf(bytes, () => undefined) !== undefined) return;
  const { read, what } = fileKind(bytes, path);
  if (what === UNKNOWN || (read === 'table' && !isText(bytes))) return;
  throw new RunError(
    `${path}: ${read === 'table' ? 'a text file' : what}, not a model; expected a .safetensors, .h5, .keras or .onnx file, or a network in models/: ${shippedModels().join(', ')}`,
  );
}

/** Whether a file begins with text: UTF-8 or UTF-16 without control characters. */
function isText(bytes: Uint8Array): boolean {
  const beginning = bytes.subarray(0, BEGINNING);
  try {
    const decoder = new TextDecoder(encodingOf(beginning), { fatal: true });
    return !/[^\P{Cc}\s]/u.test(decoder.decode(beginning, { stream: true }));
  } catch {
    return false;
  }
}
