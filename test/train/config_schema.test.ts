import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/train/config.js';
import { readConfigFile } from '../../src/train/config_file.js';
import { OPTION_ENTRIES } from '../../src/train/options.js';

interface Property {
  readonly description: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
}

const schema: { properties: Record<string, Property>; additionalProperties: boolean } = JSON.parse(
  readFileSync('schemas/train.schema.json', 'utf8'),
);

/** What a setting needs to be allowed at all. */
const NEEDS: Readonly<Record<string, object>> = {
  nesterov: { momentum: 0.5 },
  'restore-best-weights': { 'early-stopping': 3 },
  'lbp-radius': { features: 'lbp' },
  'lbp-cells': { features: 'lbp' },
  'lbp-bins': { features: 'lbp' },
  'lbp-ranking': { features: 'lbp' },
  'ferplus-targets': { ferplus: 'fer2013new.csv' },
  temperature: { teacher: 'teacher.safetensors' },
  'distill-mix': { teacher: 'teacher.safetensors' },
};

describe('the JSON schema allows what the program allows', () => {
  it.each(OPTION_ENTRIES)('%s', (name, { type, only }) => {
    const property = schema.properties[name] as Property;
    const accepts = (value: unknown): boolean => {
      try {
        resolveConfig({ ...(only && { optimizer: only[0] }), ...NEEDS[name], [name]: value });
        return true;
      } catch {
        return false;
      }
    };
    expect(property.description).not.toBe('');
    if (property.default !== undefined) expect(accepts(property.default)).toBe(true);
    if (property.enum) {
      expect(property.enum.map(accepts)).toEqual(property.enum.map(() => true));
      expect(accepts('something else')).toBe(false);
    } else if (type === 'number') {
      const { minimum, exclusiveMinimum, maximum = Number.NaN } = property;
      const step = property.type === 'integer' ? 1 : 1e-9;
      expect(accepts(maximum)).toBe(true);
      expect(accepts(maximum + step)).toBe(false);
      if (minimum !== undefined) expect([accepts(minimum), accepts(minimum - step)]).toEqual([true, false]);
      else expect(accepts(exclusiveMinimum)).toBe(false);
      expect(accepts((exclusiveMinimum ?? minimum ?? 0) + step)).toBe(true);
      expect(accepts((minimum ?? exclusiveMinimum ?? 0) + 0.5 * step)).toBe(property.type === 'number');
    } else if (type === 'boolean') {
      expect([property.type, accepts(true), accepts(false)]).toEqual(['boolean', true, true]);
    }
  });

  it('names of config.json, and nothing else', () => {
    const names = Object.keys(resolveConfig({}));
    expect(names.filter((name) => !(name in schema.properties))).toEqual([]);
    expect(schema.additionalProperties).toBe(false);
  });
});

describe('files for --config', () => {
  const recipes = readdirSync('models/recipes').map((file) => join('models/recipes', file));

  it.each(recipes)('%s names the schema, and keeps to it', (path) => {
    const [, reference = ''] =
      /^# yaml-language-server: \$schema=(.+)$/m.exec(readFileSync(path, 'utf8')) ?? [];
    expect(existsSync(resolve(dirname(path), reference))).toBe(true);
    expect(Object.keys(readConfigFile(path)).filter((name) => !(name in schema.properties))).toEqual([]);
  });

  it('may name their schema in JSON', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'fer-tui-config-')), 'run.json');
    writeFileSync(path, JSON.stringify({ $schema: 'train.schema.json', epochs: 3 }));
    expect(readConfigFile(path)).toEqual({ epochs: 3 });
  });
});
