import { type Detector, type DetectorOptions, HaarDetector } from './detector.js';
import type { OpenCv } from './opencv.js';
import { YuNetDetector } from './yunet_detector.js';

/** Opens the detector that the options name. Throws UsageError when its file does not exist or cannot be read. */
export function openDetector(cv: OpenCv, options: DetectorOptions): Detector {
  return options.kind === 'yunet' ? new YuNetDetector(cv, options) : new HaarDetector(cv, options);
}
