import { type Arr, at, bump } from './arrays.js';

/** Extents [N, H, W, C]. */
type Four = readonly [number, number, number, number];

/** Calls `visit` for every value of the product, with the indices of its factors. */
function eachProduct(a: Four, b: Four, visit: (y: number, a: number, b: number) => void): void {
  const extent = (axis: 0 | 1 | 2 | 3): number => Math.max(a[axis], b[axis]);
  const place = (extents: Four, index: readonly number[]): number =>
    extents.reduce((i, own, axis) => i * own + (own === 1 ? 0 : (index[axis] as number)), 0);
  let i = 0;
  for (let n = 0; n < extent(0); n++)
    for (let h = 0; h < extent(1); h++)
      for (let w = 0; w < extent(2); w++)
        for (let c = 0; c < extent(3); c++) visit(i++, place(a, [n, h, w, c]), place(b, [n, h, w, c]));
}

/** y = a * b, where an axis of extent 1 is repeated. */
export function multiplyForward(a: Arr, b: Arr, shapeA: Four, shapeB: Four): Arr {
  const y: number[] = [];
  eachProduct(shapeA, shapeB, (i, ia, ib) => {
    y[i] = at(a, ia) * at(b, ib);
  });
  return Float64Array.from(y);
}

/** da and db: each value collects from all products that it is part of. */
export function multiplyBackward(dy: Arr, a: Arr, b: Arr, shapeA: Four, shapeB: Four): { da: Arr; db: Arr } {
  const [da, db] = [new Float64Array(a.length), new Float64Array(b.length)];
  eachProduct(shapeA, shapeB, (i, ia, ib) => {
    bump(da, ia, at(dy, i) * at(b, ib));
    bump(db, ib, at(dy, i) * at(a, ia));
  });
  return { da, db };
}
