import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { toKeras } from '../../src/formats/keras_architecture.js';
import { buildModel } from '../../src/nn/models.js';
import { resolveConfig } from '../../src/train/config.js';
import { Control } from '../../src/train/control.js';
import { evaluateWeights } from '../../src/train/evaluate_weights.js';
import type { TrainEvent } from '../../src/train/events.js';
import { loadModel } from '../../src/train/model_file.js';
import { predictImages } from '../../src/train/predict.js';
import { resumeTraining, runTraining } from '../../src/train/session.js';
import { openModel, saveH5 } from '../../src/train/weights.js';
import { folderWith, png } from '../data/fixtures.js';
import { describeGpu } from '../helpers/gpu.js';
import { sharedPlace } from '../helpers/place.js';

const place = sharedPlace();

const FIVE = ['angry', 'happy', 'neutral', 'sad', 'surprise'];
const NAMES = ['Angry', 'Happy', 'Neutral', 'Sad', 'Surprise'];
const TINY = { model: 'fer-shallow', filters: '4', dense: '4', batch: 5, 'max-steps': 1, epochs: 1 };

/** Two splits with a picture of its own tone for each class. */
function tree(words: readonly string[]): string {
  const files = ['train', 'validation'].flatMap((split) =>
    words.map((word, i) => [`${split}/${word}/a.png`, png([i * 20, i * 20, i * 20], 8, 8)] as const),
  );
  return folderWith(Object.fromEntries(files));
}

const hooks = (events: TrainEvent[] = []) => ({
  emit: (event: TrainEvent) => void events.push(event),
  control: new Control(),
  place,
});
const newRun = (): string => join(folderWith({}), 'run');

/** Trains a step. @returns the run's folder and what it told */
async function trained(settings: Readonly<Record<string, unknown>>) {
  const [out, events] = [newRun(), [] as TrainEvent[]];
  await runTraining(resolveConfig({ ...TINY, ...settings, out }), hooks(events));
  const told = events.flatMap((event) =>
    event.type === 'note' && event.kind === 'data' ? event.message : [],
  );
  return { out, told, saved: loadModel(join(out, 'last.safetensors')) };
}

describeGpu('a training on own classes', () => {
  it('has an output for each, and says which; its files name them', async () => {
    const data = tree(FIVE);
    const { out, told, saved } = await trained({ data });
    expect([saved.classes, saved.network.outputShape]).toEqual([NAMES, [5]]);
    expect(told[0]).toBe('5 classes: Angry, Happy, Neutral, Sad, Surprise');
    const result = await evaluateWeights({ weights: out, data, split: 'validation' });
    expect([result.count, result.classes]).toEqual([5, NAMES]);
    const { predictions } = await predictImages({ weights: out, paths: [join(data, 'train/sad')] });
    expect(predictions[0]?.probabilities).toHaveLength(5);
    await expect(
      evaluateWeights({ weights: out, data: 'synthetic:70', split: 'validation' }),
    ).rejects.toThrow(
      'it knows Angry, Happy, Neutral, Sad, Surprise, the data have Angry, Disgust, Fear, Happy',
    );
    const known = await evaluateWeights({
      ...{ weights: out, data: 'synthetic:70', split: 'validation', skipUnknown: true },
    });
    expect(known.count).toBe(50);
  });

  it('keeps names of any characters in its files', async () => {
    const words = ['a,b', '"c"', 'd e\x1b', '日本'];
    const { out, saved } = await trained({ data: tree(words) });
    const names = ['"c"', 'a,b', 'd e\\x1b', '日本'];
    expect(saved.classes).toEqual(names);
    const h5 = join(newRun(), '..', 'model.h5');
    await saveH5(h5, saved);
    expect((await openModel(h5)).classes).toEqual(names);
    expect((await evaluateWeights({ weights: out, data: tree(words), split: 'validation' })).count).toBe(4);
  });

  it('keeps --classes when it is resumed', async () => {
    const data = tree(['0', '1', '2']);
    await expect(trained({ data })).rejects.toThrow('folder train/0 is a number');
    const { out, saved } = await trained({ data, classes: 'b,c,a' });
    expect(saved.classes).toEqual(['a', 'b', 'c']);
    expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'))).toMatchObject({ classes: 'b,c,a' });
    expect((await resumeTraining(out, hooks())).status).toBe('finished');
  });

  it('is not resumed on other classes, also where there are as many', async () => {
    const data = tree(FIVE);
    const { out } = await trained({ data });
    for (const split of ['train', 'validation'])
      renameSync(join(data, split, 'sad'), join(data, split, 'fear'));
    await expect(resumeTraining(out, hooks())).rejects.toThrow(
      'has the classes Angry, Fear, Happy, Neutral, Surprise now; the run began with Angry, Happy, Neutral, Sad',
    );
  });

  it('takes a network of its own with as many outputs, and refuses another', async () => {
    const architecture = (classes: number): string => {
      const text = JSON.stringify(toKeras(buildModel('fer-shallow', { classes, filters: [4], dense: [4] })));
      return join(folderWith({ 'model.json': text }), 'model.json');
    };
    const { model, filters, dense, ...plain } = TINY;
    const run = (classes: number) =>
      runTraining(
        resolveConfig({ ...plain, data: tree(FIVE), architecture: architecture(classes), out: newRun() }),
        hooks(),
      );
    expect((await run(5)).epochs).toBe(1);
    await expect(run(7)).rejects.toThrow('the network has 7 outputs; expected 5, one for each class of');
  });

  it('begins with the weights of a network for other classes, but for a fresh last layer', async () => {
    const before = await trained({ data: tree([...FIVE, 'fear']) });
    const init = join(before.out, 'last.safetensors');
    const { told, saved } = await trained({ data: tree(FIVE), init, lr: 1e-12 });
    expect(told.join('\n')).toContain(
      'tells 6 classes apart, the data have 5: the last layer, dense_1, begins',
    );
    for (const [name, { data }] of saved.weights) {
      const old = before.saved.weights.get(name);
      if (name.startsWith('dense_1/')) expect(data.length).not.toBe(old?.data.length);
      else if (!name.includes('moving')) {
        data.forEach((value, i) => {
          expect(value).toBeCloseTo(old?.data[i] ?? Number.NaN, 5);
        });
      }
    }
    const same = await trained({
      data: tree(FIVE),
      init: join(before.out, 'best.safetensors'),
      classes: 'csv',
    });
    expect(same.told.join('\n')).toContain('tells 6 classes apart, the data have 7');
  });

  it('needs two classes', async () => {
    await expect(trained({ data: tree(['happy']) })).rejects.toThrow(
      'has one class, Happy; expected two or more',
    );
  });
});
