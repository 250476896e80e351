import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adapter, type CommandCases, OTHER_FOLDER, OTHER_NAME } from './option_case.js';

/** The options of a study that a queue spreads over machines. @param line a command without them. */
const queued = (line: readonly string[]): CommandCases['options'] => ({
  queue: {
    add: ['--queue', 'redis://h'],
    changes: ['ran.path', 'led.path', 'queue.study', 'queue.address', 'queue.limit'],
  },
  'transfer-limit': {
    from: [...line, '--queue', 'redis://h'],
    ...{ add: ['--transfer-limit', '9'], changes: ['queue.limit'] },
  },
});

/** Of commands about labs, data, runs, studies, and the machine. */
export const STUDY_CASES: Readonly<Record<string, CommandCases>> = {
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
  CACHE: {
    line: ['cache'],
    options: { action: { add: ['clear'], changes: ['cache.cleared', 'stdout'] } },
  },
  DOCTOR: {
    line: ['doctor'],
    options: { kernels: { add: ['--kernels'], changes: ['kernels.checked', 'stdout'] }, ...adapter('gpu') },
  },
  SUMMARY: {
    line: ['summary'],
    options: {
      network: { add: ['fer-shallow'], changes: ['stdout'] },
      model: {
        from: ['summary', 'NETWORK'],
        add: ['--model', 'NETWORK'],
        changes: ['stdout', 'stderr', 'exit', 'verify.path'],
      },
    },
  },
  SETUP: {
    line: ['setup'],
    options: { part: { add: ['camera'], changes: ['setup.options'] } },
  },
  VERIFY: {
    line: ['verify', 'a.h5'],
    options: { paths: { instead: ['verify', 'b.h5'], changes: ['verify.path', 'stdout'] } },
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
        changes: ['study.*', 'data.path', 'opened.path', 'ran.path', 'stdout', 'stderr'],
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
      prepare: { add: ['--prepare'], changes: ['ran.path', 'stdout', 'stderr'] },
      out: { add: ['--out', 'folder'], changes: ['study.out'] },
      ...queued(['search', 'SPACE']),
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
        changes: ['study.*', 'data.path', 'opened.path', 'ran.path', 'stdout', 'stderr'],
      },
      folds: { add: ['--folds', '3'], changes: ['study.folds', 'study.trials', 'stdout', 'stderr'] },
      repeats: { add: ['--repeats', '2'], changes: ['study.repeats', 'study.trials', 'stdout', 'stderr'] },
      objective: { add: ['--objective', 'loss'], changes: ['study.objective', 'stdout'] },
      prepare: { add: ['--prepare'], changes: ['ran.path', 'stdout', 'stderr'] },
      out: { add: ['--out', 'folder'], changes: ['study.out'] },
      ...queued(['cv', 'CONFIG']),
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
