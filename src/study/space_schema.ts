import { DRAFT, settingSchemas } from '../train/config_schema.js';
import { OPTION_ENTRIES } from '../train/options.js';
import { camelCase } from '../util/camel_case.js';
import { NOT_SEARCHED, NOT_SHARED } from './space.js';

/**
 * The JSON schema (draft 7) of the file of a space: editors complete and check it. Names and values are those of
 * `schemas/train.schema.json`; only the program checks rules that involve several parameters.
 */
export function spaceSchema(): object {
  const searched: Record<string, object> = {};
  for (const [name, { type }] of OPTION_ENTRIES) {
    if (NOT_SEARCHED.includes(name)) continue;
    searched[name] = parameter(name, type === 'number');
    const field = camelCase(name);
    if (field !== name) searched[field] = { $ref: `#/properties/space/properties/${name}` };
  }
  const shared = settingSchemas('#/properties/settings/properties');
  return {
    $schema: DRAFT,
    title: 'A space of settings, for fer-tui search',
    type: 'object',
    properties: {
      $schema: { type: 'string' },
      settings: {
        description: 'what all trials share',
        type: ['object', 'null'],
        properties: shared,
        propertyNames: { not: { enum: NOT_SHARED.flatMap((name) => [...new Set([name, camelCase(name)])]) } },
        additionalProperties: false,
      },
      space: {
        description: 'what differs from trial to trial: a list, a range, or a list of these with "when"',
        type: 'object',
        properties: searched,
        additionalProperties: false,
        minProperties: 1,
      },
    },
    required: ['space'],
    additionalProperties: false,
    definitions: { range: RANGE, when: WHEN },
  };
}

const WHEN = {
  description: 'the parameter is active only with these values of earlier parameters',
  type: 'object',
};

const RANGE = {
  type: 'object',
  properties: {
    min: { type: 'number' },
    max: { type: 'number' },
    log: { description: 'equal factors are equally likely, not equal differences', type: 'boolean' },
    step: {
      description: 'distance between neighbours; default for whole numbers: 1',
      type: 'number',
      exclusiveMinimum: 0,
    },
    when: { $ref: '#/definitions/when' },
  },
  required: ['min', 'max'],
  additionalProperties: false,
};

/** All forms of a parameter: one, or a list of values, or a list of forms with conditions. */
function parameter(name: string, isNumber: boolean): object {
  const value = { $ref: `#/properties/settings/properties/${name}` };
  const values = {
    type: 'object',
    properties: {
      values: { type: 'array', items: value, minItems: 1 },
      when: { $ref: '#/definitions/when' },
    },
    required: ['values'],
    additionalProperties: false,
  };
  const range = isNumber ? [{ $ref: '#/definitions/range' }] : [];
  const same = { $ref: `#/properties/space/properties/${name}/anyOf/0` };
  return {
    anyOf: [values, ...range, { type: 'array', items: { anyOf: [value, same, ...range] }, minItems: 1 }],
  };
}
