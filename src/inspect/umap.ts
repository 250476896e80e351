import { setImmediate } from 'node:timers/promises';
import { Rng } from '../util/random.js';
import { hiddenLayer } from './layers.js';
import { InapplicableError, type Method } from './method.js';
import { pca } from './pca.js';

/** Features beyond this many are first reduced to as many principal components. */
const FEATURES = 50;
/** Neighbours of a face that its place preserves; the paper's default. */
const NEIGHBOURS = 15;
/** Epochs between two reports. */
const REPORT = 10;

/** The last hidden layer, unrolled into the plane. */
export const UMAP_EMBEDDING: Method = {
  name: 'umap',
  title: 'UMAP of the last hidden layer',
  shows:
    'Every face as a point, placed so that faces with similar values in the last hidden layer are neighbours. Classes that the network tells apart form islands.',
  limits:
    'Only neighbourhood has a meaning: sizes of islands, distances between them and the axes have none, and another seed gives another picture.',
  source: 'McInnes et al. 2018, arXiv 1802.03426 (umap-js)',
  needs: 'faces',
  run: async ({ subject, faces, seed, progress }) => {
    const layer = hiddenLayer(subject.saved.network);
    const count = faces.labels.length;
    if (count <= NEIGHBOURS)
      throw new InapplicableError(
        `umap: ${count} faces; expected more than ${NEIGHBOURS}, its number of neighbours`,
      );
    const { features, featureCount } = await faces.sweep();
    const { scores } = pca(features, featureCount, FEATURES);
    const vectors = Array.from({ length: count }, (_, i) => scores.map((s) => s[i] as number));
    const { UMAP } = await import('umap-js'); // 40 ms that nothing else needs
    const rng = new Rng(seed);
    const umap = new UMAP({ nNeighbors: NEIGHBOURS, random: () => rng.float() });
    const epochs = umap.initializeFit(vectors);
    for (let epoch = 1; epoch <= epochs; epoch++) {
      umap.step();
      if (epoch % REPORT !== 0) continue;
      progress(epoch, epochs);
      await setImmediate();
    }
    const points = umap.getEmbedding();
    return [
      {
        ...{ kind: 'points', title: `${layer}, ${featureCount} values`, labels: [...faces.labels] },
        ...{ axes: ['', ''], x: points.map(([x = 0]) => x), y: points.map(([, y = 0]) => y) },
      },
    ];
  },
};
