import { probabilityMetrics, reliability } from '../train/metrics.js';
import { percent } from '../util/axis.js';
import type { Method } from './method.js';

/** Whether the network is as often right as it says. */
export const RELIABILITY: Method = {
  name: 'reliability',
  title: 'Reliability diagram',
  shows:
    'How often the network is right among faces for which it is equally sure. On the diagonal, its probabilities mean what they say; below it, it is too sure.',
  limits: 'Bins with few faces are noisy; look at their counts.',
  source: 'Guo et al. 2017, arXiv 1706.04599',
  needs: 'faces',
  run: async ({ subject, faces }) => {
    const { probabilities } = await faces.sweep();
    const bins = reliability(probabilities, faces.labels, subject.classes.length);
    const { ece } = probabilityMetrics(probabilities, faces.labels, subject.classes.length);
    const note = `Expected calibration error ${percent(ece)}, over ${faces.labels.length} faces.`;
    return [{ kind: 'reliability', title: 'Confidence and accuracy', bins, ece, note }];
  },
};
