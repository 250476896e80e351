import { vi } from 'vitest';
import type { Dataset, LoadOptions } from '../../src/data/types.js';
import type { Lab } from '../../src/labs/kit/lab.js';
import { Results } from '../../src/labs/kit/results.js';
import type { LabOptions } from '../../src/labs/kit/run_lab.js';
import type { LoadData } from '../../src/learn/source.js';
import { buildModel } from '../../src/nn/models.js';
import type { CrossPredictOptions } from '../../src/noise/cross_predict.js';
import type { NoiseOptions } from '../../src/noise/report.js';
import type { LeadOptions } from '../../src/queue/lead_study.js';
import type { RunWorkerHooks } from '../../src/queue/run_worker.js';
import type { Hooks } from '../../src/train/session.js';
import type { Message, VisionOptions } from '../../src/vision/protocol.js';

/**
 * Stand-ins for what commands call: training, evaluation, the vision process, the screen, ... Each notes what it is given.
 * A test imports this file before any of src.
 */

const { note } = await vi.hoisted(() => import('./option_notes.js'));

const run = vi.hoisted(() => (name: string, folder: string | undefined) => {
  note('runs', { name, folder });
  const epochs = [1, 2].map((epoch) => ({ epoch, train: { loss: 1 / epoch, acc: 0.5 }, lr: 1 }));
  return {
    ...{ name, path: `runs/${name}`, status: 'finished', begun: '2020', model: 'm', data: 'd', adapter: 'a' },
    ...{ config: {}, of: 2, epochs, best: null, seconds: 1, damagedAfter: null, dataNotes: [], note: '' },
    ...{ done: 2, stepInEpoch: 0, changes: [] },
  };
});

vi.mock('../../src/train/session.js', () => {
  const ended = { bestEpoch: 0, bestValAcc: null, epochs: 1, status: 'finished', exit: 0 };
  const result = { run: 'r', path: 'p', ...ended };
  return {
    runTraining: async (config: object, { emit }: Hooks) => {
      note('train', config);
      const train = { loss: 1, acc: 0.5 };
      emit({
        ...{ type: 'epoch', epoch: 1, of: 1, train, lr: 1, imgPerS: 0, etaS: null, best: true },
        ...{ step: 1, steps: 1, seconds: 0, t: '' },
      } as never);
      return result;
    },
    resumeTraining: async (path: string, _: object, { allowChangedData }: { allowChangedData?: boolean }) => {
      note('resume', { path, allowChangedData });
      return result;
    },
  };
});
vi.mock('../../src/train/evaluate_weights.js', () => ({
  evaluateWeights: async (options: object) => {
    note('evaluate', options);
    const scores = { accuracy: 1, top2: 1, macroF1: 1, ece: 0, eceByChance: 0 };
    const numbers = { count: 1, loss: 1, imgPerS: 1, ...scores };
    return { ...numbers, members: [], perClass: [], confusion: [], classes: [], classesGuessed: false };
  },
}));
vi.mock('../../src/ensemble/calibrate.js', () => ({
  calibrate: async (options: object) => {
    note('calibrate', options);
    const numbers = { loss: 1, accuracy: 1, ece: 0 };
    const found = { temperature: 2, atLimit: false, count: 1 };
    return { ...found, before: numbers, after: numbers, crossFitted: numbers };
  },
}));
vi.mock('../../src/ensemble/balance.js', () => ({
  balance: async (options: object) => {
    note('balance', options);
    const crossFitted = { strength: 1, accuracy: 1, macroRecall: 1, recalls: [1] };
    return { classes: ['a'], offsets: [2], count: 1, curve: [], crossFitted };
  },
}));
vi.mock('../../src/ensemble/build_ensemble.js', () => ({
  buildEnsemble: async (options: { weights: readonly string[] }) => {
    note('ensemble', options);
    const { weights } = options;
    const numbers = { loss: 1, accuracy: 1, ece: 0 };
    const calibration = { temperature: 1, before: numbers, after: numbers, crossFitted: numbers };
    return { weights, members: [], votes: [], calibration, count: 1, classesGuessed: false };
  },
}));
vi.mock('../../src/ensemble/soup.js', () => ({
  makeSoup: async (options: object) => {
    note('soup', options);
    return { members: [], soup: { loss: 1, accuracy: 1 }, count: 1 };
  },
}));
vi.mock('../../src/cli/setup_script.js', () => ({
  runSetupScript: async (options: readonly string[]) => {
    note('setup', { options });
    return 0;
  },
}));
vi.mock('../../src/train/verify.js', () => ({
  verify: async (path: string) => {
    note('verify', { path });
    return [{ path, state: 'verified', why: '' }];
  },
}));
vi.mock('../../src/train/predict.js', () => ({
  predictImages: async (options: { paths: string[] }) => {
    note('predict', options);
    const predictions = options.paths.map((path) => ({ path, probabilities: [0.1, 0.6, 0.3] }));
    const unread = [{ path: 'bad.png', why: 'bad.png: the file is empty' }];
    return { ensemble: { classes: ['a', 'b', 'c'], members: [{}] }, predictions, unread, notes: [] };
  },
}));
vi.mock('../../src/inspect/inspect.js', () => ({
  inspect: async ({ onProgress: _, ...options }: { onProgress: unknown }) => {
    note('inspect', options);
    const picture = { width: 2, height: 2, channels: 1, data: Uint8Array.of(0, 255, 128, 64) } as const;
    const part = { kind: 'pictures', title: 'maps', pictures: [{ name: 'a', caption: 'a face', picture }] };
    const about = { method: 'grad-cam', title: 'Grad-CAM', shows: '', limits: '', seconds: 1 };
    const model = { name: 'm', weights: 'w', classes: ['a'], inputShape: [2, 2, 1], parameters: 1 };
    const sections = [{ ...about, parts: [part] }];
    return { saved: {}, inspection: { model, adapter: 'none', seed: 1, sections, skipped: [] } };
  },
}));
vi.mock('../../src/inspect/files.js', async (original) => ({
  ...(await original<object>()),
  writeInspection: (folder: string) => {
    note('inspection', { folder });
    return 1;
  },
}));
vi.mock('../../src/vision/process.js', () => ({
  VisionProcess: class {
    close = async () => undefined;
    constructor(options: VisionOptions, receive: (message: Message) => void) {
      note('vision', options);
      const unread = options.source.kind === 'images' ? 1 : 0;
      const source = { name: 'demo', width: 1, height: 1, fps: 0, stills: true };
      const times = { capture: 0, detect: 0, classify: 0 };
      setImmediate(() => {
        receive({ type: 'opened', source, drawn: false } as never);
        receive({ type: 'frame', frame: 1, t: 0, faces: [], leftOut: 0, path: 'a', ms: times } as never);
        receive({
          ...{ type: 'ended', frames: 1, dropped: 0, seconds: 1, without: 1, unread, leftOut: 0 },
          labels: {},
        });
      });
    }
  },
}));
vi.mock('../../src/tui/main.js', () => ({
  runTui: async (options: object) => {
    note('tui', options);
    return 0;
  },
}));
vi.mock('../../src/tui/accessible.js', () => ({
  runAccessible: async (run = 'none') => {
    note('accessible', { run });
    return 0;
  },
}));
vi.mock('../../src/engine/replay.js', () => ({
  ReplayEngine: {
    ofFile: (path: string, options: object) => {
      note('replay', { path, ...options });
      return 'engine';
    },
  },
}));
vi.mock('../../src/train/weights.js', async (original) => ({
  ...(await original<object>()),
  openModel: async (path: string, foreign: object) => {
    note('open', { path, foreign });
    return {
      network: buildModel('fer-shallow'),
      ...{ weights: new Map(), classes: ['a'], preprocess: { name: 'scale255' } },
    };
  },
  saveH5: async (path: string) => note('h5', { path }),
}));
vi.mock('../../src/formats/onnx.js', () => ({
  toOnnx: ({ name }: { name: string }, _weights: unknown, notes: object, images: object) =>
    note('onnx', { model: name, notes, ...images }),
}));
vi.mock('../../src/util/atomic_write.js', async (original) => ({
  ...(await original<object>()),
  atomicWrite: (path: string) => note('write', { path }),
}));
vi.mock('../../src/train/sanity.js', () => ({
  runSanityChecks: async (options: { onProgress(message: string): void }) => {
    note('check', options);
    options.onProgress('half of it');
    return [];
  },
}));
vi.mock('../../src/gpu/device.js', async (original) => ({
  ...(await original<object>()),
  openGpu: async ({ adapter }: { adapter?: string }) => {
    note('gpu', { adapter });
    return { info: { name: 'none', features: [] }, device: { limits: {} }, close: () => undefined };
  },
  listAdapters: async () => [],
}));
vi.mock('../../src/gpu/tuning.js', async (original) => ({
  ...(await original<object>()),
  tuningOf: () => ({ table: new Map() }),
}));
vi.mock('../../src/util/cache_contents.js', () => ({
  cacheContents: () => [],
  clearCache: (): object => {
    note('cache', { cleared: true });
    return { files: 1, bytes: 1 };
  },
}));
vi.mock('../../src/cli/doctor_system.js', () => ({ systemChecks: async () => [] }));
vi.mock('../../src/check/kernel_checks.js', () => ({
  TOLERANCE: 1e-4,
  checkKernels: async () => {
    note('kernels', { checked: true });
    return [];
  },
}));
vi.mock('../../src/data/load.js', async (original) => {
  const real = await original<typeof import('../../src/data/load.js')>();
  const faces = real.loadDataset('synthetic:14');
  return {
    ...real,
    loadDataset: (path: string, options?: LoadOptions) => {
      note('data', { path, ...(options?.skipBad && { skipBad: true }), classes: options?.classes });
      return faces;
    },
  };
});
vi.mock('../../src/train/tune.js', () => ({
  tuneModels: async (_: unknown, plan: { models: { name: string }[] }, { path }: { path?: string }) => {
    note('tune', { ...plan, models: plan.models.map(({ name }) => name), path });
    return [];
  },
}));
vi.mock('../../src/labs/kit/run_lab.js', () => ({
  runLab: async (lab: Lab, { seeds, faces, epochs, onProgress }: LabOptions) => {
    note('lab', { name: lab.name, seeds, faces, epochs });
    const [{ name: variant } = { name: '' }] = lab.variants;
    onProgress?.({ done: 0, total: 1, variant, seed: 1, etaS: null });
    const curve = [1, 2].map((x) => ({ x, y: x }));
    return {
      ...{ lab, seeds, epochs, adapter: 'none', seconds: 0, finding: undefined },
      results: new Results(lab, [{ variant, seed: 1, numbers: {}, curve }], 7),
      data: { name: 'd', train: 1, validation: 1 },
    };
  },
}));
vi.mock('../../src/queue/lead_study.js', () => ({
  openCoordinator: async ({ path }: { path: string }, { address, limit }: LeadOptions) => {
    note('queue', { study: path, address, limit });
    return { close: async () => undefined };
  },
  leadStudy: async ({ path }: { path: string }) => note('led', { path }),
  trialsOfWorkers: () => [],
}));
vi.mock('../../src/queue/run_worker.js', () => ({
  runWorker: async (options: object, { onReady }: RunWorkerHooks) => {
    note('worker', options);
    onReady({ name: 'w', host: 'h', version: '1', adapter: 'a', gflops: 1 });
  },
}));
vi.mock('../../src/data/ferplus.js', async (original) => ({
  ...(await original<object>()),
  votesOfTraining: (_: unknown, file: string) => file,
}));
vi.mock('../../src/noise/cross_predict.js', () => ({
  crossPredict: async (dataset: Dataset, { settings, folds, folder }: CrossPredictOptions) => {
    note('noise', { settings: JSON.stringify(settings), folds, folder });
    return new Float32Array(dataset.splits.train.labels.length * dataset.classes.length);
  },
}));
vi.mock('../../src/noise/probabilities_file.js', () => ({
  readProbabilities: (path: string, total: number, classes: readonly string[]) => {
    note('probabilities', { path });
    return new Float32Array(total * classes.length).fill(1 / classes.length);
  },
}));
vi.mock('../../src/noise/report.js', async (original) => {
  const real = await original<typeof import('../../src/noise/report.js')>();
  return {
    ...real,
    noiseReport: async (_dataset: Dataset, _: unknown, options: NoiseOptions) => {
      note('report', {
        ...{ ranking: options.ranking, decided: options.decided.length, votes: options.votes },
      });
      const suspect = { row: 0, label: 1, proposed: 2, own: 0.1, other: 0.8, score: 0.1 };
      const empty = { decided: 0, identical: [], near: [], notFaces: [] };
      return { labels: { joint: [], noise: 0.1, agreement: 0.9, suspects: [suspect] }, ...empty };
    },
  };
});
vi.mock('../../src/learn/dissection.js', () => ({
  Dissection: {
    open: async (_: unknown, request: object, load: LoadData) => {
      note('learn', request);
      await load('synthetic', {});
      return { dispose: async () => undefined };
    },
  },
}));
vi.mock('../../src/learn/walk.js', () => ({
  walk: async (_: unknown, options: object) => {
    note('walk', { asked: true, ...options });
    return {};
  },
  walkText: () => ['a walk'],
}));
vi.mock('../../src/train/runs.js', async (original) => ({
  ...(await original<object>()),
  listRuns: (folder: string) => [run('r1', folder)],
  findRun: run,
}));
vi.mock('../../src/train/run_review.js', () => ({
  reviewRun: async (_: object, { data, adapter }: { data?: string; adapter?: string }) => {
    note('review', { data, adapter });
    return { weights: { missing: 'none' }, evaluation: { missing: 'none' } };
  },
}));
vi.mock('../../src/study/study.js', () => {
  const study = (path: string, settings: object) => ({
    ...{
      path,
      name: path,
      settings,
      trials: [],
      liveTrials: [],
      epochsOf: () => 1,
      removeIfUnused: () => undefined,
      checkSuccess: () => undefined,
    },
    extended: (trials: number) => {
      note('extended', { trials });
      return study(path, settings);
    },
    takeTrial: async (number: number) => note('trial', { number }),
  });
  const settings = {
    kind: 'search',
    method: 'grid',
    pruner: 'none',
    seed: 1,
    objective: 'val_acc',
    trials: 1,
  };
  return {
    Study: {
      create: (out: string, { created: _, ...given }: { created: string }) => {
        note('study', { out, ...given });
        return study('s', given);
      },
      open: (path: string) => {
        note('opened', { path });
        return study(path, { ...settings, created: 'today', space: { l1: [0, 1] }, settings: { epochs: 1 } });
      },
    },
  };
});
vi.mock('../../src/study/run_study.js', () => ({
  runStudy: async ({ path }: { path: string }) => note('ran', { path }),
}));
vi.mock('../../src/study/studies.js', () => ({
  listStudies: (folder: string) => {
    note('studies', { folder });
    return [];
  },
  findStudy: (name: string, folder: string) => {
    note('studies', { name, folder });
    const trial = {
      number: 1,
      metric: 1,
      values: { l1: 0 },
      epochs: 1,
      seconds: 1,
      state: 'complete',
      curve: [1],
    };
    const settings = { objective: 'val_acc', trials: 2, settings: {} };
    const trials = [trial, { ...trial, number: 2 }];
    return { path: name, settings, trials, liveTrials: trials };
  },
  studyJson: (_: unknown, top: number) => ({ top }),
}));
vi.mock('../../src/pages/report.js', () => ({ reportPage: () => '' }));
vi.mock('../../src/train/shipped_models.js', () => ({
  weightsPath: (given = 'shipped') => given,
  shippedModels: () => [],
}));
vi.mock('../../src/bench/run.js', async (original) => ({
  ...(await original<object>()),
  runBench: async ({ log: _, ...options }: { log: unknown }) => {
    note('bench', options);
    return { adapter: 'none', cpu: 'none', ceilings: { gflops: 1, gbytes: 1, launchMs: 1 } };
  },
}));
