import { readConfigFile } from '../train/config_file.js';
import { OPTION_ENTRIES } from '../train/options.js';
import { camelCase } from '../util/camel_case.js';

type Args = Readonly<Record<string, unknown>>;

/** The settings of a training that were given on the command line, by name. */
export function typedSettings(args: Args): Record<string, unknown> {
  const values = OPTION_ENTRIES.map(([name]) => [name, args[camelCase(name)]] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

/** The settings of the file that `--config` names, overridden by those on the command line. Throws UsageError. */
export function settingsOf(args: Args & { readonly config?: string | undefined }): Record<string, unknown> {
  return { ...(args.config !== undefined && readConfigFile(args.config)), ...typedSettings(args) };
}
