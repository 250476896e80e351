import { ShapeError } from '../errors.js';
import { defineKernel, u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { formatShape, type Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { GROUP } from './reduce.js';

/** Host side of shaders/concatenate.wgsl. */
const params = u32s('rows', 'channels', 'width', 'offset');
const forwardKernel = defineKernel('concatenate', 'forward', { reads: ['part'], writes: ['y'], params });
const backwardKernel = defineKernel('concatenate', 'backward', { reads: ['dy'], writes: ['dpart'], params });

/** The shape of the parts side by side along the last axis. Throws ShapeError unless all other extents are equal. */
export function concatenatedShape(parts: readonly Shape[]): Shape {
  const [first = [], ...others] = parts;
  const outer = first.slice(0, -1);
  const other = others.find((shape) => formatShape(shape.slice(0, -1)) !== formatShape(outer));
  if (other !== undefined) {
    throw new ShapeError(
      'concatenate',
      'all inputs agree in all axes but the last',
      formatShape(first),
      formatShape(other),
    );
  }
  return [...outer, parts.reduce((width, shape) => width + (shape.at(-1) ?? 0), 0)];
}

/** Params and grid for one part. Its channels start at `offset` of the `width` channels of y. */
function gridOf(part: Shape, size: number, width: number, offset: number) {
  const channels = part.at(-1) ?? 1;
  return {
    params: { rows: size / channels, channels, width, offset },
    workgroups: Math.ceil(size / GROUP),
  };
}

/** y [..., sum of the channels] from parts [..., channels]. Throws ShapeError. */
export function concatenateForward(rec: Recorder, parts: readonly Tensor[]): Tensor {
  const y = rec.alloc(concatenatedShape(parts.map(({ shape }) => shape)), 'y');
  const width = y.shape.at(-1) ?? 1;
  let offset = 0;
  for (const part of parts) {
    rec.dispatch(forwardKernel, { bind: { part, y }, ...gridOf(part.shape, part.size, width, offset) });
    offset += part.shape.at(-1) ?? 0;
  }
  return y;
}

/** The gradient of the part of this shape, from dy. @param offset number of channels before the part */
export function concatenateBackward(rec: Recorder, dy: Tensor, shape: Shape, offset: number): Tensor {
  const dpart = rec.alloc(shape, 'dx');
  const width = dy.shape.at(-1) ?? 1;
  rec.dispatch(backwardKernel, { bind: { dy, dpart }, ...gridOf(shape, dpart.size, width, offset) });
  return dpart;
}
