import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How to see that an option of a command reaches what acts. */
export interface OptionCase {
  /** What is typed behind the command line without the option; */
  readonly add?: readonly string[];
  /** or, for a positional, the whole other command line. */
  readonly instead?: readonly string[];
  /** The command line without the option; default: that of the command. */
  readonly from?: readonly string[];
  /** With a terminal at both ends; default: without. */
  readonly screen?: boolean;
  /** The notes that change, all of them. */
  readonly changes: readonly string[];
}

export interface CommandCases {
  /** A command line that works. */
  readonly line: readonly string[];
  readonly screen?: boolean;
  readonly options: Readonly<Record<string, OptionCase>>;
}

/** Options of every command that opens a model. */
const foreign = (about: string): CommandCases['options'] => ({
  model: { add: ['--model', 'm.json'], changes: [`${about}.foreign.architecture`] },
  preprocess: { add: ['--preprocess', 'none'], changes: [`${about}.foreign.preprocess`] },
  classes: { add: ['--classes', 'a, b'], changes: [`${about}.foreign.classes`] },
});

/** Of commands with data, `--classes` names the outputs of the model and the classes of the data. */
const measured = (about: string): CommandCases['options'] => ({
  ...foreign(about),
  classes: { add: ['--classes', 'a, b'], changes: [`${about}.foreign.classes`, `${about}.load.classes`] },
});

const adapter = (about: string): CommandCases['options'] => ({
  adapter: { add: ['--adapter', 'X'], changes: [`${about}.adapter`] },
});

/** Options of every command that fits on validation images. */
const fitted = (about: string): CommandCases['options'] => ({
  split: { add: ['--split', 'validation'], changes: [] },
  limit: { add: ['--limit', '5'], changes: [`${about}.limit`] },
  seed: { add: ['--seed', '9'], changes: [`${about}.seed`] },
  'skip-bad': { add: ['--skip-bad'], changes: [`${about}.load.skipBad`] },
  'skip-unknown': { add: ['--skip-unknown'], changes: [`${about}.skipUnknown`] },
  ...measured(about),
  ...adapter(about),
});

const withoutSeed = ({ seed: _, ...rest }: CommandCases['options']): CommandCases['options'] => rest;

/** What finds faces, in every command that does; `line` is one of its command lines. */
const detector = (...line: readonly string[]): CommandCases['options'] => ({
  detector: { from: line, add: ['--detector', 'yunet'], changes: ['vision.detector.kind'] },
  'detector-model': {
    ...{ from: [...line, '--detector', 'yunet'], add: ['--detector-model', 'y.onnx'] },
    changes: ['vision.detector.model'],
  },
});

/** Options of every command that finds faces. */
const VISION: CommandCases['options'] = {
  weights: { add: ['--weights', 'w.h5'], changes: ['vision.weights'] },
  'max-faces': { add: ['--max-faces', '2'], changes: ['vision.maxFaces'] },
  normalise: { add: ['--normalise', 'none'], changes: ['vision.normalise'] },
  align: { add: ['--align', 'auto'], changes: ['vision.align'] },
  roi: { add: ['--roi', '1,2,3,4'], changes: ['vision.region'] },
  csv: { add: ['--csv', 'faces.csv'], changes: ['vision.csv'] },
  'min-face': { add: ['--min-face', '20'], changes: ['vision.detector.minFace'] },
  'scale-factor': { add: ['--scale-factor', '1.3'], changes: ['vision.detector.scaleFactor'] },
  neighbours: { add: ['--neighbours', '2'], changes: ['vision.detector.neighbours'] },
  'detect-scale': { add: ['--detect-scale', '0.5'], changes: ['vision.detector.scale'] },
  cascade: { add: ['--cascade', 'c.xml'], changes: ['vision.detector.cascade'] },
  eyes: { add: ['--eyes'], changes: ['vision.detector.eyes'] },
  margin: { add: ['--margin', '0.25'], changes: ['vision.margin'] },
  ...foreign('vision'),
  ...adapter('vision'),
};

const SCREEN: CommandCases['options'] = {
  ascii: {
    add: ['--ascii'],
    screen: true,
    changes: ['tui.capability.glyphs', 'tui.capability.graphics'],
  },
  graphics: { add: ['--graphics', 'none'], screen: true, changes: ['tui.capability.graphics'] },
};

const TUI = ['tui.fps', 'tui.capability.color', 'tui.capability.glyphs', 'tui.capability.graphics'];
const OTHER_FOLDER: OptionCase = { add: ['--folder', 'elsewhere'], changes: ['runs.folder'] };
const OTHER_NAME = ['runs.name', 'stdout'];

/** By the names of the declarations in src/cli/declarations. The settings of `train` have a test of their own. */
export const CASES: Readonly<Record<string, CommandCases>> = {
  TUI: {
    line: ['tui'],
    screen: true,
    options: {
      screen: { add: ['runs'], changes: ['tui.screen'] },
      fps: { add: ['--fps', '30'], changes: ['tui.fps'] },
      ...SCREEN,
      accessible: { add: ['--accessible'], changes: ['accessible.asked', ...TUI] },
      replay: {
        add: ['--replay', 'r1.ndjson'],
        changes: ['replay.path', 'replay.eventsPerSecond', 'tui.engine', 'tui.run', 'tui.screen'],
      },
      'replay-speed': {
        from: ['tui', '--replay', 'r1.ndjson'],
        add: ['--replay-speed', '99'],
        changes: ['replay.eventsPerSecond'],
      },
    },
  },
  TRAIN: {
    line: ['train'],
    options: {
      resume: { add: ['--resume', 'runs/r1'], changes: ['resume.path', 'train.*', 'stderr'] },
      config: { add: ['--config', 'CONFIG'], changes: ['train.epochs'] },
      tui: {
        from: ['train', '--no-tui'],
        screen: true,
        add: ['--tui'],
        changes: [...TUI, 'tui.run', 'tui.screen', 'train.*', 'stderr', 'stdout'],
      },
    },
  },
  DEMO: { line: ['demo'], options: {} },
  EVALUATE: {
    line: ['evaluate', '--data', 'synthetic'],
    options: {
      weights: { add: ['--weights', 'w.h5'], changes: ['evaluate.weights'] },
      data: { instead: ['evaluate', '--data', 'other'], changes: ['evaluate.data'] },
      split: { add: ['--split', 'test'], changes: ['evaluate.split', 'stdout'] },
      limit: { add: ['--limit', '5'], changes: ['evaluate.limit'] },
      labels: { add: ['--labels', 'l.csv'], changes: ['evaluate.load.labels', 'stdout'] },
      ferplus: { add: ['--ferplus', 'f.csv'], changes: ['evaluate.load.ferplus', 'stdout'] },
      'ferplus-keep': {
        add: ['--ferplus', 'f.csv', '--ferplus-keep', 'nf'],
        changes: ['evaluate.load.ferplus', 'stdout'],
      },
      tta: { add: ['--tta', 'tencrop'], changes: ['evaluate.tta'] },
      'skip-bad': { add: ['--skip-bad'], changes: ['evaluate.load.skipBad'] },
      'skip-unknown': { add: ['--skip-unknown'], changes: ['evaluate.skipUnknown'] },
      ...measured('evaluate'),
      ...adapter('evaluate'),
    },
  },
  PREDICT: {
    line: ['predict', 'a.png'],
    options: {
      paths: { add: ['b.png'], changes: ['predict.paths', 'stdout'] },
      weights: { add: ['--weights', 'w.h5'], changes: ['predict.weights'] },
      top: { add: ['--top', '1'], changes: ['stdout'] },
      tta: { add: ['--tta', 'flip'], changes: ['predict.tta'] },
      detect: { add: ['--detect'], changes: ['predict.*', 'vision.*', 'stderr', 'stdout'] },
      ...detector('predict', 'a.png', '--detect'),
      'skip-bad': { add: ['--skip-bad'], changes: ['exit'] },
      ...foreign('predict'),
      ...adapter('predict'),
    },
  },
  INSPECT: {
    line: ['inspect'],
    options: {
      weights: { add: ['w.h5'], changes: ['inspect.weights', 'inspect.name'] },
      image: { add: ['--image', 'a.png'], changes: ['inspect.image'] },
      data: { add: ['--data', 'other'], changes: ['inspect.data', 'inspect.foreign.ofData'] },
      split: { add: ['--split', 'test'], changes: ['inspect.split'] },
      sample: { add: ['--sample', '5'], changes: ['inspect.sample'] },
      limit: { add: ['--limit', '5'], changes: ['inspect.limit'] },
      methods: { add: ['--methods', 'pca, umap'], changes: ['inspect.methods'] },
      class: { add: ['--class', 'Happy'], changes: ['inspect.class'] },
      layer: { add: ['--layer', 'conv2d'], changes: ['inspect.layer'] },
      channels: { add: ['--channels', '1,5'], changes: ['inspect.channels'] },
      seed: { add: ['--seed', '9'], changes: ['inspect.seed'] },
      out: { add: ['--out', 'folder'], changes: ['inspection.folder', 'stdout'] },
      html: { add: ['--html', 'page.html'], changes: ['write.path', 'stdout'] },
      'skip-bad': { add: ['--skip-bad'], changes: ['inspect.load.skipBad'] },
      'skip-unknown': { add: ['--skip-unknown'], changes: ['inspect.skipUnknown'] },
      ascii: { add: ['--ascii'], screen: true, changes: ['stdout'] },
      ...measured('inspect'),
      ...adapter('inspect'),
    },
  },
  LEARN: {
    line: ['learn'],
    options: {
      model: { add: ['fer-vgg'], changes: ['learn.model'] },
      fresh: { add: ['--fresh'], changes: ['learn.fresh'] },
      data: { add: ['--data', 'other'], changes: ['learn.data'] },
      classes: { add: ['--classes', 'csv'], changes: ['learn.classes'] },
      image: { add: ['--image', 'a.png'], changes: ['learn.image'] },
      label: { add: ['--label', 'sad'], changes: ['learn.label'] },
      batch: { add: ['--batch', '8'], changes: ['learn.batch'] },
      seed: { add: ['--seed', '9'], changes: ['learn.seed'] },
      augment: { add: ['--augment', 'none'], changes: ['learn.augment'] },
      stage: { add: ['--stage', 'loss'], changes: ['walk.stage'] },
      layer: { add: ['--layer', 'conv2d'], changes: ['walk.layer'] },
      weight: { add: ['--weight', 'conv2d/kernel:3'], changes: ['walk.weight'] },
      kernels: { add: ['--kernels', 'conv2d'], changes: ['walk.kernels'] },
      'skip-bad': { add: ['--skip-bad'], changes: ['data.skipBad'] },
      ...SCREEN,
      accessible: {
        add: ['--accessible'],
        screen: true,
        changes: [...TUI, 'tui.own', 'tui.screen', 'data.path', 'learn.fresh', 'walk.asked', 'stdout'],
      },
      ...adapter('gpu'),
    },
  },
  WEBCAM: {
    line: ['webcam', '--source', 'demo'],
    options: {
      source: {
        instead: ['webcam', '--source', '2'],
        changes: ['vision.source', 'vision.pace'],
      },
      ...VISION,
      ...detector('webcam', '--source', 'demo'),
      smoothing: { add: ['--smoothing', '2'], changes: ['vision.smoothing'] },
      mirror: { add: ['--mirror'], changes: ['vision.mirror'] },
      reconnect: { add: ['--reconnect', '2'], changes: ['vision.reconnect'] },
      every: { add: ['--every', '3'], changes: ['vision.every'] },
      record: { add: ['--record', 'v.mp4'], changes: ['vision.record', 'stderr'] },
      snapshot: { add: ['--snapshot', 'photos'], changes: ['vision.snapshots'] },
      'max-frames': { add: ['--max-frames', '9'], changes: ['vision.maxFrames'] },
      headless: {
        add: ['--headless'],
        screen: true,
        changes: [...TUI, 'tui.own', 'tui.screen', 'vision.*', 'stderr', 'stdout'],
      },
      ...SCREEN,
    },
  },
  DETECT: {
    line: ['detect', 'a.png'],
    options: {
      images: { add: ['b.png'], changes: ['vision.source'] },
      out: { add: ['--out', 'faces.png'], changes: ['vision.out'] },
      'require-face': {
        from: ['detect', 'a.png', '--skip-bad'],
        add: ['--require-face'],
        changes: ['exit'],
      },
      'skip-bad': { add: ['--skip-bad'], changes: ['exit'] },
      ...VISION,
      ...detector('detect', 'a.png'),
    },
  },
  EXPORT: {
    line: ['export', 'w.h5', '--to', 'h5'],
    options: {
      file: { instead: ['export', 'other.h5', '--to', 'h5'], changes: ['open.path', 'h5.path', 'stdout'] },
      to: {
        instead: ['export', 'w.h5', '--to', 'onnx'],
        changes: ['h5.path', 'onnx.model', 'write.path', 'stdout'],
      },
      out: { add: ['--out', 'x.h5'], changes: ['h5.path', 'stdout'] },
      ...foreign('open'),
    },
  },
  CALIBRATE: {
    line: ['calibrate', 'w.h5', '--data', 'synthetic'],
    options: {
      file: {
        instead: ['calibrate', 'v.h5', '--data', 'synthetic'],
        changes: ['calibrate.weights', 'calibrate.out', 'stdout'],
      },
      out: { add: ['--out', 'x.safetensors'], changes: ['calibrate.out', 'stdout'] },
      data: { instead: ['calibrate', 'w.h5', '--data', 'other'], changes: ['calibrate.data'] },
      ...fitted('calibrate'),
    },
  },
  ENSEMBLE: {
    line: ['ensemble', 'a', 'b', '--data', 'synthetic'],
    options: {
      weights: { add: ['c'], changes: ['ensemble.weights'] },
      out: { add: ['--out', 'x.json'], changes: ['ensemble.out', 'stdout'] },
      method: { add: ['--method', 'greedy'], changes: ['ensemble.method', 'stdout'] },
      rounds: { add: ['--rounds', '9'], changes: ['ensemble.rounds'] },
      tta: { add: ['--tta', 'flip'], changes: ['ensemble.tta'] },
      data: { instead: ['ensemble', 'a', 'b', '--data', 'other'], changes: ['ensemble.data'] },
      ...fitted('ensemble'),
    },
  },
  SOUP: {
    line: ['soup', 'a', 'b', '--data', 'synthetic', '--out', 'x'],
    options: {
      weights: { add: ['c'], changes: ['soup.weights'] },
      out: {
        instead: ['soup', 'a', 'b', '--data', 'synthetic', '--out', 'y'],
        changes: ['soup.out', 'stdout'],
      },
      method: { add: ['--method', 'uniform'], changes: ['soup.method', 'stdout'] },
      data: { instead: ['soup', 'a', 'b', '--data', 'other', '--out', 'x'], changes: ['soup.data'] },
      ...withoutSeed(fitted('soup')),
    },
  },
  CHECK: {
    line: ['check'],
    options: {
      data: { add: ['--data', 'other'], changes: ['check.data'] },
      classes: { add: ['--classes', 'csv'], changes: ['check.load.classes'] },
      'skip-bad': { add: ['--skip-bad'], changes: ['check.load.skipBad'] },
      ...adapter('check'),
    },
  },
  LAB: {
    line: ['lab', 'dropout'],
    options: {
      name: {
        instead: ['lab', 'init'],
        changes: ['lab.name', 'lab.epochs', 'stderr', 'stdout'],
      },
      all: { from: ['lab'], add: ['--all'], changes: ['data.path', 'lab.*', 'stderr', 'stdout'] },
      data: { add: ['--data', 'other'], changes: ['data.path'] },
      classes: { add: ['--classes', 'csv'], changes: ['data.classes'] },
      seeds: { add: ['--seeds', '4,5'], changes: ['lab.seeds', 'stdout'] },
      faces: { add: ['--faces', '99'], changes: ['lab.faces'] },
      epochs: { add: ['--epochs', '9'], changes: ['lab.epochs', 'stdout'] },
      quick: { add: ['--quick'], changes: ['lab.epochs', 'stdout'] },
      'skip-bad': { add: ['--skip-bad'], changes: ['data.skipBad'] },
      out: { add: ['--out', join(tmpdir(), 'fer-tui-lab-out')], changes: ['write.path', 'stdout'] },
      ascii: { add: ['--ascii'], changes: ['stdout'] },
      ...adapter('gpu'),
    },
  },
  WORKER: {
    line: ['worker', '--queue', 'redis://h'],
    options: {
      queue: {
        instead: ['worker', '--queue', 'rediss://h:1/2'],
        changes: ['worker.address', 'stderr'],
      },
      name: { add: ['--name', 'w'], changes: ['worker.name'] },
      data: { add: ['--data', 'a', 'b'], changes: ['worker.data'] },
      once: { add: ['--once'], changes: ['worker.once'] },
      sync: { add: ['--sync', '5'], changes: ['worker.sync'] },
      lease: { add: ['--lease', '5'], changes: ['worker.lease'] },
      'transfer-limit': { add: ['--transfer-limit', '5'], changes: ['worker.limit'] },
      ...adapter('worker'),
    },
  },
  NOISE: {
    line: ['noise', '--data', 'synthetic'],
    options: {
      data: { instead: ['noise', '--data', 'other'], changes: ['data.path', 'noise.settings'] },
      classes: { add: ['--classes', 'csv'], changes: ['data.classes', 'noise.settings'] },
      folds: { add: ['--folds', '3'], changes: ['noise.folds'] },
      probabilities: { add: ['--probabilities', 'P'], changes: ['noise.*', 'probabilities.path'] },
      config: { add: ['--config', 'CONFIG'], changes: ['noise.settings'] },
      epochs: { add: ['--epochs', '4'], changes: ['noise.settings'] },
      out: { add: ['--out', 'folder'], changes: ['noise.folder'] },
      rank: { add: ['--rank', 'margin'], changes: ['report.ranking'] },
      labels: { add: ['--labels', 'LABELS'], changes: ['report.decided'] },
      ferplus: { add: ['--ferplus', 'f.csv'], changes: ['report.votes'] },
      top: { add: ['--top', '0'], changes: ['stdout'] },
      csv: { add: ['--csv', 's.csv'], changes: ['write.path', 'stdout'] },
      'skip-bad': { add: ['--skip-bad'], changes: ['data.skipBad', 'noise.settings'] },
      ascii: { add: ['--ascii'], screen: true, changes: ['stdout'] },
      adapter: { add: ['--adapter', 'X'], changes: ['noise.settings'] },
    },
  },
  DOCTOR: {
    line: ['doctor'],
    options: { kernels: { add: ['--kernels'], changes: ['kernels.checked', 'stdout'] }, ...adapter('gpu') },
  },
  SUMMARY: {
    line: ['summary'],
    options: { model: { add: ['fer-shallow'], changes: ['stdout'] } },
  },
  DATA_SET: {
    line: ['data', 'synthetic'],
    options: {
      path: { instead: ['data', 'other'], changes: ['data.path'] },
      classes: { add: ['--classes', 'csv'], changes: ['data.classes'] },
      'skip-bad': { add: ['--skip-bad'], changes: ['data.skipBad'] },
    },
  },
  TUNE: {
    line: ['tune'],
    options: {
      model: { add: ['--model', 'fer-shallow'], changes: ['tune.models'] },
      batch: { add: ['--batch', '5', '6'], changes: ['tune.training'] },
      predict: { add: ['--predict', '7'], changes: ['tune.inference'] },
      out: { add: ['--out', 't.json'], changes: ['tune.path', 'stdout'] },
      ...adapter('gpu'),
    },
  },
  LIST_RUNS: { line: ['runs'], options: { folder: OTHER_FOLDER } },
  SHOW_RUN: {
    line: ['runs', 'show', 'r1'],
    options: { name: { instead: ['runs', 'show', 'r2'], changes: OTHER_NAME }, folder: OTHER_FOLDER },
  },
  COMPARE_RUNS: {
    line: ['runs', 'compare', 'r1'],
    options: { names: { add: ['r2'], changes: [...OTHER_NAME, 'runs.folder'] }, folder: OTHER_FOLDER },
  },
  SEARCH: {
    line: ['search', 'SPACE'],
    options: {
      space: { instead: ['search', 'OTHER_SPACE'], changes: ['study.space'] },
      resume: {
        instead: ['search', '--resume', 'studies/s1'],
        changes: ['study.*', 'opened.path', 'ran.path', 'stdout', 'stderr'],
      },
      config: { add: ['--config', 'CONFIG'], changes: ['study.settings.epochs'] },
      method: { add: ['--method', 'random'], changes: ['study.method'] },
      trials: { add: ['--trials', '1'], changes: ['study.method', 'study.trials', 'stdout', 'stderr'] },
      pruner: { add: ['--pruner', 'asha'], changes: ['study.pruner'] },
      'min-epochs': {
        from: ['search', 'SPACE', '--pruner', 'asha'],
        add: ['--min-epochs', '2'],
        changes: ['study.minEpochs'],
      },
      reduction: {
        from: ['search', 'SPACE', '--pruner', 'asha'],
        ...{ add: ['--reduction', '4'], changes: ['study.reduction'] },
      },
      objective: { add: ['--objective', 'val_loss'], changes: ['study.objective'] },
      prepare: { add: ['--prepare'], changes: ['data.path', 'ran.path', 'stdout', 'stderr'] },
      out: { add: ['--out', 'folder'], changes: ['study.out'] },
      queue: {
        add: ['--queue', 'redis://h'],
        changes: ['ran.path', 'led.path', 'queue.study', 'queue.address', 'queue.limit'],
      },
      'transfer-limit': {
        from: ['search', 'SPACE', '--queue', 'redis://h'],
        ...{ add: ['--transfer-limit', '9'], changes: ['queue.limit'] },
      },
    },
  },
  CV: {
    line: ['cv', 'CONFIG'],
    options: {
      configs: {
        add: ['OTHER_CONFIG'],
        changes: ['study.configs', 'study.settings.epochs', 'study.trials', 'stdout', 'stderr'],
      },
      resume: {
        instead: ['cv', '--resume', 'studies/s1'],
        changes: ['study.*', 'opened.path', 'ran.path', 'stdout', 'stderr'],
      },
      folds: { add: ['--folds', '3'], changes: ['study.folds', 'study.trials', 'stdout', 'stderr'] },
      repeats: { add: ['--repeats', '2'], changes: ['study.repeats', 'study.trials', 'stdout', 'stderr'] },
      objective: { add: ['--objective', 'loss'], changes: ['study.objective', 'stdout'] },
      prepare: { add: ['--prepare'], changes: ['data.path', 'ran.path', 'stdout', 'stderr'] },
      out: { add: ['--out', 'folder'], changes: ['study.out'] },
      queue: {
        add: ['--queue', 'redis://h'],
        changes: ['ran.path', 'led.path', 'queue.study', 'queue.address', 'queue.limit'],
      },
      'transfer-limit': {
        from: ['cv', 'CONFIG', '--queue', 'redis://h'],
        ...{ add: ['--transfer-limit', '9'], changes: ['queue.limit'] },
      },
    },
  },
  TRIAL: {
    line: ['trial', 'studies/s1', '1'],
    options: {
      study: { instead: ['trial', 'studies/s2', '1'], changes: ['opened.path', 'stdout', 'stderr'] },
      number: { instead: ['trial', 'studies/s1', '2'], changes: ['trial.number'] },
    },
  },
  LIST_STUDIES: {
    line: ['studies'],
    options: { folder: { add: ['--folder', 'elsewhere'], changes: ['studies.folder', 'stdout'] } },
  },
  SHOW_STUDY: {
    line: ['studies', 'show', 's1'],
    options: {
      name: { instead: ['studies', 'show', 's2'], changes: ['studies.name', 'stdout'] },
      folder: { add: ['--folder', 'elsewhere'], changes: ['studies.folder'] },
      top: { add: ['--top', '1'], changes: ['stdout'] },
      csv: { add: ['--csv'], changes: ['stdout'] },
    },
  },
  REPORT: {
    line: ['report', 'r1'],
    options: {
      name: { instead: ['report', 'r2'], changes: [...OTHER_NAME, 'write.path'] },
      folder: OTHER_FOLDER,
      out: { add: ['--out', 'page.html'], changes: ['write.path', 'stdout'] },
      data: { add: ['--data', 'other'], changes: ['review.data'] },
      ...adapter('review'),
    },
  },
  EXPORT_HISTORY: {
    line: ['export-history', 'r1'],
    options: { name: { instead: ['export-history', 'r2'], changes: ['runs.name'] }, folder: OTHER_FOLDER },
  },
  BENCH: {
    line: ['bench'],
    options: {
      parts: { add: ['steps'], changes: ['bench.parts'] },
      filter: { add: ['--filter', '12x12'], changes: ['bench.filter'] },
      batch: { add: ['--batch', '5'], changes: ['bench.batch'] },
      seconds: { add: ['--seconds', '3'], changes: ['bench.seconds'] },
      quick: { add: ['--quick'], changes: ['bench.quick'] },
      out: { add: ['--out', 'b.json'], changes: ['write.path'] },
      compare: { add: ['--compare', 'RESULT'], changes: ['stdout'] },
      ...adapter('bench'),
    },
  },
};

/** The options of every command, on commands that heed them. */
export const GLOBAL_CASES: Readonly<Record<string, readonly OptionCase[]>> = {
  json: Object.entries(CASES)
    .filter(([name]) => !['TUI', 'EXPORT_HISTORY', 'DETECT', 'WEBCAM', 'CHECK'].includes(name))
    .map(([name, { line }]) => ({
      from: line,
      add: ['--json'],
      // A worker says on stderr what it does, unless it says so in JSON.
      changes: name === 'WORKER' ? ['stderr', 'stdout'] : ['stdout'],
    })),
  quiet: ['TRAIN', 'WEBCAM', 'DETECT', 'CHECK', 'LAB', 'SEARCH', 'CV', 'TRIAL'].map((name) => ({
    ...{ from: CASES[name]?.line ?? [], add: ['--quiet'], changes: ['stderr'] },
  })),
  color: [
    { from: ['train'], add: ['--color', 'always'], changes: ['stderr'] },
    { from: ['runs', 'show', 'r1'], add: ['--color', 'always'], changes: ['stdout'] },
    { from: ['inspect'], add: ['--color', 'never'], screen: true, changes: ['stdout'] },
    { from: ['runs', 'compare', 'r1'], add: ['--color', 'always'], changes: ['stdout'] },
    { from: ['lab', 'dropout'], add: ['--color', 'always'], changes: ['stdout'] },
    ...['tui', 'train', 'webcam'].map((command) => ({
      from: command === 'webcam' ? ['webcam', '--source', 'demo'] : [command],
      add: ['--color', 'never'],
      screen: true,
      changes: ['tui.capability.color', 'tui.capability.graphics'],
    })),
  ],
};
