import { readConfigFile } from '../train/config_file.js';
import { OPTION_ENTRIES } from '../train/options.js';
import { recipeSettings } from '../train/recipes.js';
import { camelCase } from '../util/camel_case.js';

type Args = Readonly<Record<string, unknown>>;

/** The settings of a training that were given on the command line, by name. */
export function typedSettings(args: Args): Record<string, unknown> {
  const values = OPTION_ENTRIES.map(([name]) => [name, args[camelCase(name)]] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

interface Files {
  readonly config?: string | undefined;
  readonly recipe?: string | undefined;
}

/**
 * The settings of the recipe that `--recipe` names, overridden by those of the file that `--config` names, and both by those on
 * the command line. Throws UsageError.
 */
export function settingsOf(args: Args & Files): Record<string, unknown> {
  const { config, recipe } = args;
  const given = { ...(config !== undefined && readConfigFile(config)), ...typedSettings(args) };
  return recipe === undefined ? given : { ...recipeSettings(recipe, given), ...given };
}
