import { percent } from '../util/axis.js';
import { faceAt, type Method } from './method.js';

/** How many mistakes are shown. */
const SHOWN = 12;

/** A wrong answer. */
export interface Mistake {
  /** Index of the face. */
  readonly index: number;
  readonly label: number;
  readonly predicted: number;
  /** Probability of the wrong answer. */
  readonly confidence: number;
}

/** All wrong answers, the most confident first. @param probabilities [n, classes] @param labels [n] */
export function mistakes(probabilities: Float32Array, labels: Uint8Array, classes: number): Mistake[] {
  const all = Array.from(labels, (label, index): Mistake => {
    const row = probabilities.subarray(index * classes, (index + 1) * classes);
    const confidence = Math.max(...row);
    return { index, label, predicted: row.indexOf(confidence), confidence };
  });
  return all
    .filter(({ label, predicted }) => label !== predicted)
    .sort((a, b) => b.confidence - a.confidence || a.index - b.index);
}

/** Where the network is sure and wrong. */
export const MISTAKES: Method = {
  name: 'mistakes',
  title: 'Most confident mistakes',
  shows: 'The faces for which the network gives a wrong answer the highest probability.',
  limits: 'Some labels of the data set are wrong themselves; such faces gather here.',
  needs: 'faces',
  run: async ({ subject, faces }) => {
    const { probabilities } = await faces.sweep();
    const { classes, inputShape } = subject;
    const wrong = mistakes(probabilities, faces.labels, classes.length);
    const pictures = wrong.slice(0, SHOWN).map(({ index, label, predicted, confidence }) => ({
      ...{ name: `face-${index}`, label },
      caption: `${classes[predicted]} ${percent(confidence)}, labelled ${classes[label]}`,
      picture: faceAt(faces, index, inputShape),
    }));
    const count = faces.labels.length;
    const note = `${wrong.length} of ${count} answers are wrong (${percent(wrong.length / count)}).`;
    return [{ kind: 'pictures', title: 'Wrong answers, the most confident first', pictures, note }];
  },
};
