import { type Arr, at } from './arrays.js';

/** x [N, 3 axes] with its axes in another order: axis d of the result is axis order[d] of x. */
export function transpose(x: Arr, shape: readonly number[], order: readonly number[]): Arr {
  const [n = 1, ...inner] = shape;
  const [a = 1, b = 1, c = 1] = order.map((axis) => inner[axis]);
  const y: number[] = [];
  for (let image = 0; image < n; image++)
    for (let i = 0; i < a; i++)
      for (let j = 0; j < b; j++)
        for (let k = 0; k < c; k++) {
          const index = [0, 0, 0];
          for (const [d, value] of [i, j, k].entries()) index[order[d] as number] = value;
          y.push(
            at(
              x,
              index.reduce((place, value, axis) => place * (inner[axis] as number) + value, image),
            ),
          );
        }
  return Float64Array.from(y);
}
