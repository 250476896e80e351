#!/usr/bin/env node
/**
 * What a network loses on faces that the camera finds, against the same faces cut out by hand, and the crop margin that
 * loses least (after `npm run build`):
 *
 *   node bench/webcam_margins.mjs [--weights FILE] [--detector yunet --detector-model FILE] [--align none] [--turn DEGREES]
 *
 * Every face of `../shared/faces224` is put into frames at several sizes and places; what the detector finds is
 * cropped with each margin, classified and compared with the truth. "by hand": the face alone, as it is. Faces that
 * the detector does not find are left out of every column, so that columns are comparable. --turn: each face is turned first,
 * clockwise and anticlockwise in turn; "by hand" is the turned face.
 */
import { table } from '../dist/cli/table.js';
import { warpImage } from '../dist/data/augment.js';
import { openGpu } from '../dist/gpu/device.js';
import { Classifier } from '../dist/train/classifier.js';
import { toGray } from '../dist/util/picture.js';
import { iou } from '../dist/vision/geometry.js';
import { openDetector } from '../dist/vision/open_detector.js';
import { loadOpenCv } from '../dist/vision/opencv.js';
import { VISION_DEFAULTS, visionOptions } from '../dist/vision/options.js';
import { INPUT_SIZE } from '../dist/vision/pipeline.js';
import { cropFace } from '../dist/vision/pixels.js';
import { scriptOptions } from '../scripts/script_options.mjs';
import { background, loadFaces, place } from '../test/vision/compose.mjs';

const { values: options } = scriptOptions(import.meta.url, {
  options: {
    weights: { type: 'string', default: 'fer-cnn' },
    detector: { type: 'string', default: VISION_DEFAULTS.detector },
    'detector-model': { type: 'string' },
    align: { type: 'string', default: VISION_DEFAULTS.align },
    turn: { type: 'string', default: '0' },
  },
});
const MARGINS = [-0.1, -0.05, 0, 0.05, 0.1, 0.15, 0.2, 0.3];
const PLACES = [
  { x: 80, y: 60, size: 220 },
  { x: 240, y: 150, size: 180 },
  { x: 330, y: 120, size: 150 },
  { x: 60, y: 230, size: 120 },
  { x: 400, y: 200, size: 96 },
];

const cv = loadOpenCv();
const { detector: settings } = visionOptions(
  'demo',
  { ...VISION_DEFAULTS, detector: options.detector, detectorModel: options['detector-model'] },
  { pace: 'ordered' },
);
const detector = openDetector(cv, settings);
const gpu = await openGpu();
const classifier = await Classifier.open(gpu, [options.weights]);
/** A face turned about its middle; edge pixels are repeated. */
function turned(face, degrees) {
  const { width, height, data } = face.picture;
  const [cos, sin] = [Math.cos, Math.sin].map((f) => f((degrees * Math.PI) / 180));
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
  const map = { image: 0, xx: cos, xy: -sin, yx: sin, yy: cos, gain: 1 };
  const out = new Float32Array(data.length);
  warpImage(data, { ...map, x0: cx - cos * cx + sin * cy, y0: cy - sin * cx - cos * cy }, out, 0, [
    height,
    width,
    3,
  ]);
  return { ...face, picture: { ...face.picture, data: Uint8Array.from(out, Math.round) } };
}

const faces = loadFaces().map((face, i) => turned(face, (i % 2 === 0 ? 1 : -1) * Number(options.turn)));
/** [column][...]: the face's inputs, and its class. */
const inputs = Array.from({ length: MARGINS.length + 1 }, () => []);
const labels = [];
let asked = 0;
for (const [i, face] of faces.entries()) {
  for (const spot of PLACES) {
    const frame = background(i);
    const { box } = place(frame, face, spot);
    const gray = toGray(frame);
    const found = (await detector.detect(detector.colour ? frame : gray)).find((one) => iou(one, box) >= 0.4);
    if (found !== undefined && options.align === 'none') delete found.roll;
    asked++;
    if (found === undefined) continue;
    labels.push(classifier.classes.indexOf(face.label));
    inputs[0].push(cropFace(gray, box, 0, INPUT_SIZE).data);
    for (const [m, margin] of MARGINS.entries())
      inputs[m + 1].push(cropFace(gray, found, margin, INPUT_SIZE).data);
  }
}
const rows = [];
for (const [column, crops] of inputs.entries()) {
  const all = new Uint8Array(crops.length * INPUT_SIZE ** 2);
  for (const [i, crop] of crops.entries()) all.set(crop, i * crop.length);
  const probabilities = await classifier.classify(all, crops.length, INPUT_SIZE, INPUT_SIZE);
  const count = classifier.classes.length;
  let [right, loss] = [0, 0];
  labels.forEach((label, i) => {
    const own = probabilities.subarray(i * count, (i + 1) * count);
    if (own.indexOf(Math.max(...own)) === label) right++;
    loss -= Math.log(Math.max(own[label], 1e-7)) / labels.length;
  });
  const name = column === 0 ? 'by hand' : MARGINS[column - 1].toFixed(2);
  rows.push([
    name,
    `${right}/${labels.length}`,
    `${((100 * right) / labels.length).toFixed(1)} %`,
    loss.toFixed(3),
  ]);
}
gpu.close();
console.log(
  `${faces.length} faces x ${PLACES.length} places, ${labels.length} of ${asked} found by ${options.detector}`,
);
console.log(table(['margin', 'right', 'accuracy', 'log loss'], rows));
