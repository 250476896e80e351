import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseSpace, readSpace } from '../../src/study/space.js';
import { OPTION_ENTRIES } from '../../src/train/options.js';
import { matches } from '../helpers/json_schema.js';

const schema = JSON.parse(readFileSync('schemas/space.schema.json', 'utf8'));
const fits = (text: string): boolean => matches(schema, parse(text));

describe('the JSON schema of a space', () => {
  const files = readdirSync('models/spaces').map((file) => join('models/spaces', file));

  it.each([...files, 'examples/space.yaml'])('is named by %s, which keeps to it', (path) => {
    const text = readFileSync(path, 'utf8');
    const [, reference = ''] = /^# yaml-language-server: \$schema=(.+)$/m.exec(text) ?? [];
    expect(existsSync(resolve(dirname(path), reference))).toBe(true);
    expect(fits(text)).toBe(true);
    const { parameters, settings } = readSpace(path); // and the program reads it
    expect(parseSpace(parameters, settings, path).parameters.length).toBeGreaterThan(0);
  });

  it.each([
    'space: {l2: [0, 0.1], labelSmoothing: [0, 0.1]}',
    'settings: {epochs: 3, logEvery: 2}\nspace: {lr: {min: 0.001, max: 0.1, log: true}}',
    'settings:\nspace: {batch: {min: 8, max: 64, step: 8}}',
    'space: {optimizer: [adam, sgd], momentum: [{values: [0, 0.9], when: {optimizer: sgd}}]}',
    'space: {optimizer: [adam, sgd], lr: [{min: 0.1, max: 1, when: {optimizer: sgd}}, {values: [0.001]}]}',
    'space: {dense: [none, 64, [128, 64]], amsgrad: [true, false]}',
    '$schema: space.schema.json\nspace: {seed: [1, 2]}',
  ])('allows %s', (text) => expect(fits(text)).toBe(true));

  it.each([
    'settings: {epochs: 3}',
    'space: {}',
    'space: {lr: 0.1}',
    'space: {lr: []}',
    'space: {learning: [1]}',
    'space: {lr: [99]}',
    'space: {batch: [1.5]}',
    'space: {optimizer: [adams]}',
    'space: {optimizer: {min: 1, max: 2}}',
    'space: {lr: {min: 0.1}}',
    'space: {lr: {min: 0.1, max: 1, logs: true}}',
    'space: {lr: {min: 0.1, max: 1, step: 0}}',
    'space: {lr: [{values: [99], when: {optimizer: sgd}}]}',
    'space: {out: [a, b]}',
    'space: {saveSteps: [a, b]}',
    'settings: {out: runs/r1}\nspace: {lr: [0.1]}',
    'settings: {saveSteps: 3}\nspace: {lr: [0.1]}',
    'settings: {lr: 99}\nspace: {l2: [0.1]}',
    'trials: 3\nspace: {lr: [0.1]}',
  ])('refuses %s', (text) => expect(fits(text)).toBe(false));

  it('knows every setting that may be searched by both of its names', () => {
    const { properties } = schema.properties.space;
    const searched = OPTION_ENTRIES.map(([name]) => name).filter(
      (name) => !['out', 'save-steps', 'adapter', 'kernel-check'].includes(name),
    );
    for (const name of searched) {
      const field = name.replace(/-./g, (dash) => dash.slice(1).toUpperCase());
      expect([name, name in properties, field in properties]).toEqual([name, true, true]);
    }
  });
});
