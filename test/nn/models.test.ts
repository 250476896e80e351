import { describe, expect, it } from 'vitest';
import { fans, initialize } from '../../src/nn/init.js';
import { BatchNormalization, Conv2D, Dense, MaxPooling2D } from '../../src/nn/layers.js';
import { modelSizes } from '../../src/nn/model_plans.js';
import { buildModel } from '../../src/nn/models.js';
import { Sequential } from '../../src/nn/network.js';
import { Rng } from '../../src/util/random.js';

describe('models', () => {
  it('fer-cnn is the reference network', () => {
    const { rows, trainable, nonTrainable } = buildModel('fer-cnn').summary();
    expect([trainable, nonTrainable]).toEqual([541_191, 1_216]);
    expect(rows.slice(0, 6).map(({ layer, output, params }) => [layer, output, params])).toEqual([
      ['conv2d', [null, 48, 48, 32], 320],
      ['elu', [null, 48, 48, 32], 0],
      ['batch_normalization', [null, 48, 48, 32], 128],
      ['max_pooling2d', [null, 24, 24, 32], 0],
      ['dropout', [null, 24, 24, 32], 0],
      ['conv2d_1', [null, 24, 24, 64], 18_496],
    ]);
    expect(rows.at(-1)).toEqual({
      ...{ layer: 'softmax', type: 'Softmax', output: [null, 7], params: 0, from: ['dense_2'] },
    });
  });

  it.each([
    ['fer-shallow', 1_180_679],
    ['fer-vgg', 1_453_431],
  ])('%s is the network that ships under this name', (name, parameters) => {
    expect(buildModel(name).summary().trainable).toBe(parameters);
  });

  it('sizes replace those of a name', () => {
    const { filters, convolutions, dense } = modelSizes('fer-vgg');
    expect(buildModel('fer-cnn', { filters, convolutions, dense }).summary().trainable).toBe(1_453_431);
  });

  it('fer-shallow and fer-vgg differ from it in their blocks', () => {
    const kinds = (name: string) => buildModel(name).layers.map(({ layer }) => layer.kind);
    const block = ['Conv2D', 'ELU', 'BatchNormalization'];
    const [pooled, dense] = [
      ['MaxPooling2D', 'Dropout'],
      ['Dense', 'ELU', 'BatchNormalization', 'Dropout'],
    ];
    const end = ['Dense', 'Softmax'];
    expect(kinds('fer-shallow')).toEqual([...block, ...pooled, 'Flatten', ...dense, ...end]);
    const double = [...block, ...block, ...pooled];
    expect(kinds('fer-vgg')).toEqual([
      ...[...double, ...double, ...double, ...double, 'Flatten', ...dense, ...end],
    ]);
    expect(buildModel('fer-shallow').summary().rows[0]?.output).toEqual([null, 48, 48, 32]);
  });

  it('take other sizes, classes, activations and dropout', () => {
    const settings = { filters: [4, 8], convolutions: 2, dense: [6], classes: 5 };
    const { layers } = buildModel('fer-cnn', {
      ...settings,
      ...{ inputShape: [12, 8, 3], dropout: 0.25, activation: 'relu' },
    });
    const shapes = layers.filter(({ layer }) => /Conv2D|Dense/.test(layer.kind)).map((l) => l.outputShape);
    expect(shapes).toEqual([[12, 8, 4], [12, 8, 4], [6, 4, 8], [6, 4, 8], [6], [5]]);
    expect(layers[0]?.inputShape).toEqual([12, 8, 3]);
    const settingOf = (kind: string, name: string) =>
      layers.filter(({ layer }) => layer.kind === kind).map(({ layer }) => layer.config[name]);
    expect(settingOf('Dropout', 'rate')).toEqual([0.25, 0.25, 0.25]);
    expect(settingOf('ReLU', 'maxValue')).toHaveLength(5);
    expect(settingOf('ELU', 'alpha')).toEqual([]);
    const own = buildModel('fer-cnn').layers.filter(({ layer }) => layer.kind === 'Dropout');
    expect(own.map(({ layer }) => layer.config['rate'])).toEqual([0.2, 0.2, 0.2, 0.2, 0.5, 0.5]);
  });

  it('a summary tells trainable weights from others', () => {
    const { rows, trainable, nonTrainable } = new Sequential(
      's',
      [4, 4, 1],
      [Conv2D({ filters: 2 }), BatchNormalization()],
    ).summary();
    expect([trainable, nonTrainable]).toEqual([9 * 2 + 2 + 4, 4]);
    expect(rows.map(({ params }) => params)).toEqual([20, 8]);
  });

  it('an unknown name lists the known ones', () => {
    expect(() => buildModel('resnet')).toThrow(
      'model "resnet": expected one of fer-cnn, fer-shallow, fer-vgg',
    );
  });

  it('layers that do not fit say op, rule, expected and got', () => {
    expect(() => new Sequential('m', [4, 4, 1], [Dense({ units: 3 })])).toThrow(
      'Dense: input is a vector; put Flatten before it; expected [*], got [4, 4, 1]',
    );
    expect(
      () => new Sequential('m', [2, 2, 1], [Conv2D({ filters: 1, kernelSize: 3, padding: 'valid' })]),
    ).toThrow('conv2d: a valid window must fit into the input; expected extent >= 3, got 2');
    expect(() => new Sequential('m', [7], [MaxPooling2D()])).toThrow('max_pool2d: input is NHWC');
  });
});

describe('initialisers', () => {
  it('count fans as Keras does', () => {
    expect(fans([3, 3, 32, 64])).toEqual({ fanIn: 288, fanOut: 576 });
    expect(fans([2304, 64])).toEqual({ fanIn: 2304, fanOut: 64 });
  });

  it('glorot_uniform fills its interval evenly', () => {
    const values = initialize('glorot_uniform', [200, 100], new Rng(1));
    const limit = Math.sqrt(6 / 300);
    expect(Math.max(...values)).toBeLessThanOrEqual(limit);
    expect(Math.max(...values)).toBeGreaterThan(0.99 * limit);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-limit);
    expect(Math.min(...values)).toBeLessThan(-0.99 * limit);
    expect(values.reduce((s, v) => s + v, 0) / values.length / limit).toBeCloseTo(0, 1);
    expect(values.reduce((s, v) => s + v * v, 0) / values.length).toBeCloseTo(limit ** 2 / 3, 3);
  });

  it('he_normal has variance 2 / fan_in and no outliers', () => {
    const values = initialize('he_normal', [3, 3, 20, 100], new Rng(1));
    expect(values.reduce((s, v) => s + v * v, 0) / values.length).toBeCloseTo(2 / 180, 3);
    const bound = (2 * Math.sqrt(2 / 180)) / 0.8796;
    for (const end of [Math.max(...values), -Math.min(...values)]) {
      expect(end).toBeLessThan(bound);
      expect(end).toBeGreaterThan(0.98 * bound);
    }
  });

  it('zeros and ones are that', () => {
    expect([...initialize('zeros', [3], new Rng(1)), ...initialize('ones', [2], new Rng(1))]).toEqual([
      ...[0, 0, 0, 1, 1],
    ]);
  });
});
