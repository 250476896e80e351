import { firstFilters } from '../train/filter_pictures.js';
import { signedLegend } from './color.js';
import { InapplicableError, type Method } from './method.js';

/** The kernels of the first convolution. */
export const FILTERS: Method = {
  name: 'filters',
  title: 'First-layer filters',
  shows:
    'The kernels of the first convolution, the only ones that look at pixels: each answers most to a patch that looks like it.',
  limits: 'Kernels of later layers weigh channels, not pixels, and cannot be read like this.',
  needs: 'network',
  run: async ({ subject }) => {
    const filters = firstFilters(subject.saved);
    if (filters === undefined)
      throw new InapplicableError(
        `${subject.saved.network.name}: it has no convolution; expected a Conv2D layer`,
      );
    const { layer, size, pictures, limit, summed } = filters;
    return [
      {
        ...{ kind: 'pictures', title: `${layer}: ${size.join(' x ')}` },
        pictures: pictures.map((picture, i) => ({ name: `filter-${i}`, caption: `${i}`, picture })),
        legend: signedLegend('weight', `-${limit.toFixed(2)}`, limit.toFixed(2)),
        ...(summed && { note: 'Each is the sum over its input channels.' }),
      },
    ];
  },
};
