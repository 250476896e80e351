import { camelCase } from '../util/camel_case.js';
import type { OptionSpec } from './option_spec.js';
import { OPTION_ENTRIES } from './options.js';

/**
 * The JSON schema (draft 7) of a `--config` file: editors complete and check settings with it. Settings go by their names on
 * the command line, or by those of a run's config.json, as `readConfigFile` takes them. Ranges and choices are those of
 * `resolveConfig`; what depends on several settings or on the data is only checked by the program.
 */
export function configSchema(): object {
  return {
    $schema: DRAFT,
    title: 'Settings of a training, for fer-tui train --config',
    type: 'object',
    properties: { $schema: { type: 'string' }, ...settingSchemas('#/properties') },
    additionalProperties: false,
  };
}

/** The dialect of all schemas here. */
export const DRAFT = 'http://json-schema.org/draft-07/schema#';

/** The schema of the value of each setting, under both of its names. @param where these will stand in the whole schema */
export function settingSchemas(where: string): Record<string, object> {
  const schemas: Record<string, object> = {};
  for (const [name, spec] of OPTION_ENTRIES) {
    schemas[name] = propertyOf(spec);
    const field = camelCase(name);
    if (field !== name) schemas[field] = { $ref: `${where}/${name}` };
  }
  return schemas;
}

function propertyOf(spec: OptionSpec): object {
  const { help: description, default: value } = spec;
  return { description, ...valuesOf(spec), ...(value !== undefined && { default: value }) };
}

function valuesOf({ type, choices, range, integer, above, list }: OptionSpec): object {
  if (choices !== undefined) return { enum: choices };
  if (list) return { type: ['string', 'number', 'array'], items: { type: ['string', 'number'] } };
  if (type === 'string') return { type: ['string', 'number'] };
  if (type === 'boolean') return { type };
  const [low, high] = range ?? [];
  return {
    type: integer ? 'integer' : 'number',
    ...(low !== undefined && { [above ? 'exclusiveMinimum' : 'minimum']: low }),
    ...(high !== undefined && { maximum: high }),
  };
}
