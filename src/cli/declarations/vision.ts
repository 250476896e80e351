import { DETECTORS } from '../../vision/detector.js';
import { NORMALISE } from '../../vision/normalise.js';
import { VISION_DEFAULTS } from '../../vision/options.js';
import { ALIGN } from '../../vision/pixels.js';
import type { ValuesOf } from '../declaration.js';
import { ADAPTER, FOREIGN, TTA, WEIGHTS } from './shared.js';

const number = <N extends number>(value: N, describe: string) =>
  ({ type: 'number', requiresArg: true, default: value, describe }) as const;

/** The options that choose what finds faces. */
export const DETECTOR = {
  detector: {
    choices: DETECTORS,
    default: VISION_DEFAULTS.detector,
    describe:
      'find faces with a Haar cascade, or with YuNet, a small neural network; its file is not included',
  },
  'detector-model': {
    type: 'string',
    requiresArg: true,
    describe: "YuNet's ONNX file (default: a *yunet*.onnx in this folder or in ~/.cache/fer-tui)",
  },
} as const;

/** Options of the commands that detect faces. */
export const VISION = {
  weights: WEIGHTS,
  'max-faces': {
    type: 'number',
    requiresArg: true,
    defaultDescription: '5; all in photographs',
    describe: 'classify at most this many faces, the largest ones; the number of faces left out is reported',
  },
  ...DETECTOR,
  'min-face': number(VISION_DEFAULTS.minFace, 'smallest face to look for, in pixels of the frame'),
  'scale-factor': number(
    VISION_DEFAULTS.scaleFactor,
    'ratio between the face sizes that the detector tries; closer to 1 finds more faces, but takes longer',
  ),
  neighbours: number(
    VISION_DEFAULTS.neighbours,
    'detections that must overlap to count as a face; fewer find more faces, and more false ones',
  ),
  'detect-scale': number(
    VISION_DEFAULTS.detectScale,
    'shrink frames by this factor before detection; 0: as far as --min-face allows',
  ),
  cascade: {
    type: 'string',
    requiresArg: true,
    describe: "XML file of another detector cascade (default: OpenCV's frontal face)",
  },
  eyes: {
    type: 'boolean',
    default: VISION_DEFAULTS.eyes,
    describe: 'discard faces in which no eye is found',
  },
  profile: {
    type: 'boolean',
    default: VISION_DEFAULTS.profile,
    describe: 'look a second time for faces from the side, where none was found',
  },
  margin: number(
    VISION_DEFAULTS.margin,
    'widen each face on every side before classifying it, as a fraction of its size',
  ),
  normalise: {
    choices: NORMALISE,
    default: VISION_DEFAULTS.normalise,
    describe:
      'make the light, noise and sharpness of a face like those of the training images where they are unusual (auto), or leave it as it is',
  },
  tta: { ...TTA, default: VISION_DEFAULTS.tta },
  align: {
    choices: ALIGN,
    default: VISION_DEFAULTS.align,
    describe:
      'turn a face so that its eyes are level, where the detector tells them (auto; only yunet does), or leave it (none)',
  },
  roi: {
    type: 'string',
    requiresArg: true,
    describe: 'find faces only in x,y,width,height, in pixels of the frame',
  },
  csv: {
    type: 'string',
    requiresArg: true,
    describe: 'write a line for every face of every frame to this file',
  },
  ...FOREIGN,
  adapter: ADAPTER,
} as const;

export type VisionArgs = ValuesOf<typeof VISION>;
