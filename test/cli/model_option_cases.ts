import {
  adapter,
  type CommandCases,
  detector,
  fitted,
  foreign,
  measured,
  SCREEN,
  TUI,
  VISION,
  withoutSeed,
} from './option_case.js';

/** Of the screens, of commands that train, and of those that open or make models. */
export const MODEL_CASES: Readonly<Record<string, CommandCases>> = {
  TUI: {
    line: ['tui'],
    screen: true,
    options: {
      screen: { add: ['runs'], changes: ['tui.screen'] },
      fps: { add: ['--fps', '30'], changes: ['tui.fps'] },
      ...SCREEN,
      accessible: { add: ['--accessible'], changes: ['accessible.run', ...TUI] },
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
  ATTACH: {
    line: ['attach', 'r1'],
    screen: true,
    options: {
      run: { instead: ['attach', 'r2'], changes: ['runs.name', 'tui.run'] },
      ...SCREEN,
      accessible: { add: ['--accessible'], changes: ['accessible.run', ...TUI, 'tui.run', 'tui.screen'] },
    },
  },
  TRAIN: {
    line: ['train'],
    options: {
      resume: { add: ['--resume', 'runs/r1'], changes: ['resume.path', 'train.*', 'stderr'] },
      'allow-changed-data': {
        from: ['train', '--resume', 'runs/r1'],
        add: ['--allow-changed-data'],
        changes: ['resume.allowChangedData'],
      },
      recipe: {
        add: ['--recipe', 'fer-shallow'],
        changes: [
          ...[
            'train.augment',
            'train.earlyStopping',
            'train.ema',
            'train.epochs',
            'train.model',
            'train.reduceLr',
          ],
          ...['train.reduceLrFactor', 'train.reduceLrMinDelta', 'train.restoreBestWeights'],
        ],
      },
      config: { add: ['--config', 'CONFIG'], changes: ['train.epochs'] },
      tui: {
        from: ['train', '--no-tui'],
        screen: true,
        add: ['--tui'],
        changes: [...TUI, 'tui.run', 'tui.screen', 'train.*', 'stderr', 'stdout'],
      },
    },
  },
  RECIPES: {
    line: ['recipes'],
    options: { name: { add: ['fer-vgg'], changes: ['stdout'] } },
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
        changes: ['h5.path', 'onnx.model', 'onnx.notes', 'write.path', 'stdout'],
      },
      out: { add: ['--out', 'x.h5'], changes: ['h5.path', 'stdout'] },
      layout: {
        from: ['export', 'w.h5', '--to', 'onnx'],
        add: ['--layout', 'nchw'],
        changes: ['onnx.layout'],
      },
      pixels: {
        from: ['export', 'w.h5', '--to', 'onnx'],
        add: ['--pixels'],
        changes: ['onnx.pixels', 'onnx.notes', 'stdout'],
      },
      data: { add: ['--data', 'synthetic'], changes: ['exit', 'h5.path', 'stderr', 'stdout'] },
      ...foreign('open'),
    },
  },
  CONVERT: {
    line: ['convert', 'w.h5', 'x.h5'],
    options: {
      file: { instead: ['convert', 'other.h5', 'x.h5'], changes: ['open.path'] },
      out: {
        instead: ['convert', 'w.h5', 'x.onnx'],
        changes: ['h5.path', 'onnx.model', 'onnx.notes', 'write.path', 'stdout'],
      },
      layout: {
        from: ['convert', 'w.h5', 'x.onnx'],
        add: ['--layout', 'nchw'],
        changes: ['onnx.layout'],
      },
      pixels: {
        from: ['convert', 'w.h5', 'x.onnx'],
        add: ['--pixels'],
        changes: ['onnx.pixels', 'onnx.notes', 'stdout'],
      },
      data: { add: ['--data', 'synthetic'], changes: ['exit', 'h5.path', 'stderr', 'stdout'] },
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
  BALANCE: {
    line: ['balance', 'w.h5', '--data', 'synthetic', '--recall', 'Fear=55'],
    options: {
      file: {
        instead: ['balance', 'v.h5', '--data', 'synthetic', '--recall', 'Fear=55'],
        changes: ['balance.weights', 'balance.out', 'stdout'],
      },
      recall: {
        instead: ['balance', 'w.h5', '--data', 'synthetic', '--recall', 'Sad=60'],
        changes: ['balance.recall'],
      },
      strength: { add: ['--strength', '0.5'], changes: ['balance.strength', 'stdout'] },
      out: { add: ['--out', 'x.safetensors'], changes: ['balance.out', 'stdout'] },
      data: {
        instead: ['balance', 'w.h5', '--data', 'other', '--recall', 'Fear=55'],
        changes: ['balance.data'],
      },
      ...fitted('balance'),
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
};
