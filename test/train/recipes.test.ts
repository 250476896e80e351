import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/train/config.js';
import { findRecipe, recipeSettings, recipes } from '../../src/train/recipes.js';
import { readCard } from '../../src/train/shipped_models.js';
import { UsageError } from '../../src/util/errors.js';

describe('recipes', () => {
  it('are those of the shipped networks, part by part, with what each cost and reached', () => {
    const all = recipes();
    expect(all.map(({ name, after }) => [name, after])).toEqual(
      expect.arrayContaining([
        ['fer-cnn', undefined],
        ['fer-vgg', undefined],
        ['fer-vgg.2', 'fer-vgg'],
      ]),
    );
    for (const { name, outcome } of all) {
      const [network = '', part = '1'] = name.split('.');
      const trained = readCard(network).parts[Number(part) - 1];
      expect([name, outcome?.seconds, outcome?.images]).toEqual([name, trained?.seconds, trained?.images]);
      expect(outcome?.valAcc).toBe(trained?.history[trained.bestEpoch - 1]?.valAcc);
    }
  });

  it('give the settings that the network was trained with', () => {
    for (const { name, settings, path, text } of recipes()) {
      const [network = '', part = '1'] = name.split('.');
      const { config } = readCard(network).parts[Number(part) - 1] ?? {};
      const { model, lr, epochs, augment, batch } = resolveConfig({ ...settings, data: 'synthetic' });
      expect({ model, lr, epochs, augment, batch }).toEqual({
        ...{ model: config?.['model'], lr: config?.['lr'], epochs: config?.['epochs'] },
        ...{ augment: config?.['augment'], batch: config?.['batch'] },
      });
      expect(text).toBe(readFileSync(path, 'utf8'));
    }
  });

  it('that go on from weights ask for them', () => {
    expect(() => recipeSettings('fer-vgg.2', {})).toThrow(
      /goes on from the best weights of fer-vgg; .*--init/,
    );
    expect(recipeSettings('fer-vgg.2', { init: 'w.h5' })['lr']).toBe(0.0006);
    expect(recipeSettings('fer-vgg', {})['lr']).toBe(0.001);
  });

  it('that are not there are told with those that are', () => {
    expect(() => findRecipe('none-like-it', '--recipe')).toThrow(/ only fer-cnn, [^;]*fer-vgg[^;]*$/);
    expect(() => findRecipe('fer-vgx', '--recipe')).toThrow(UsageError);
    expect(() => findRecipe('fer-vgx', '--recipe')).toThrow(
      /^--recipe fer-vgx: there is no such recipe, only fer-cnn, .*; did you mean "fer-vgg"\?/,
    );
  });
});
