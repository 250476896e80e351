/**
 * Conditions of light, camera and pose under which a network is measured: each maps a gray face to another of the same size.
 * What is drawn at random depends on the seed and the number of the face alone.
 */
import jpeg from 'jpeg-js';
import { warpImage } from '../dist/data/augment.js';
import { Rng } from '../dist/util/random.js';

/** A change of every pixel by its value and place. */
const pixels = (change) => (face) => {
  const data = new Uint8Array(face.data.length);
  for (let i = 0; i < data.length; i++) {
    data[i] = Math.max(0, Math.min(255, Math.round(change(face.data[i], i % face.width, face))));
  }
  return { ...face, data };
};

const brightness = (gain) => pixels((v) => v * gain);
const gamma = (power) => pixels((v) => 255 * (v / 255) ** power);
const contrast = (gain) => pixels((v) => 127.5 + (v - 127.5) * gain);
/** Light from the side: the gain falls from 1 at the right edge to `dark` at the left. */
const sideLight = (dark) => pixels((v, x, { width }) => v * (dark + ((1 - dark) * x) / (width - 1)));

/** A Gaussian blur, sigma in pixels; edge pixels are repeated. */
const blur = (sigma) => (face) => {
  const { width, height } = face;
  const reach = Math.ceil(3 * sigma);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)),
  );
  const sum = kernel.reduce((a, b) => a + b);
  const along = (from, length, at) =>
    Float32Array.from(from, (_, i) =>
      kernel.reduce((total, weight, k) => total + (weight / sum) * from[at(i, k - reach, length)], 0),
    );
  const inside = (p, length) => Math.max(0, Math.min(length - 1, p));
  const across = along(face.data, width, (i, by) => i - (i % width) + inside((i % width) + by, width));
  const down = along(
    across,
    height,
    (i, by) => inside(Math.floor(i / width) + by, height) * width + (i % width),
  );
  return { ...face, data: Uint8Array.from(down, Math.round) };
};

/** Noise of the sensor: normal, the same for every brightness. */
const noise = (sigma) => (face, rng) => pixels((v) => v + sigma * rng.normal())(face);

const jpegOf = (quality) => (face) => {
  const { width, height } = face;
  const rgba = Buffer.alloc(width * height * 4, 255);
  for (const [i, v] of face.data.entries()) rgba.fill(v, 4 * i, 4 * i + 3);
  const { data } = jpeg.decode(jpeg.encode({ width, height, data: rgba }, quality).data, { useTArray: true });
  return { ...face, data: face.data.map((_, i) => data[4 * i]) };
};

/** Turns a face by `degrees`, moves it by a share of its size, and cuts out `scale` of it; edge pixels are repeated. */
const cutOut = (draw) => (face, rng) => {
  const { width, height } = face;
  const { degrees = 0, dx = 0, dy = 0, scale = 1 } = draw(rng);
  const [cos, sin] = [Math.cos, Math.sin].map((f) => scale * f((degrees * Math.PI) / 180));
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
  const map = { image: 0, xx: cos, xy: -sin, yx: sin, yy: cos, gain: 1 };
  const x0 = cx + dx * width - cos * cx + sin * cy;
  const y0 = cy + dy * height - sin * cx - cos * cy;
  const out = new Float32Array(width * height);
  warpImage(face.data, { ...map, x0, y0 }, out, 0, [height, width, 1]);
  return { ...face, data: Uint8Array.from(out, Math.round) };
};
const rotation = (degrees) => cutOut(() => ({ degrees }));

/**
 * What the Haar cascade makes of a face that was cut out by hand: mean and deviation of place and size, measured on the
 * composed frames of bench/webcam_margins.mjs with the default margin.
 */
const asDetected = cutOut((rng) => ({
  dx: 0.004 + 0.049 * rng.normal(),
  dy: -0.009 + 0.044 * rng.normal(),
  scale: 0.9 + 0.11 * rng.normal(),
}));

/** [name, change of a face] */
export const CONDITIONS = [
  ['as it is', (face) => face],
  ...[0.3, 0.5, 0.7, 1.3, 1.5, 1.7].map((gain) => [`brightness x ${gain}`, brightness(gain)]),
  ...[0.4, 0.6, 1.6, 2.5].map((power) => [`gamma ${power}`, gamma(power)]),
  ...[0.3, 0.6, 1.5].map((gain) => [`contrast x ${gain}`, contrast(gain)]),
  ['side light, 1 to 0.2', sideLight(0.2)],
  ...[0.7, 1, 1.5].map((sigma) => [`blur, sigma ${sigma}`, blur(sigma)]),
  ...[5, 10, 20].map((sigma) => [`noise, sigma ${sigma}`, noise(sigma)]),
  ['JPEG, quality 20', jpegOf(20)],
  ...[-20, -10, 10, 20].map((degrees) => [`rotation ${degrees}`, rotation(degrees)]),
  ['shift 5 %', cutOut((rng) => ({ dx: 0.1 * (rng.float() - 0.5), dy: 0.1 * (rng.float() - 0.5) }))],
  ['cut 15 % tighter', cutOut(() => ({ scale: 0.85 }))],
  ['cut 15 % wider', cutOut(() => ({ scale: 1.15 }))],
  ['as detected', asDetected],
];

/** A face under a condition. @param index its number in the data set */
export function under(change, face, seed, index) {
  return change(face, new Rng(seed, index));
}
