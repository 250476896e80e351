import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/train/config.js';

describe('settings that nobody gave', () => {
  it('have the documented defaults', () => {
    const set = Object.entries(resolveConfig({})).filter(([, value]) => value !== undefined);
    expect(Object.fromEntries(set)).toEqual({
      ...{
        data: 'synthetic',
        foldSeed: 7,
        ferplusTargets: 'majority',
        ferplusKeep: 'none',
        model: 'fer-cnn',
        activation: 'elu',
        features: 'raw',
        lbpRadius: 1,
        lbpCells: 4,
        lbpRanking: 'mutual-information',
        epochs: 50,
        batch: 28,
        seed: 7,
      },
      ...{ optimizer: 'adam', lr: 1e-3, momentum: 0, nesterov: false, centered: false, amsgrad: false },
      ...{
        l1: 0,
        l2: 0,
        weightDecay: 0,
        labelSmoothing: 0,
        precision: 'float32',
        augment: 'default',
        mixup: 0,
        cutmix: 0,
      },
      ...{ preprocess: 'mean', shuffle: true, schedule: 'constant', warmupEpochs: 0 },
      ...{ monitor: 'val_loss', mode: 'auto', minDelta: 0, restoreBestWeights: false },
      ...{ reduceLrFactor: 0.1, reduceLrMinDelta: 1e-4, reduceLrCooldown: 0, minLr: 0 },
      ...{ checkpointMonitor: 'val_acc', checkpointMode: 'auto', saveBestOnly: true },
      ...{ checkpointSeconds: 60, logEvery: 20, tensorboard: false, skipBad: false, dropDuplicates: false },
      kernelCheck: true,
    });
  });

  it('depend on the optimizer where the learning rate does', () => {
    const rates = ['adam', 'rmsprop', 'sgd'].map((optimizer) => resolveConfig({ optimizer }).lr);
    expect(rates).toEqual([1e-3, 1e-3, 1e-2]);
  });
});

describe('a setting of some optimizers', () => {
  it.each([
    ['momentum', 0.9, ['rmsprop', 'sgd']],
    ['nesterov', true, ['sgd']],
    ['rho', 0.8, ['rmsprop']],
    ['centered', true, ['rmsprop']],
    ['beta1', 0.8, ['adam']],
    ['beta2', 0.99, ['adam']],
    ['amsgrad', true, ['adam']],
    ['epsilon', 1e-6, ['adam', 'rmsprop']],
  ])('is refused with the others: %s', (name, value, optimizers) => {
    const momentum = name === 'nesterov' ? { momentum: 0.9 } : {};
    for (const optimizer of ['adam', 'rmsprop', 'sgd']) {
      const resolve = () => resolveConfig({ optimizer, ...momentum, [name]: value });
      if (optimizers.includes(optimizer)) expect(resolve()).toMatchObject({ [name]: value });
      else expect(resolve).toThrow(/: needs --optimizer /);
    }
  });
});

describe('settings that exclude or need each other', () => {
  it.each([
    [{ optimizer: 'sgd', nesterov: true }, 'nesterov: needs --momentum above 0'],
    [{ ema: 0.9, swa: 2 }, 'ema and swa: only one average'],
    [{ 'restore-best-weights': true }, 'restore-best-weights: needs --early-stopping'],
    [{ features: 'lbp', architecture: 'a.yaml' }, 'architecture: needs --features raw'],
    [{ features: 'raw+lbp', init: 'a.h5' }, 'init: needs --features raw'],
    [{ features: 'lbp', preprocess: 'standardize' }, 'preprocess standardize: needs --features raw'],
    [{ features: 'lbp', preprocess: 'standardize-image' }, 'preprocess standardize-image: needs'],
    [{ 'lbp-radius': 2 }, 'lbp-radius: needs --features lbp or raw+lbp'],
    [{ 'lbp-bins': 5 }, 'lbp-bins: needs --features lbp or raw+lbp'],
    [{ temperature: 2 }, 'temperature and distill-mix: need a --teacher'],
    [{ 'distill-mix': 0 }, 'temperature and distill-mix: need a --teacher'],
    [{ 'ferplus-targets': 'votes' }, 'ferplus-targets: needs a --ferplus'],
    [{ filters: '8,0' }, 'filters = 8,0: expected whole numbers from 1 to 4096'],
    [{ filters: '8,4097' }, 'filters = 8,4097'],
    [{ dense: '1.5' }, 'dense = 1.5'],
    [{ augment: 'turn=5' }, 'augment: "turn=5"'],
  ])('%j are refused', (settings, message) => {
    expect(() => resolveConfig(settings)).toThrow(message);
  });

  it.each([
    { epochs: 7 },
    { epochs: 6, cycles: 4 },
    { epochs: 6, 'warmup-epochs': 6 },
    { epochs: 7, 'warmup-epochs': 1 },
    { epochs: 6, 'warmup-epochs': 1.5, cycles: 1 },
  ])('cycles that do not end with an epoch are refused: %j', (settings) => {
    const resolve = () => resolveConfig({ schedule: 'cosine-cycles', ...settings });
    expect(resolve).toThrow(/^cycles = \d: expected whole --warmup-epochs/);
  });

  it.each([
    { optimizer: 'sgd', nesterov: true, momentum: 0.1 },
    { 'restore-best-weights': true, 'early-stopping': 0 },
    { features: 'lbp', preprocess: 'standardize-global', 'lbp-radius': 2 },
    { architecture: 'a.yaml' },
    { preprocess: 'standardize' },
    { teacher: 'fer-vgg', temperature: 2, 'distill-mix': 0 },
    { schedule: 'cosine-cycles', epochs: 6, cycles: 3 },
    { schedule: 'cosine-cycles', epochs: 6, 'warmup-epochs': 1, cycles: 5 },
    { schedule: 'cosine', epochs: 7, cycles: undefined },
  ])('%j are accepted', (settings) => {
    expect(() => resolveConfig(settings)).not.toThrow();
  });

  it('are accepted at the ends of their ranges, and not beyond', () => {
    for (const [name, inside, outside] of [
      ['epochs', 1, 0],
      ['batch', 1024, 1025],
      ['lr', 10, 10.1],
      ['lr', 1e-9, 0],
      ['dropout', 0.95, 0.96],
      ['ema', 0.99999, 1],
      ['early-stopping', 0, -1],
      ['convolutions', 8, 9],
    ] as const) {
      expect(() => resolveConfig({ [name]: inside })).not.toThrow();
      expect(() => resolveConfig({ [name]: outside }), `${name} = ${outside}`).toThrow(
        `${name} = ${outside}:`,
      );
    }
  });
});
