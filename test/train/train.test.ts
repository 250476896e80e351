import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeSafetensors } from '../../src/formats/safetensors.js';
import { sizeOf } from '../../src/gpu/shape.js';
import { buildModel } from '../../src/nn/models.js';
import { parseClassWeights } from '../../src/train/class_weights.js';
import { resolveConfig } from '../../src/train/config.js';
import { readEvents } from '../../src/train/event_log.js';
import type { EpochEvent, StepEvent } from '../../src/train/events.js';
import { classMetrics, macroF1, probabilityMetrics } from '../../src/train/metrics.js';
import { loadModel, saveModel } from '../../src/train/model_file.js';
import { duration, Printer, wantsColor } from '../../src/train/printer.js';
import { Pace } from '../../src/train/progress.js';
import { RunFolder } from '../../src/train/run_folder.js';
import { TTA, ttaDraws } from '../../src/train/tta.js';
import { atomicWrite } from '../../src/util/atomic_write.js';

const folder = () => mkdtempSync(join(tmpdir(), 'fer-tui-train-'));

it('settings have defaults by optimiser', () => {
  expect(resolveConfig({})).toMatchObject({ model: 'fer-cnn', epochs: 50, batch: 28, lr: 1e-3 });
  expect(resolveConfig({ optimizer: 'sgd' }).lr).toBe(1e-2);
  expect(() => resolveConfig({ epochs: [1, 2] })).toThrow(
    'epochs was given 2 times: expected a whole number',
  );
  expect(() => resolveConfig({ lr: Number.NaN })).toThrow('lr is not a number: expected a number in (0, 10]');
  expect(() => resolveConfig({ model: 'resnet' })).toThrow('model = resnet: expected one of fer-cnn');
  expect(() => resolveConfig({ batch: 'x' })).toThrow('batch = "x": expected a whole number in [1, 1024]');
});

describe('metrics', () => {
  it('by hand', () => {
    const perClass = classMetrics(
      [
        [3, 1, 0],
        [2, 2, 0],
        [0, 0, 0],
      ],
      ['a', 'b', 'c'],
    );
    expect(perClass[0]).toMatchObject({ precision: 0.6, recall: 0.75, support: 4 });
    expect(perClass[0]?.f1).toBeCloseTo(2 / 3, 12);
    expect(perClass[2]).toMatchObject({ precision: 0, recall: 0, f1: 0, support: 0 });
    expect(macroF1(perClass)).toBeCloseTo((2 / 3 + 4 / 7) / 3, 12);
  });
});

describe('metrics of probabilities', () => {
  it('by hand', () => {
    const probabilities = Float32Array.of(0.5, 0.3, 0.2, 0.1, 0.3, 0.6, 0.3, 0.5, 0.2, 0.95, 0.05, 0);
    const m = probabilityMetrics(probabilities, [0, 1, 0, 2], 3);
    expect(m.accuracy).toBe(0.25);
    expect(m.top2).toBe(0.75);
    expect(m.loss).toBeCloseTo((-Math.log(0.5) - 2 * Math.log(0.3) - Math.log(1e-30)) / 4, 5);
    expect(m.confusion).toEqual([
      [1, 1, 0],
      [0, 0, 1],
      [1, 0, 0],
    ]);
    // Bins of 1/15: both of confidence 0.5 in one, of which one is right; 0.6 and 0.95 alone and wrong.
    expect(m.ece).toBeCloseTo((Math.abs(1 - 1) + 0.6 + 0.95) / 4, 6);
  });

  it('weights of classes: balanced, or a list', () => {
    const classes = ['a', 'b', 'c'];
    expect(parseClassWeights('balanced', Uint8Array.of(0, 0, 0, 1), classes)).toEqual([4 / 9, 4 / 3, 1]);
    expect(parseClassWeights('1,2,0.5', new Uint8Array(0), classes)).toEqual([1, 2, 0.5]);
    for (const bad of ['1,2', '1,2,x', '1,,2', '1,2,-3']) {
      expect(() => parseClassWeights(bad, new Uint8Array(0), classes)).toThrow(
        'expected "balanced", or 3 numbers',
      );
    }
  });

  it('versions of an image keep to it', () => {
    expect(TTA.map((tta) => ttaDraws(5, tta).length)).toEqual([1, 2, 10, 10]);
    const [plain, mirror] = ttaDraws(5, 'flip');
    expect([plain?.xx, plain?.x0, mirror?.xx, mirror?.x0]).toEqual([1, 0, -1, 47]);
    for (const { image, xx, x0, yy, y0 } of ttaDraws(5, 'tencrop')) {
      expect(image).toBe(5);
      for (const edge of [x0, x0 + 47 * xx, y0, y0 + 47 * yy]) {
        expect(edge).toBeGreaterThanOrEqual(-1e-9);
        expect(edge).toBeLessThanOrEqual(47 + 1e-9);
      }
    }
  });
});

describe('pace', () => {
  it('leaves the first steps and validation out of the rate, and counts validation into the rest', () => {
    let now = 0;
    const pace = new Pace(10, () => now);
    pace.resume();
    now = 100; // compiling
    pace.steps(5);
    expect([pace.imgPerS, pace.eta(10, 0, 6)]).toEqual([0, null]);
    now = 102;
    pace.steps(4);
    expect(pace.imgPerS).toBe(20);
    expect(pace.eta(10, 2, 600)).toBe(5 + 2 * 10); // not timed yet: a third of 600 images
    pace.validated(30);
    now = 500;
    pace.resume();
    expect(pace.eta(10, 2, 600)).toBe(65);
  });
});

const STEP: StepEvent = {
  ...{
    type: 'step',
    step: 40,
    epoch: 1,
    loss: 1.5,
    acc: 0.25,
    lr: 1e-3,
    imgPerS: 1940,
    etaS: 400,
    of: 80,
    stepInEpoch: 40,
  },
};
const EPOCH: EpochEvent = {
  ...{ v: 1, type: 'epoch', t: '', run: 'r1', epoch: 7, of: 30, train: { loss: 1.182, acc: 0.559 } },
  ...{
    val: { loss: 1.247, acc: 0.531, recall: [] },
    lr: 5e-4,
    imgPerS: 1940,
    seconds: 9,
    etaS: 360,
    best: true,
  },
};

describe('the printer', () => {
  function printed(isTTY: boolean, columns = 80) {
    let text = '';
    let now = 0;
    const printer = new Printer(
      {
        write: (t) => {
          text += t;
        },
        isTTY,
        columns,
      },
      { now: () => now, env: {}, color: 'never' },
    );
    return {
      printer,
      wait: (ms: number) => {
        now += ms;
      },
      text: () => text,
    };
  }

  it('without a terminal: a line an epoch and one every 30 s, no carriage return', () => {
    const { printer, wait, text } = printed(false);
    printer.show(STEP);
    wait(29_000);
    printer.show(STEP);
    expect(text()).toBe('');
    wait(1_000);
    printer.show(STEP);
    printer.show(EPOCH);
    printer.close();
    expect(text()).toBe(
      'epoch 1/0 40/80  loss 1.500  acc 25.0 %  1,940 img/s  ETA 7 min\n' +
        'epoch 7/30  loss 1.182  acc 55.9 %  val-loss 1.247  val-acc 53.1 %  lr 5e-4  1,940 img/s  ETA 6 min  best\n',
    );
  });

  it('on a terminal: one repainted line, never wider than the screen, cleared at the end', () => {
    const { printer, text } = printed(true, 40);
    printer.show(STEP);
    expect(text()).toBe('\r\x1b[2K[##########----------] epoch 1/0 40/80 ');
    printer.close();
    expect(text().endsWith('\r\x1b[2K')).toBe(true);
  });

  it('chooses colour: flag, NO_COLOR, FORCE_COLOR, terminal', () => {
    expect(wantsColor('always', false, { NO_COLOR: '1' })).toBe(true);
    expect(wantsColor('auto', true, { NO_COLOR: '1', FORCE_COLOR: '1' })).toBe(false);
    expect(wantsColor('auto', false, { FORCE_COLOR: '1' })).toBe(true);
    expect(wantsColor('auto', true, { TERM: 'dumb' })).toBe(false);
    expect(wantsColor('auto', true, {})).toBe(true);
  });

  it('says durations in words', () => {
    expect([null, 4.6, 90, 5400].map(duration)).toEqual(['—', '5 s', '2 min', '1 h 30 min']);
  });
});

describe('the run folder', () => {
  it('refuses one that is in use, holds a run, or something else', () => {
    const out = join(folder(), 'run');
    const run = RunFolder.create(out);
    expect(() => RunFolder.create(out)).toThrow(`process ${process.pid} is using it`);
    run.log({ type: 'end', status: 'finished', exit: 0 });
    run.close();
    expect(() => RunFolder.create(out)).toThrow('it holds an earlier run (--resume');
    const other = folder();
    writeFileSync(join(other, 'letter.txt'), 'dear');
    expect(() => RunFolder.create(other)).toThrow('it is not empty');
    writeFileSync(join(other, 'file'), '');
    expect(() => RunFolder.create(join(other, 'file'))).toThrow('it is not a folder');
    expect(() => RunFolder.create(join(other, 'file', 'run'))).toThrow('a part of its path is no folder');
    expect(() => RunFolder.create('/proc/fer-tui/run')).toThrow(
      'there is no such folder, and it cannot be made',
    );
  });

  it('reads a last event without a line break, but no line that is JSON and no event', () => {
    const path = join(folder(), 'events.ndjson');
    const error = { type: 'error', message: 'x', exit: 1 };
    writeFileSync(
      path,
      `${JSON.stringify(error)}\n${JSON.stringify({ type: 'end', status: 'failed', exit: 1 })}`,
    );
    expect(readEvents(path).map(({ type }) => type)).toEqual(['error', 'end']);
    for (const bad of ['5', 'null', '{"type":5}', '{}']) {
      writeFileSync(path, `${JSON.stringify(error)}\n${bad}\n`);
      expect(() => readEvents(path)).toThrow('events.ndjson:2: not an event of a run; the log is damaged');
    }
  });

  it('reads a log back, a last line cut off by a crash left out', () => {
    const path = join(folder(), 'events.ndjson');
    writeFileSync(path, '{"type":"error","message":"x","exit":1}\n{"type":"en');
    expect(readEvents(path)).toEqual([{ type: 'error', message: 'x', exit: 1 }]);
    writeFileSync(path, '{"type":\n{"type":"end","status":"failed","exit":1}\n');
    expect(() => readEvents(path)).toThrow('events.ndjson:1: not an event of a run');
  });
});

describe('files', () => {
  it('are written whole or not at all', () => {
    const dir = folder();
    atomicWrite(join(dir, 'a'), 'one');
    mkdirSync(join(dir, 'b'));
    expect(() => atomicWrite(join(dir, 'b'), 'two')).toThrow(`cannot write ${join(dir, 'b')}`);
    expect(() => atomicWrite(join(dir, 'none', 'c'), 'x')).toThrow('there is no such folder');
    expect(readdirSync(dir).sort()).toEqual(['a', 'b']);
  });

  it('weights come back with network, classes, preprocessing and notes; other files are refused', () => {
    const path = join(folder(), 'w.safetensors');
    const network = buildModel('fer-shallow', { classes: 2 });
    const weights = new Map(
      network.weights.map(({ name, shape }, i) => [
        name,
        { shape, data: new Float32Array(sizeOf(shape)).fill(i) },
      ]),
    );
    const saved = {
      ...{ classes: ['a', 'b'], weights, notes: { run: 'r1' } },
      preprocess: { name: 'mean', mean: Float32Array.of(1, 2, 3, 4) },
    } as const;
    saveModel(path, { ...saved, network });
    const { network: back, ...rest } = loadModel(path);
    expect(rest).toEqual(saved);
    expect(back.summary()).toEqual(network.summary());
    writeFileSync(path, 'not weights at all');
    expect(() => loadModel(path)).toThrow('a text file, not a model; expected a .safetensors, .h5');
    for (const [architecture, why] of [
      ['{"class_name"', 'the architecture in its metadata is not JSON'],
      [
        '{"class_name":"Sequential","config":{"layers":[{"class_name":"Dense"}]}}',
        'its layer 0 has no class',
      ],
      ['{"class_name":"Sequential","config":{"layers":7}}', 'its layers are no list'],
    ] as const) {
      const metadata = { format: 'fer-tui 3', architecture, classes: 'a', preprocess: 'none' };
      writeFileSync(path, encodeSafetensors(new Map(), metadata));
      expect(() => loadModel(path)).toThrow(`w.safetensors: damaged: ${why}`);
    }
    expect(() => loadModel(join(path, '..'))).toThrow('it is a folder');
  });
});
