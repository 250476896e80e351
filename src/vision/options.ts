import type { Tta } from '../train/tta.js';
import type { ForeignModel } from '../train/weights.js';
import { UsageError } from '../util/errors.js';
import type { DetectorOptions } from './detector.js';
import type { Normalise } from './normalise.js';
import type { Align } from './pixels.js';
import type { VisionOptions } from './protocol.js';
import { parseRegion } from './region.js';
import { parseSource, type SourceSpec } from './source_spec.js';

/** Settings of detector and classifier, named as on the command line. */
export interface VisionSettings {
  readonly weights?: readonly string[] | undefined;
  readonly foreign?: ForeignModel;
  readonly adapter?: string | undefined;
  readonly maxFaces?: number | undefined;
  readonly detector: DetectorOptions['kind'];
  readonly detectorModel?: string | undefined;
  readonly align: Align;
  readonly minFace: number;
  readonly scaleFactor: number;
  readonly neighbours: number;
  readonly detectScale: number;
  readonly cascade?: string | undefined;
  readonly eyes: boolean;
  readonly profile: boolean;
  readonly margin: number;
  readonly normalise: Normalise;
  readonly tta: Tta;
  readonly smoothing: number;
  readonly mirror: boolean;
  readonly reconnect: number;
  /** `x,y,width,height` */
  readonly roi?: string | undefined;
  readonly every: number;
  readonly csv?: string | undefined;
  readonly maxFrames?: number | undefined;
  readonly record?: string | undefined;
  readonly snapshots?: string | undefined;
}

/**
 * Default settings, chosen by measurement (docs/results.md): those of the detector with `npm run bench:webcam`, the margin with
 * `bench/webcam_margins.mjs`. The boxes of a cascade are a little larger than the faces of FER-2013.
 */
export const VISION_DEFAULTS = {
  detector: 'haar',
  align: 'none',
  minFace: 48,
  scaleFactor: 1.1,
  neighbours: 4,
  detectScale: 0,
  eyes: false,
  profile: false,
  margin: -0.05,
  normalise: 'auto',
  tta: 'none',
  smoothing: 0.4,
  mirror: false,
  reconnect: 5,
  every: 1,
} as const;

/** Smallest and largest value of each number. */
const RANGES: readonly (readonly [keyof VisionSettings, string, number, number, whole?: boolean])[] = [
  ['maxFaces', '--max-faces', 1, 1000, true],
  ['minFace', '--min-face', 10, 10_000, true],
  ['scaleFactor', '--scale-factor', 1.01, 2],
  ['neighbours', '--neighbours', 0, 100, true],
  ['detectScale', '--detect-scale', 0, 1],
  ['margin', '--margin', -0.4, 2],
  ['smoothing', '--smoothing', 0, 60],
  ['reconnect', '--reconnect', 0, 1000, true],
  ['every', '--every', 1, 1e6, true],
  ['maxFrames', '--max-frames', 1, 1e9, true],
];

/** Throws UsageError for a setting of the detector that is not used. */
function checkDetector({ detector, detectorModel, cascade, eyes, profile }: VisionSettings): void {
  if (detector === 'haar' && detectorModel !== undefined)
    throw new UsageError(`--detector-model ${detectorModel}: only --detector yunet has a model`);
  const given = eyes ? '--eyes' : profile ? '--profile' : cascade && '--cascade';
  if (detector === 'yunet' && given !== undefined)
    throw new UsageError(`${given}: only --detector haar has cascades`);
}

/** Checks the settings and turns them into the options of the vision process. Throws UsageError, CameraError. */
export function visionOptions(
  source: string | SourceSpec,
  settings: VisionSettings,
  rest: Pick<VisionOptions, 'pace'> & Partial<VisionOptions>,
): VisionOptions {
  for (const [key, flag, low, high, whole] of RANGES) {
    const value = settings[key];
    if (value === undefined) continue;
    const number = Number(value);
    if (number >= low && number <= high && (!whole || Number.isInteger(number))) continue;
    throw new UsageError(
      `${flag} ${value}: expected a ${whole ? 'whole ' : ''}number from ${low} to ${high}`,
    );
  }
  checkDetector(settings);
  const { foreign, roi, detector, detectorModel, cascade, eyes, profile, ...others } = settings;
  const { minFace, scaleFactor, neighbours, detectScale, ...same } = others;
  return {
    ...same,
    source: typeof source === 'string' ? parseSource(source) : source,
    region: roi === undefined ? undefined : parseRegion(roi),
    ...(foreign && { foreign }),
    detector: {
      ...{ kind: detector, model: detectorModel, cascade, eyes, profile },
      ...{ minFace, scaleFactor, neighbours, scale: detectScale },
    },
    ...rest,
  };
}
