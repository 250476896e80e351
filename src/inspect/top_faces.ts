import { mapLayer, shownChannels } from './layers.js';
import { faceAt, type Method } from './method.js';

/** How many faces per channel. */
const SHOWN = 9;

/**
 * The faces that excite a channel most, strongest first.
 * @param peaks [n, channels]: the largest activation of each channel in each face
 */
export function topFaces(peaks: Float32Array, channels: number, channel: number, count = SHOWN): number[] {
  const of = (face: number): number => peaks[face * channels + channel] as number;
  return [...Array(peaks.length / channels).keys()].sort((a, b) => of(b) - of(a) || a - b).slice(0, count);
}

/** What a channel answers to in the data. */
export const TOP_FACES: Method = {
  name: 'top-faces',
  title: 'Faces that excite a channel most',
  shows:
    'The nine faces with the strongest activation of a channel: what they share is what the channel answers to.',
  limits: 'Nine faces are the extremes; a channel may answer to something else in ordinary faces.',
  source: 'Zeiler & Fergus 2014, arXiv 1311.2901',
  needs: 'faces',
  run: async ({ subject, faces, layer: wanted, channels }) => {
    const layer = mapLayer(subject.saved.network, wanted);
    const { peaks } = await faces.sweep();
    return shownChannels(layer, channels).map((channel) => ({
      kind: 'pictures',
      title: `Channel ${channel} of ${layer.name}`,
      pictures: topFaces(peaks, layer.channels, channel).map((index, rank) => {
        const label = faces.labels[index] ?? 0;
        const peak = peaks[index * layer.channels + channel] as number;
        return {
          ...{ name: `channel-${channel}-${rank + 1}`, label },
          caption: `${subject.classes[label]}, ${peak.toPrecision(3)}`,
          picture: faceAt(faces, index, subject.inputShape),
        };
      }),
    }));
  },
};
