import { mistakes } from '../train/mistakes.js';
import { percent } from '../util/axis.js';
import { faceAt, type Method } from './method.js';

/** How many mistakes are shown. */
const SHOWN = 12;

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
