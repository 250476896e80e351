import { Rng } from '../util/random.js';
import { heatLegend, heatPicture, largest } from './color.js';
import { overChannels } from './integrated_gradients.js';
import { type Method, stem } from './method.js';
import { pixelGradient } from './pixel_gradient.js';
import { classSeed, type Subject } from './subject.js';

/** Noisy copies per run, and in all. */
const [BATCH, COPIES] = [16, 32];
/** Standard deviation of the noise, as a share of the range of the image. The paper finds 10 to 20 % best. */
const NOISE = 0.15;

/**
 * SmoothGrad (Smilkov et al. 2017): the gradient of a class score with respect to the image, averaged over 32 copies of the
 * image with Gaussian noise.
 * @param x [H, W, C], preprocessed @returns [H, W, C]
 */
export async function smoothGrad(
  subject: Subject,
  { x, label, seed }: { x: Float32Array; label: number; seed: number },
  progress: (done: number, total: number) => void = () => undefined,
): Promise<Float32Array> {
  const probe = await subject.probe({ batch: BATCH, of: subject.scores });
  const rng = new Rng(seed);
  const range =
    x.reduce((most, v) => Math.max(most, v), -Infinity) -
    x.reduce((least, v) => Math.min(least, v), Infinity);
  const mean = new Float32Array(x.length);
  for (let first = 0; first < COPIES; first += BATCH) {
    const noisy = Float32Array.from(
      { length: BATCH * x.length },
      (_, i) => (x[i % x.length] as number) + NOISE * range * rng.normal(),
    );
    probe.forward(noisy);
    probe.backward(classSeed(new Array<number>(BATCH).fill(label), subject.classes.length));
    const gradient = await pixelGradient(probe);
    for (let i = 0; i < gradient.length; i++) {
      const k = i % x.length;
      mean[k] = (mean[k] as number) + (gradient[i] as number) / COPIES;
    }
    progress(first + BATCH, COPIES);
  }
  return mean;
}

/** Which pixels a score is sensitive to. */
export const SMOOTH_GRAD: Method = {
  name: 'smooth-grad',
  title: 'SmoothGrad',
  shows:
    'Which pixels the score of a class is most sensitive to: the size of its gradient, averaged over noisy copies of the face.',
  limits:
    'Sensitive is not the same as important: it says what a small change would do, not what the score is made of.',
  source: 'Smilkov et al. 2017, arXiv 1706.03825',
  needs: 'face',
  run: async ({ subject, face, seed, progress }) => {
    const { picture, subject: label } = face;
    const gradient = await smoothGrad(subject, { x: face.input, label, seed }, progress);
    const map = overChannels(gradient.map(Math.abs), subject.inputShape[2]);
    const limit = largest(map);
    const name = subject.classes[label] ?? String(label);
    return [
      {
        ...{ kind: 'pictures', title: `Sensitivity of the score of ${name}` },
        pictures: [
          { name: 'face', caption: face.name, picture },
          { ...{ name: stem(name), caption: name, label }, picture: heatPicture(map, picture, limit) },
        ],
        legend: heatLegend('size of the gradient', '0', limit.toPrecision(2)),
        note: `${COPIES} copies, noise of ${100 * NOISE} % of the range of the image.`,
      },
    ];
  },
};
