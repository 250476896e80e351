import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { needs } from '../helpers/needs.js';
import { temporary } from './fixtures.js';

/** How a phone was held, as the matrix of the track header (ISO/IEC 14496-12, 8.3.2), and what is then seen of the video. */
const HELD = [
  { matrix: [1, 0, 0, 1], size: [64, 32], first: 'white', last: 'black' },
  { matrix: [0, 1, -1, 0], size: [32, 64], first: 'white', last: 'black' },
  { matrix: [0, -1, 1, 0], size: [32, 64], first: 'black', last: 'white' },
  { matrix: [-1, 0, 0, -1], size: [64, 32], first: 'black', last: 'white' },
];

/**
 * Records a video that is white on the left and black on the right, writes each matrix into it, and reads it again. A process of
 * its own: the binding prints on stdout.
 */
const SCRIPT = `
  import { readFileSync, writeFileSync } from 'node:fs';
  import { openCapture } from './dist/vision/capture.js';
  import { loadOpenCv } from './dist/vision/opencv.js';
  import { VideoRecorder } from './dist/vision/video_recorder.js';
  const [folder, matrices] = process.argv.slice(1);
  const path = folder + '/held.mp4';
  const cv = loadOpenCv();
  const data = Uint8Array.from({ length: 64 * 32 * 3 }, (_, i) => (i % 192 < 96 ? 250 : 5));
  const recorder = new VideoRecorder(cv, path, 10, { width: 64, height: 32 });
  for (let i = 0; i < 4; i++) recorder.add({ width: 64, height: 32, channels: 3, data }, i / 10);
  recorder.close();
  const seen = [];
  for (const [a, b, c, d] of JSON.parse(matrices)) {
    const bytes = readFileSync(path);
    const at = bytes.indexOf('tkhd') + 44;
    [a, b, 0, c, d].forEach((value, i) => bytes.writeInt32BE(value * 65536, at + 4 * i));
    writeFileSync(path, bytes);
    const source = await openCapture(cv, { kind: 'video', path });
    const { picture: { width, height, data } } = await source.read();
    source.close();
    const toneAt = (x, y) => (data[3 * (y * width + x)] > 128 ? 'white' : 'black');
    seen.push({ matrix: [a, b, c, d], size: [width, height], first: toneAt(8, 8), last: toneAt(width - 8, height - 8) });
  }
  writeFileSync(folder + '/seen.json', JSON.stringify(seen));
`;

it('a video is seen as the phone was held', needs.openCv, () => {
  const folder = temporary();
  const matrices = JSON.stringify(HELD.map(({ matrix }) => matrix));
  const args = ['--input-type=module', '-e', SCRIPT, folder, matrices];
  execFileSync(process.execPath, args, { stdio: 'ignore' });
  expect(JSON.parse(readFileSync(join(folder, 'seen.json'), 'utf8'))).toEqual(HELD);
});
