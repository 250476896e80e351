import { isSystemError, UsageError } from '../util/errors.js';
import { isMapping } from '../util/foreign.js';
import { foreignYaml } from '../util/foreign_yaml.js';
import { nearest } from '../util/nearest.js';
import { readSmallText } from '../util/read_whole.js';
import { systemReason } from '../util/system_reason.js';
import { checked } from './config.js';
import type { OptionSpec } from './option_spec.js';
import { OPTION_ENTRIES, optionSpec } from './options.js';

/**
 * Reads settings from a JSON or YAML file. Names may be those of the command line or of a run's config.json. A setting that
 * is a list may be written as one: `dense: [128, 64]`. Throws UsageError when the file cannot be read or a name is unknown.
 */
export function readConfigFile(path: string): Record<string, unknown> {
  const where = `config file ${path}`;
  const settings = readYaml(path, where);
  if (!isMapping(settings)) {
    throw new UsageError(`${where}: expected settings like "epochs: 30", one a line`);
  }
  const { $schema, ...given } = settings; // $schema is for editors
  return settingsOf(given, where);
}

/** Parses a YAML or JSON file, or what comes out of a pipe. @param where begins the message. Throws UsageError when it cannot be read. */
export function readYaml(path: string, where: string): unknown {
  try {
    return foreignYaml(readSmallText(path));
  } catch (cause) {
    // The parser's first line ends with a colon, and the lines that it announces are left out.
    const why = isSystemError(cause)
      ? `${systemReason(cause)}; expected a file of YAML or JSON`
      : systemReason(cause).replace(/:$/, '');
    throw new UsageError(`${where}: ${why}`, { cause });
  }
}

/**
 * Settings as they stand in a file, by their names on the command line; those that are null are left out.
 * @param where begins the message of the UsageError that an unknown name or a wrong value throws
 */
export function settingsOf(given: Readonly<Record<string, unknown>>, where: string): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    const [name, spec] = knownOption(key, where);
    if (value !== null) result[name] = checkedAt(where, name, spec, value);
  }
  return result;
}

/** A value as the command line would have it. Throws UsageError that begins with `where` unless the setting takes it. */
function checkedAt(where: string, name: string, spec: OptionSpec, value: unknown): unknown {
  try {
    return checked(name, spec, asGiven(spec, value));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${where}: ${error.message}`, { cause: error });
  }
}

/** The setting that a key names, on the command line or in config.json. Throws UsageError with the nearest name. */
export function knownOption(key: string, where: string): [name: string, spec: OptionSpec] {
  const name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const spec = optionSpec(name);
  if (spec === undefined) {
    const near = nearest(
      name,
      OPTION_ENTRIES.map(([known]) => known),
    );
    const hint = near === undefined ? 'see "fer-tui train --help"' : `did you mean "${near}"?`;
    throw new UsageError(`${where}: "${key}" is no setting; ${hint}`);
  }
  return [name, spec];
}

/** A value in YAML as the command line would have it: a number or list of a setting that is a text becomes its text. */
export function asGiven({ type }: OptionSpec, value: unknown): unknown {
  const text = type === 'string' && (typeof value === 'number' || Array.isArray(value));
  return text ? String(value) : value;
}
