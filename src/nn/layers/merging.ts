import { ShapeError } from '../../gpu/errors.js';
import { concatenatedShape } from '../../gpu/kernels/concatenate.js';
import { productShape } from '../../gpu/kernels/multiply.js';
import { expectShape, formatShape } from '../../gpu/shape.js';
import { type Layer, noWeights } from '../layer.js';
import { add } from '../ops/add.js';
import { concatenate } from '../ops/concatenate.js';
import { multiply } from '../ops/multiply.js';

/** The sum of its inputs, all of one shape, as for skip connections; https://keras.io/api/layers/merging_layers/add/ */
export function Add(): Layer {
  return {
    kind: 'Add',
    config: {},
    outputShape: (input, ...others) => {
      if (others.length === 0)
        throw new ShapeError('Add', 'it sums several inputs', 'two inputs or more', 'one');
      for (const other of others)
        expectShape('Add', `all inputs have the shape ${formatShape(input)}`, other, input);
      return input;
    },
    weights: noWeights,
    call: (ctx, [first, ...others]) => others.reduce((sum, x) => add(ctx, sum, x), first),
  };
}

/**
 * The element-wise product of its inputs. An input with extent 1 along an axis is broadcast along it, as in
 * squeeze-and-excitation blocks; https://keras.io/api/layers/merging_layers/multiply/
 */
export function Multiply(): Layer {
  return {
    kind: 'Multiply',
    config: {},
    outputShape: (input, ...others) => {
      if (others.length === 0)
        throw new ShapeError('Multiply', 'it multiplies several inputs', 'two inputs or more', 'one');
      return others.reduce(productShape, input);
    },
    weights: noWeights,
    call: (ctx, [first, ...others]) => others.reduce((product, x) => multiply(ctx, product, x), first),
  };
}

/** Its inputs side by side along the last axis; https://keras.io/api/layers/merging_layers/concatenate/ */
export function Concatenate(): Layer {
  return {
    kind: 'Concatenate',
    config: {},
    outputShape: (input, ...others) => {
      if (others.length === 0)
        throw new ShapeError('Concatenate', 'it joins several inputs', 'two inputs or more', 'one');
      return concatenatedShape([input, ...others]);
    },
    weights: noWeights,
    call: (ctx, inputs) => concatenate(ctx, inputs),
  };
}
