import { formatShape } from '../gpu/shape.js';
import { largest, signedLegend, tiles } from './color.js';
import { activeLayers } from './layers.js';
import { type Method, stem } from './method.js';
import type { NamedPicture } from './result.js';

/** The outputs of all layers. */
export const FEATURE_MAPS: Method = {
  name: 'feature-maps',
  title: 'Feature maps',
  shows:
    'What every layer makes of the face: one tile per channel, from edges in the first layers to coarse patterns in the last.',
  limits: 'Each layer has its own scale, so brightness cannot be compared between layers.',
  source: 'Zeiler & Fergus 2014, arXiv 1311.2901',
  needs: 'face',
  run: async ({ subject, face, progress }) => {
    const probe = await subject.probe({ batch: 1 });
    probe.forward(face.input);
    const layers = activeLayers(subject.saved.network);
    const pictures: NamedPicture[] = [];
    for (const [done, { name, layer, outputShape }] of layers.entries()) {
      const { data } = await probe.output(name);
      const [height, width, channels] = outputShape.length === 3 ? outputShape : [1, 1, data.length / 1];
      const limit = largest(data);
      pictures.push({
        name: `${String(done).padStart(2, '0')}-${stem(name)}`,
        caption: `${name} (${layer.kind}) ${formatShape(outputShape)}, largest ${limit.toPrecision(3)}`,
        picture: tiles(data, { height: height ?? 1, width: width ?? 1, channels: channels ?? 1 }, limit),
      });
      progress(done + 1, layers.length);
    }
    const legend = signedLegend('output, scaled to the largest of its layer', '-largest', 'largest');
    return [{ kind: 'pictures', title: 'Outputs of the layers, in order', pictures, legend }];
  },
};
