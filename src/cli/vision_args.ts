import type { Options } from 'yargs';
import { VISION_DEFAULTS, type VisionSettings } from '../vision/options.js';
import { type ForeignArgs, foreignOf } from './foreign_args.js';

/** Options of every command that finds faces. */
export interface VisionArgs extends ForeignArgs {
  readonly weights?: string;
  readonly adapter?: string;
  readonly maxFaces: number;
  readonly minFace: number;
  readonly scaleFactor: number;
  readonly neighbours: number;
  readonly detectScale: number;
  readonly cascade?: string;
  readonly eyes: boolean;
  readonly margin: number;
}

const number = (value: number, describe: string): Options => ({
  type: 'number',
  requiresArg: true,
  default: value,
  describe,
});

export const VISION_OPTIONS: Record<string, Options> = {
  'max-faces': number(VISION_DEFAULTS.maxFaces, 'classify the largest so many faces'),
  'min-face': number(VISION_DEFAULTS.minFace, 'smallest face in pixels of the frame'),
  'scale-factor': number(
    VISION_DEFAULTS.scaleFactor,
    'step between the sizes that the detector looks for; nearer to 1 finds more, slower',
  ),
  neighbours: number(VISION_DEFAULTS.neighbours, 'hits that make a face; fewer find more, also what is none'),
  'detect-scale': number(
    VISION_DEFAULTS.detectScale,
    'shrink frames by this before the search; 0: as --min-face allows',
  ),
  cascade: {
    type: 'string',
    requiresArg: true,
    describe: "another detector: a cascade's XML file (default: OpenCV's frontal face)",
  },
  eyes: { type: 'boolean', default: VISION_DEFAULTS.eyes, describe: 'drop faces without an eye' },
  margin: number(
    VISION_DEFAULTS.margin,
    'widen a found face on every side before it is classified, as a share of it',
  ),
};

export function settingsOf(args: VisionArgs): VisionSettings {
  const { weights, adapter, maxFaces, minFace, scaleFactor, neighbours, detectScale } = args;
  const { cascade, eyes, margin } = args;
  return {
    ...VISION_DEFAULTS,
    ...{ weights, adapter, maxFaces, minFace, scaleFactor, neighbours, detectScale, cascade, eyes, margin },
    foreign: foreignOf(args),
  };
}
