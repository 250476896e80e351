#!/usr/bin/env node
/**
 * Measures the camera on composed 640 x 480 videos of real faces (`../shared/faces224`; after a build, which
 * `npm run bench:webcam` makes):
 *
 *   npm run bench:webcam -- [--weights FILE] [--long 5000] [--detector yunet --detector-model FILE]
 *
 * Every frame in order: recall and precision of the detector, milliseconds of the three parts, frames a second. Then
 * live, painted for a terminal: how late the process that shows it runs. --long: so many frames through capture,
 * detection and cropping in one process, and how its memory grows.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { summarize } from '../dist/bench/statistics.js';
import { table } from '../dist/cli/table.js';
import { paintPicture } from '../dist/tui/paint/paint.js';
import { openDetector } from '../dist/vision/open_detector.js';
import { openSource } from '../dist/vision/open_source.js';
import { loadOpenCv } from '../dist/vision/opencv.js';
import { VISION_DEFAULTS, visionOptions } from '../dist/vision/options.js';
import { Pipeline } from '../dist/vision/pipeline.js';
import { VisionProcess } from '../dist/vision/process.js';
import { scriptOptions } from '../scripts/script_options.mjs';
import { score } from '../test/vision/score.mjs';

const { values: options } = scriptOptions(import.meta.url, {
  options: {
    weights: { type: 'string' },
    long: { type: 'string', default: '0' },
    detector: { type: 'string', default: VISION_DEFAULTS.detector },
    'detector-model': { type: 'string' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'fer-tui-bench-'));
const script = fileURLToPath(new URL('../test/vision/compose.mjs', import.meta.url));
const NAMES = ['one', 'three', 'small_dark', 'none'];
spawnSync(process.execPath, [script, folder, ...NAMES], { stdio: ['ignore', 'ignore', 'inherit'] });
const videoOf = (name) => join(folder, `${name}.mp4`);
const settings = {
  ...VISION_DEFAULTS,
  weights: options.weights && [options.weights],
  detector: options.detector,
  detectorModel: options['detector-model'],
};

/** Runs a video to its end: its frames, and how it ended. */
function watch(name, rest, onFrame = () => undefined) {
  return new Promise((resolve, reject) => {
    const frames = [];
    const vision = new VisionProcess(visionOptions(videoOf(name), settings, rest), (message) => {
      if (message.type === 'frame') {
        frames.push(message);
        onFrame(message);
      } else if (message.type === 'failed') reject(new Error(message.message));
      else if (message.type === 'ended') vision.close().then(() => resolve({ frames, ended: message }));
    });
  });
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const ms = (samples) => {
  const { median, p95 } = summarize(samples);
  return `${median.toFixed(1)} (${p95.toFixed(1)})`;
};
const rows = [];
for (const name of NAMES) {
  const { frames, ended } = await watch(name, { pace: 'ordered' });
  const truth = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
  const { faces, hits, extra, recall, precision } = score(
    frames.map((frame) => frame.faces),
    truth,
  );
  const part = (key) => ms(frames.map((frame) => frame.ms[key]));
  const classified = frames.filter(({ faces: found }) => found.length > 0);
  const perFace = classified.map((frame) => frame.ms.classify / frame.faces.length);
  rows.push([
    name,
    `${hits}/${faces}`,
    faces === 0 ? '-' : percent(recall),
    String(extra),
    hits + extra === 0 ? '-' : percent(precision),
    part('capture'),
    part('detect'),
    perFace.length === 0 ? '-' : ms(perFace),
    (ended.frames / ended.seconds).toFixed(1),
  ]);
}
const head = ['video', 'found', 'recall', 'false', 'precision', 'capture', 'detect', 'a face', 'frames/s'];
console.log(`${table(head, rows)}\nmilliseconds: median (95th percentile)\n`);

const delay = monitorEventLoopDelay({ resolution: 1 });
const painting = [];
delay.enable();
const view = { width: 320, height: 240 };
const { frames, ended } = await watch('one', { pace: 'live', view }, ({ picture }) => {
  const begin = performance.now();
  paintPicture(picture, 64, 24, { color: 'truecolor', glyphs: 'unicode' });
  painting.push(performance.now() - begin);
});
delay.disable();
console.log(
  `live, 15 frames/s: ${frames.length} shown, ${ended.dropped} dropped; painting ${ms(painting)} ms; ` +
    `event loop late by ${(delay.percentile(50) / 1e6).toFixed(1)} (p99 ${(delay.percentile(99) / 1e6).toFixed(1)}) ms`,
);

const long = Number(options.long);
if (long > 0) {
  const cv = loadOpenCv();
  const spec = { kind: 'video', path: videoOf('one') };
  let inner = await openSource(spec, () => cv);
  const source = {
    info: inner.info,
    close: () => inner.close(),
    async read() {
      const frame = await inner.read();
      if (frame !== undefined) return frame;
      inner.close();
      inner = await openSource(spec, () => cv);
      return inner.read();
    },
  };
  const video = visionOptions(spec, settings, { pace: 'ordered', maxFrames: long });
  const classifier = { classes: ['any'], classify: async () => Float32Array.of(1) };
  const detector = openDetector(cv, video.detector);
  const memory = [];
  const pipeline = new Pipeline({ source, detector, classifier, recorder: undefined }, video, async () => {
    memory.push(process.memoryUsage.rss() / 2 ** 20);
  });
  await pipeline.run();
  const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length;
  const tenth = Math.floor(memory.length / 10);
  const [early, late] = [memory.slice(tenth, 2 * tenth), memory.slice(-tenth)].map(mean);
  console.log(
    `${memory.length} frames in one process: resident ${early.toFixed(0)} MiB in its second tenth, ${late.toFixed(0)} MiB in its last`,
  );
}
