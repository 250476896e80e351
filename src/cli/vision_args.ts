import { VISION_DEFAULTS, type VisionSettings } from '../vision/options.js';
import type { VisionArgs } from './declarations/vision.js';
import { foreignOf } from './foreign_args.js';

/** Reads the settings of detector and classifier. Those that only `webcam` has keep their defaults. */
export function settingsOf(args: VisionArgs): VisionSettings {
  const { weights, adapter, maxFaces, minFace, scaleFactor, neighbours, detectScale } = args;
  const { cascade, eyes, margin, normalise, align, roi, csv } = args;
  const { detector, detectorModel, profile, tta } = args;
  return {
    ...VISION_DEFAULTS,
    ...{ weights, adapter, maxFaces, minFace, scaleFactor, neighbours, detectScale, cascade, eyes, margin },
    ...{ normalise, align, roi, csv, detector, detectorModel, profile, tta },
    foreign: foreignOf(args),
  };
}
