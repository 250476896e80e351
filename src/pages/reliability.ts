import type { ReliabilityBin } from '../train/metrics.js';
import { scaleOver } from '../util/axis.js';
import { type Content, type Html, html } from './html.js';
import { type Axis, plot } from './plot.js';
import { percent } from './words.js';

const share = (title: string): Axis => ({
  title,
  scale: scaleOver([], { range: [0, 1] }),
  marks: [0, 0.2, 0.4, 0.6, 0.8, 1],
  text: (value) => percent(value, 0),
});

/**
 * A reliability diagram: for images of similar confidence, the share of right answers as a bar, and a line at their mean
 * confidence, where the bar would end if the network knew how sure it may be.
 * @param words below the diagram
 */
export function reliabilityDiagram(title: string, bins: readonly ReliabilityBin[], words: Content): Html {
  const most = Math.max(1, ...bins.map(({ count }) => count));
  const full = bins.filter(({ count }) => count > 0);
  return plot({
    ...{ title, square: true, x: share('confidence'), y: share('share of right answers') },
    description: `Reliability diagram. ${full
      .map(
        ({ from, to, count, accuracy, confidence }) =>
          `Confidence ${percent(from, 0)} to ${percent(to, 0)}: ${count} images, mean confidence ${percent(confidence, 0)}, right ${percent(accuracy, 0)}.`,
      )
      .join(' ')}`,
    marks: ({ x, y, left, right, top, bottom }) => [
      ...full.map(({ from, to, count, accuracy, confidence }) => {
        const [a, b] = [x(from) + 1, x(to) - 1];
        // Bars of few images are pale: their share of right answers means little.
        const strength = (0.3 + 0.7 * Math.sqrt(count / most)).toFixed(2);
        return html`<g style="color:var(--s0)"><path class="dot" fill-opacity="${strength}" d="M${a} ${bottom}V${y(accuracy)}H${b}V${bottom}z"><title>${count.toLocaleString('en')} images: ${percent(accuracy)} right, mean confidence ${percent(confidence)}</title></path></g><path class="line" style="color:var(--s1)" d="M${a} ${y(confidence)}H${b}"/>`;
      }),
      html`<path class="mark" d="M${left} ${bottom}L${right} ${top}"/>`,
    ],
    below: html`
      <ul class="legend">
      <li><svg viewBox="0 0 24 12" aria-hidden="true" style="color:var(--s0)"><path class="dot" d="M1 1H23V11H1z"/></svg>share of right answers</li>
      <li><svg viewBox="0 0 24 12" aria-hidden="true" style="color:var(--s1)"><path class="line" d="M1 6H23"/></svg>mean confidence</li>
      <li><svg viewBox="0 0 24 12" aria-hidden="true"><path class="mark" d="M0 12L24 0"/></svg>perfect calibration</li>
      </ul>
      ${words}`,
  });
}
