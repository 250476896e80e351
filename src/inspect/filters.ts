import type { NamedArray } from '../nn/parameters.js';
import { signedPicture } from '../util/signed_picture.js';
import { largest, signedLegend } from './color.js';
import { isConvolution } from './layers.js';
import { InapplicableError, type Method } from './method.js';
import type { NamedPicture } from './result.js';

/** The kernels of the first convolution. */
export const FILTERS: Method = {
  name: 'filters',
  title: 'First-layer filters',
  shows:
    'The kernels of the first convolution, the only ones that look at pixels: each answers most to a patch that looks like it.',
  limits: 'Kernels of later layers weigh channels, not pixels, and cannot be read like this.',
  needs: 'network',
  run: async ({ subject }) => {
    const { network, weights } = subject.saved;
    const first = network.layers.find(isConvolution);
    const kernel = first?.weights.map(({ name }) => weights.get(name)).find((w) => w?.shape.length === 4);
    if (first === undefined || kernel === undefined)
      throw new InapplicableError(`${network.name}: it has no convolution; expected a Conv2D layer`);
    const limit = largest(kernel.data);
    return [
      {
        ...{ kind: 'pictures', title: `${first.name}: ${kernel.shape.slice(0, 2).join(' x ')}` },
        pictures: kernelPictures(kernel, limit),
        legend: signedLegend('weight', `-${limit.toFixed(2)}`, limit.toFixed(2)),
        ...((kernel.shape[2] ?? 1) > 1 && { note: 'Each is the sum over its input channels.' }),
      },
    ];
  },
};

/** One picture per output channel of a kernel [height, width, inputs, outputs]; the inputs are summed. */
function kernelPictures({ shape, data }: NamedArray, limit: number): NamedPicture[] {
  const [height = 1, width = 1, inputs = 1, outputs = 1] = shape;
  return Array.from({ length: outputs }, (_, out) => {
    const values = Float32Array.from({ length: height * width }, (_, at) => {
      let sum = 0;
      for (let i = 0; i < inputs; i++) sum += data[(at * inputs + i) * outputs + out] as number;
      return sum;
    });
    const picture = signedPicture(values, { width, height, limit });
    return { name: `filter-${out}`, caption: `${out}`, picture };
  });
}
