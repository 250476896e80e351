import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { UsageError } from '../util/errors.js';
import { nearest } from '../util/nearest.js';
import { OPTION_ENTRIES, optionSpec } from './options.js';

/**
 * Reads settings from a JSON or YAML file. Names may be those of the command line or of a run's config.json. A setting that
 * is a list may be written as one: `dense: [128, 64]`. Throws UsageError when the file cannot be read or a name is unknown.
 */
export function readConfigFile(path: string): Record<string, unknown> {
  let settings: unknown;
  try {
    settings = parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new UsageError(`config file ${path}: ${why}`, { cause });
  }
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    throw new UsageError(`config file ${path}: expected settings like "epochs: 30", one a line`);
  }
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(settings)) {
    if (key === '$schema') continue; // for editors
    const name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const spec = optionSpec(name);
    if (spec === undefined) {
      const near = nearest(
        name,
        OPTION_ENTRIES.map(([known]) => known),
      );
      const hint = near === undefined ? 'see "fer-tui train --help"' : `did you mean "${near}"?`;
      throw new UsageError(`config file ${path}: "${key}" is no setting; ${hint}`);
    }
    if (value !== null) result[name] = spec.type === 'string' ? asText(value) : value;
  }
  return result;
}

/** Converts a number or list in YAML to the text that the command line would have. */
function asText(value: unknown): unknown {
  return typeof value === 'number' || Array.isArray(value) ? String(value) : value;
}
