import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { LoadOptions } from '../../src/data/types.js';
import { toKeras } from '../../src/formats/keras_architecture.js';
import type { LearnerOptions } from '../../src/nn/learner_options.js';
import { buildModel } from '../../src/nn/models.js';
import type { Network } from '../../src/nn/network.js';
import { resolveConfig, type TrainConfig } from '../../src/train/config.js';
import { Control } from '../../src/train/control.js';
import { OPTION_ENTRIES, type OptionName } from '../../src/train/options.js';
import type { TrainPlan } from '../../src/train/plan.js';
import { RunFolder } from '../../src/train/run_folder.js';
import { runTraining } from '../../src/train/session.js';

/**
 * Every setting reaches what it sets, and nothing else. A run is assembled from its settings, up to its first step; data,
 * device, learner and trainer are stand-ins that note what they are given. One setting is changed, and exactly the named
 * notes must change. A setting without a case here fails.
 */

const made = vi.hoisted(() => ({
  notes: {} as Record<string, unknown>,
  network: undefined as Network | undefined,
}));

/** Ends a run where its first step would begin. */
class Begun extends Error {}

vi.mock('../../src/data/load.js', async (original) => {
  const real = await original<typeof import('../../src/data/load.js')>();
  const faces = await real.loadDataset('synthetic:14');
  const loadDataset = async (
    data: string,
    { skipBad, leaks, classes, seed, fold, labels, ferplus }: LoadOptions,
  ) => {
    note('load', {
      data,
      skipBad,
      leaks,
      seed,
      labels,
      ferplus,
      fold: fold && `${fold.number}/${fold.of}`,
      foldSeed: fold?.seed,
      classes,
    });
    return faces;
  };
  return { ...real, loadDataset };
});
vi.mock('../../src/gpu/device.js', () => ({
  openGpu: async ({ adapter }: { adapter?: string }) => {
    note('gpu', { adapter });
    return { info: { name: 'none' }, close: () => undefined };
  },
}));
vi.mock('../../src/gpu/tuning.js', () => ({ tuningOf: () => ({ table: new Map([['a', 'b']]) }) }));
vi.mock('../../src/train/kernel_check.js', () => ({
  requireRightKernels: async () => note('run', { kernelCheck: true }),
}));
vi.mock('../../src/train/tensorboard_log.js', () => ({
  TensorboardLog: class {
    log = () => undefined;
    close = () => undefined;
    constructor() {
      note('run', { tensorboard: true });
    }
  },
}));
vi.mock('../../src/train/weights.js', async (original) => ({
  ...(await original<object>()),
  openWeights: async (init: string) => {
    note('run', { init });
    const { network } = made;
    return { network, weights: new Map(network?.weights.map(({ name }) => [name, new Float32Array(0)])) };
  },
}));
vi.mock('../../src/train/features.js', async (original) => ({
  ...(await original<object>()),
  fitFeatures: async (_: unknown, config: TrainConfig) => {
    const { features, lbpRadius: radius, lbpCells: cells, lbpBins: bins = 59, lbpRanking: ranking } = config;
    note('patterns', { ranking });
    const chosen = [...Array(bins).keys()];
    return { features: { raw: features !== 'lbp', lbp: { radius, cells, bins: chosen } }, values: new Map() };
  },
}));
vi.mock('../../src/nn/learner.js', () => ({
  Learner: class {
    writeWeights = () => undefined;
    gpu = { info: { name: 'none' }, pool: { stats: {} } };
    constructor(
      _gpu: unknown,
      readonly model: Network,
      options: LearnerOptions,
    ) {
      made.network = model;
      const { optimizer, ...rest } = options;
      note('learner', rest);
      note('optimizer', {
        rule: optimizer?.rule,
        learningRate: optimizer?.learningRate,
        weightDecay: optimizer?.weightDecay,
        ...optimizer?.hyperparameters,
      });
      noteNetwork(model);
    }
  },
}));
vi.mock('../../src/train/trainer.js', () => ({
  Trainer: class {
    feed = { source: { targets: () => ({}) } };
    constructor(_learner: unknown, plan: TrainPlan) {
      notePlan(plan);
    }
    /** What follows the set-up of a run. */
    releaseImages(): never {
      throw new Begun();
    }
  },
}));

function note(about: string, values: object): void {
  for (const [name, value] of Object.entries(values)) made.notes[`${about}.${name}`] = value;
}

function noteNetwork({ name, layers }: Network): void {
  const all = (type: string, setting: string): unknown[] =>
    layers.filter(({ layer }) => layer.kind === type).map(({ layer }) => layer.config[setting]);
  note('network', {
    name,
    filters: all('Conv2D', 'filters'),
    dense: all('Dense', 'units'),
    dropout: [...new Set(all('Dropout', 'rate'))],
    ...patternsOf(layers),
    activation: ['ELU', 'ReLU'].filter((type) => layers.some(({ layer }) => layer.kind === type)),
  });
}

function patternsOf(layers: Network['layers']): Record<string, unknown> {
  const own = layers.find(({ layer }) => layer.kind === 'LocalBinaryPatterns')?.layer.config;
  const { radius, cells, bins } = own ?? {};
  return own === undefined ? {} : { radius, cells, bins: (bins as readonly number[]).length };
}

function notePlan(plan: TrainPlan): void {
  const { epochs, maxSteps, logEvery, checkpointSeconds, preprocess, schedule = {}, source } = plan;
  note('plan', { epochs, maxSteps, logEvery, checkpointSeconds, preprocess: preprocess.name });
  note('schedule', schedule);
  note('source', { ...source.options, preprocess: source.preprocess.name, size: source.size });
  for (const callback of [plan.checkpoint, ...(plan.callbacks ?? [])]) {
    if (callback === undefined) continue;
    note(callback.constructor.name, 'options' in callback ? Object(callback.options) : { ...callback });
  }
}

const temporary = mkdtempSync(join(tmpdir(), 'fer-tui-options-'));
const create = RunFolder.create;
beforeEach(() => {
  vi.spyOn(RunFolder, 'create').mockImplementation((out) => {
    note('run', { out });
    return create(mkdtempSync(join(temporary, 'run-')));
  });
});

/** What a run with these settings notes up to its first step. */
async function notesOf(settings: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
  made.notes = {};
  const run = runTraining(resolveConfig(settings), { emit: () => undefined, control: new Control() });
  await expect(run).rejects.toBeInstanceOf(Begun);
  return made.notes;
}

interface Case {
  /** What the setting is changed to. */
  readonly to: unknown;
  /** Other settings that it needs. */
  readonly with?: Readonly<Record<string, unknown>>;
  /** The notes that change, all of them. */
  readonly changes: readonly string[];
}

const architecture = join(temporary, 'model.json');
writeFileSync(architecture, JSON.stringify(toKeras(buildModel('fer-shallow', { activation: 'relu' }))));

const labels = join(temporary, 'labels.csv');
writeFileSync(labels, 'split,index,face,was,action,label\n');

const SGD = { optimizer: 'sgd', momentum: 0.5 };
const LBP = { features: 'raw+lbp' };
const RMSPROP = { optimizer: 'rmsprop' };
const STOPPING = { 'early-stopping': 3 };
const REDUCING = { 'reduce-lr': 3 };

const CASES: Readonly<Record<OptionName, Case>> = {
  data: { to: 'fer2013.csv', changes: ['load.data'] },
  classes: { to: 'csv', changes: ['load.classes'] },
  fold: { to: '2/5', changes: ['load.fold', 'load.foldSeed'] },
  labels: { to: labels, changes: ['load.labels'] },
  ferplus: { to: 'fer2013new.csv', changes: ['load.ferplus'] },
  'ferplus-targets': { to: 'votes', with: { ferplus: 'f.csv' }, changes: ['load.ferplus'] },
  'ferplus-keep': { to: 'contempt,nf', with: { ferplus: 'f.csv' }, changes: ['load.ferplus'] },
  'fold-seed': { to: 8, with: { fold: '2/5' }, changes: ['load.foldSeed'] },
  model: {
    to: 'fer-shallow',
    changes: ['network.name', 'network.filters', 'network.dense'],
  },
  filters: { to: '4,8', changes: ['network.filters'] },
  convolutions: { to: 2, changes: ['network.filters'] },
  dense: { to: '32,16', changes: ['network.dense'] },
  activation: { to: 'relu', changes: ['network.activation'] },
  features: {
    to: 'lbp',
    with: LBP,
    changes: ['network.filters', 'network.dropout'],
  },
  'lbp-radius': { to: 2, with: LBP, changes: ['network.radius'] },
  'lbp-cells': { to: 3, with: LBP, changes: ['network.cells'] },
  'lbp-bins': { to: 40, with: LBP, changes: ['network.bins'] },
  'lbp-ranking': { to: 'chi-squared', with: LBP, changes: ['patterns.ranking'] },
  epochs: { to: 3, changes: ['plan.epochs'] },
  batch: { to: 5, changes: ['source.batchSize'] },
  optimizer: {
    to: 'sgd',
    changes: [
      ...['rule', 'learningRate', 'beta1', 'beta2', 'epsilon', 'amsgrad', 'momentum', 'nesterov'].map(
        (name) => `optimizer.${name}`,
      ),
    ],
  },
  lr: { to: 0.5, changes: ['optimizer.learningRate'] },
  momentum: { to: 0.9, with: RMSPROP, changes: ['optimizer.momentum'] },
  nesterov: { to: true, with: SGD, changes: ['optimizer.nesterov'] },
  rho: { to: 0.8, with: RMSPROP, changes: ['optimizer.rho'] },
  centered: { to: true, with: RMSPROP, changes: ['optimizer.centered'] },
  beta1: { to: 0.8, changes: ['optimizer.beta1'] },
  beta2: { to: 0.99, changes: ['optimizer.beta2'] },
  amsgrad: { to: true, changes: ['optimizer.amsgrad'] },
  epsilon: { to: 0.1, changes: ['optimizer.epsilon'] },
  l1: { to: 0.1, changes: ['learner.l1'] },
  l2: { to: 0.1, changes: ['learner.l2'] },
  'weight-decay': { to: 0.1, changes: ['optimizer.weightDecay'] },
  dropout: { to: 0.3, changes: ['network.dropout'] },
  'class-weights': { to: '1,2,3,4,5,6,7', changes: ['learner.classWeights'] },
  'clip-norm': { to: 2, changes: ['learner.clipNorm'] },
  'clip-value': { to: 2, changes: ['learner.clipValue'] },
  ema: { to: 0.9, changes: ['learner.ema'] },
  swa: { to: 2, changes: ['learner.swa', 'WeightAveraging.from'] },
  'label-smoothing': { to: 0.1, changes: ['learner.labelSmoothing'] },
  teacher: { to: 'fer-cnn', changes: ['learner.distill'] },
  temperature: { to: 5, with: { teacher: 'fer-cnn' }, changes: ['learner.distill'] },
  'distill-mix': { to: 0.9, with: { teacher: 'fer-cnn' }, changes: ['learner.distill'] },
  precision: { to: 'mixed_float16', changes: ['learner.precision'] },
  augment: { to: 'flip', changes: ['source.augment'] },
  mixup: { to: 0.2, changes: ['source.mixup'] },
  cutmix: { to: 0.5, changes: ['source.cutmix'] },
  preprocess: { to: 'scale255', changes: ['plan.preprocess', 'source.preprocess'] },
  shuffle: { to: false, changes: ['source.shuffle'] },
  seed: { to: 8, changes: ['load.seed', 'learner.seed', 'source.seed'] },
  schedule: { to: 'cosine', changes: ['schedule.name'] },
  'warmup-epochs': { to: 2, changes: ['schedule.warmupEpochs'] },
  gamma: { to: 0.3, changes: ['schedule.gamma'] },
  'step-epochs': { to: 4, changes: ['schedule.stepEpochs'] },
  cycles: { to: 2, with: { schedule: 'cosine-cycles' }, changes: ['schedule.cycles', 'Snapshots.length'] },
  'final-lr': { to: 0.2, changes: ['schedule.final'] },
  monitor: {
    to: 'loss',
    with: { ...STOPPING, ...REDUCING },
    changes: ['EarlyStopping.monitor', 'ReduceLROnPlateau.monitor'],
  },
  mode: {
    to: 'max',
    with: { ...STOPPING, ...REDUCING },
    changes: ['EarlyStopping.mode', 'ReduceLROnPlateau.mode'],
  },
  'early-stopping': { to: 4, with: STOPPING, changes: ['EarlyStopping.patience'] },
  'min-delta': { to: 0.1, with: STOPPING, changes: ['EarlyStopping.minDelta'] },
  'restore-best-weights': { to: true, with: STOPPING, changes: ['EarlyStopping.restoreBestWeights'] },
  'reduce-lr': { to: 4, with: REDUCING, changes: ['ReduceLROnPlateau.patience'] },
  'reduce-lr-factor': { to: 0.5, with: REDUCING, changes: ['ReduceLROnPlateau.factor'] },
  'reduce-lr-min-delta': { to: 0.1, with: REDUCING, changes: ['ReduceLROnPlateau.minDelta'] },
  'reduce-lr-cooldown': { to: 2, with: REDUCING, changes: ['ReduceLROnPlateau.cooldown'] },
  'min-lr': { to: 0.01, with: REDUCING, changes: ['ReduceLROnPlateau.minLr'] },
  'checkpoint-monitor': { to: 'loss', changes: ['ModelCheckpoint.monitor'] },
  'checkpoint-mode': { to: 'min', changes: ['ModelCheckpoint.mode'] },
  'save-best-only': { to: false, changes: ['ModelCheckpoint.saveBestOnly'] },
  'checkpoint-seconds': { to: 7, changes: ['plan.checkpointSeconds'] },
  limit: { to: 6, changes: ['source.size'] },
  'max-steps': { to: 9, changes: ['plan.maxSteps'] },
  'log-every': { to: 3, changes: ['plan.logEvery'] },
  tensorboard: { to: true, changes: ['run.tensorboard'] },
  'skip-bad': { to: true, changes: ['load.skipBad'] },
  'drop-duplicates': { to: true, changes: ['load.leaks'] },
  adapter: { to: 'llvmpipe', changes: ['gpu.adapter'] },
  'kernel-check': { to: false, changes: ['run.kernelCheck'] },
  out: { to: 'elsewhere', changes: ['run.out'] },
  architecture: {
    to: architecture,
    changes: ['network.name', 'network.filters', 'network.dense', 'network.activation'],
  },
  init: { to: 'w.h5', changes: ['run.init'] },
  'save-steps': { to: join(temporary, 'steps'), changes: ['StepWeights.folder'] },
};

describe('every setting reaches what it sets, and nothing else', () => {
  it.each(OPTION_ENTRIES.map(([name]) => name))('%s', async (name) => {
    const cases: Readonly<Record<string, Case | undefined>> = CASES;
    const found = cases[name];
    if (found === undefined) throw new Error(`no case for --${name}: add one to CASES`);
    const { to, with: others = {}, changes } = found;
    const before = await notesOf(others);
    const after = await notesOf({ ...others, [name]: to });
    const notes = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    const changed = notes.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
    expect(changed.sort()).toEqual([...changes].sort());
  });

  it.each([
    ['rmsprop', 'lr', 'learningRate'],
    ['rmsprop', 'epsilon', 'epsilon'],
    ['rmsprop', 'weight-decay', 'weightDecay'],
    ['sgd', 'lr', 'learningRate'],
    ['sgd', 'momentum', 'momentum'],
    ['sgd', 'weight-decay', 'weightDecay'],
  ])('%s takes its own %s', async (optimizer, name, key) => {
    expect((await notesOf({ optimizer, [name]: 0.125 }))[`optimizer.${key}`]).toBe(0.125);
  });

  it('what is off is absent', async () => {
    const notes = Object.keys(await notesOf({}));
    for (const off of ['EarlyStopping', 'ReduceLROnPlateau', 'WeightAveraging', 'StepWeights']) {
      expect(notes.filter((key) => key.startsWith(`${off}.`))).toEqual([]);
    }
  });
});
