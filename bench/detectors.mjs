#!/usr/bin/env node
/**
 * Recall, precision and time of the face detectors, on frames composed of real faces (`../shared/faces224`: CLASS/*.jpg; after
 * `npm run build`):
 *
 *   node bench/detectors.mjs [--detector-model yunet_n_320_320.onnx] [--faces FOLDER]
 *
 * The Haar cascade, alone and with that for faces from the side, and YuNet where its file is given. Both see each frame one after the other. A found box is right if it overlaps
 * a face by an intersection over union of 0.4. ms: median time for a frame of 640 x 480 (95th percentile).
 */
import { summarize } from '../dist/bench/statistics.js';
import { table } from '../dist/cli/table.js';
import { toGray } from '../dist/util/picture.js';
import { openDetector } from '../dist/vision/open_detector.js';
import { loadOpenCv } from '../dist/vision/opencv.js';
import { VISION_DEFAULTS, visionOptions } from '../dist/vision/options.js';
import { scriptOptions } from '../scripts/script_options.mjs';
import { FACES, framesOf, loadFaces } from '../test/vision/compose.mjs';
import { score } from '../test/vision/score.mjs';

const { values: options } = scriptOptions(import.meta.url, {
  options: { 'detector-model': { type: 'string' }, faces: { type: 'string', default: FACES } },
});
const cv = loadOpenCv();
const names = ['haar', 'haar --profile', ...(options['detector-model'] === undefined ? [] : ['yunet'])];
const detectors = names.map((name) => {
  const detectorModel = name === 'yunet' ? options['detector-model'] : undefined;
  const [detector, profile] = name.split(' --');
  const settings = { ...VISION_DEFAULTS, detector, profile: profile !== undefined, detectorModel };
  return { name, detector: openDetector(cv, visionOptions('demo', settings, { pace: 'ordered' }).detector) };
});
const faces = loadFaces(options.faces);
const percent = (share, of) => (of === 0 ? '-' : `${(100 * share).toFixed(1)} %`);

const rows = [];
for (const scene of ['one', 'three', 'small_dark', 'none']) {
  const frames = [];
  const runs = detectors.map((one) => ({ ...one, found: [], times: [] }));
  for (const { picture, faces: truth } of framesOf(scene, faces)) {
    frames.push({ faces: truth });
    const gray = toGray(picture);
    for (const { detector, found, times } of runs) {
      const start = performance.now();
      found.push(await detector.detect(detector.colour ? picture : gray));
      times.push(performance.now() - start);
    }
  }
  for (const { name, found, times } of runs) {
    const { hits, faces: all, extra, recall, precision } = score(found, { frames });
    const { median, p95 } = summarize(times);
    const ms = `${median.toFixed(1)} (${p95.toFixed(1)})`;
    rows.push([
      ...[scene, name, `${hits}/${all}`, percent(recall, all)],
      ...[`${extra}`, percent(precision, hits + extra), ms],
    ]);
  }
}
console.log(table(['frames', 'detector', 'found', 'recall', 'false', 'precision', 'ms'], rows));
