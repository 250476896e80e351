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
export const foreign = (about: string): CommandCases['options'] => ({
  model: { add: ['--model', 'm.json'], changes: [`${about}.foreign.architecture`] },
  preprocess: { add: ['--preprocess', 'none'], changes: [`${about}.foreign.preprocess`] },
  classes: { add: ['--classes', 'a, b'], changes: [`${about}.foreign.classes`] },
});

/** Of commands with data, `--classes` names the outputs of the model and the classes of the data. */
export const measured = (about: string): CommandCases['options'] => ({
  ...foreign(about),
  classes: { add: ['--classes', 'a, b'], changes: [`${about}.foreign.classes`, `${about}.load.classes`] },
});

export const adapter = (about: string): CommandCases['options'] => ({
  adapter: { add: ['--adapter', 'X'], changes: [`${about}.adapter`] },
});

/** Options of every command that fits on validation images. */
export const fitted = (about: string): CommandCases['options'] => ({
  split: { add: ['--split', 'validation'], changes: [] },
  limit: { add: ['--limit', '5'], changes: [`${about}.limit`] },
  seed: { add: ['--seed', '9'], changes: [`${about}.seed`] },
  'skip-bad': { add: ['--skip-bad'], changes: [`${about}.load.skipBad`] },
  'skip-unknown': { add: ['--skip-unknown'], changes: [`${about}.skipUnknown`] },
  ...measured(about),
  ...adapter(about),
});

export const withoutSeed = ({ seed: _, ...rest }: CommandCases['options']): CommandCases['options'] => rest;

/** What finds faces, in every command that does; `line` is one of its command lines. */
export const detector = (...line: readonly string[]): CommandCases['options'] => ({
  detector: { from: line, add: ['--detector', 'yunet'], changes: ['vision.detector.kind'] },
  'detector-model': {
    ...{ from: [...line, '--detector', 'yunet'], add: ['--detector-model', 'y.onnx'] },
    changes: ['vision.detector.model'],
  },
});

/** Options of every command that finds faces. */
export const VISION: CommandCases['options'] = {
  weights: { add: ['--weights', 'w.h5'], changes: ['vision.weights'] },
  'max-faces': { add: ['--max-faces', '2'], changes: ['vision.maxFaces'] },
  normalise: { add: ['--normalise', 'none'], changes: ['vision.normalise'] },
  tta: { add: ['--tta', 'flip'], changes: ['vision.tta'] },
  align: { add: ['--align', 'auto'], changes: ['vision.align'] },
  roi: { add: ['--roi', '1,2,3,4'], changes: ['vision.region'] },
  csv: { add: ['--csv', 'faces.csv'], changes: ['vision.csv'] },
  'min-face': { add: ['--min-face', '20'], changes: ['vision.detector.minFace'] },
  'scale-factor': { add: ['--scale-factor', '1.3'], changes: ['vision.detector.scaleFactor'] },
  neighbours: { add: ['--neighbours', '2'], changes: ['vision.detector.neighbours'] },
  'detect-scale': { add: ['--detect-scale', '0.5'], changes: ['vision.detector.scale'] },
  cascade: { add: ['--cascade', 'c.xml'], changes: ['vision.detector.cascade'] },
  profile: { add: ['--profile'], changes: ['vision.detector.profile'] },
  eyes: { add: ['--eyes'], changes: ['vision.detector.eyes'] },
  margin: { add: ['--margin', '0.25'], changes: ['vision.margin'] },
  ...foreign('vision'),
  ...adapter('vision'),
};

export const SCREEN: CommandCases['options'] = {
  ascii: {
    add: ['--ascii'],
    screen: true,
    changes: ['tui.capability.glyphs', 'tui.capability.graphics'],
  },
  graphics: { add: ['--graphics', 'none'], screen: true, changes: ['tui.capability.graphics'] },
  theme: {
    add: ['--theme', 'light'],
    screen: true,
    changes: ['tui.capability.requestedTheme', 'tui.capability.theme'],
  },
  mouse: { add: ['--no-mouse'], screen: true, changes: ['tui.capability.mouse'] },
};

export const TUI = ['tui.fps', 'tui.capability.color', 'tui.capability.glyphs', 'tui.capability.graphics'];
export const OTHER_FOLDER: OptionCase = { add: ['--folder', 'elsewhere'], changes: ['runs.folder'] };
export const OTHER_NAME = ['runs.name', 'stdout'];
