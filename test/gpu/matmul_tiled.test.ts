import { describe, expect, it } from 'vitest';
import { partsFor, tiledWays, tileFor, tilesOf } from '../../src/gpu/kernels/matmul_tiled.js';

const product = (batch: number, m: number, k: number, n: number) => ({ batch, m, k, n });
/** What a GPU takes unless it is tuned: the way, and the workgroups that it keeps busy. */
function guess(g: ReturnType<typeof product>) {
  const [way = 'tiled'] = tiledWays(g);
  return {
    way,
    parts: partsFor(way, g),
    workgroups: tilesOf(tileFor(way, g), g) * g.batch * partsFor(way, g),
  };
}

describe('the tiles of a product on a GPU', () => {
  it('are small where large ones would mostly reach past the end, and where there are few', () => {
    const side = (m: number, n: number) => tileFor('tiled', { m, n }).SIDE;
    expect([side(448, 64), side(2304, 64), side(65, 64), side(96, 448), side(448, 97)]).toEqual([
      64, 64, 32, 32, 64,
    ]);
    expect([side(28, 256), side(64, 64), side(448, 7)]).toEqual([32, 32, 32]);
    for (const way of ['tiled', 'blocked', 'split'] as const) {
      const { SIDE, EDGE, THREADS } = tileFor(way, { m: 448, n: 64 });
      expect(THREADS).toBe((SIDE / EDGE) ** 2);
    }
    expect(tilesOf(tileFor('tiled', { m: 65, n: 33 }), { m: 65, n: 33 })).toBe(3 * 2);
  });

  it('share a long sum where they are few', () => {
    expect(guess(product(1, 28, 2304, 64))).toEqual({ way: 'split', parts: 64, workgroups: 128 });
    expect(guess(product(64, 32, 448, 64))).toEqual({ way: 'split', parts: 4, workgroups: 512 });
  });

  it('compute short sums at once, in larger blocks where there are enough to fill a GPU', () => {
    expect(guess(product(1, 28, 64, 64))).toEqual({ way: 'tiled', parts: 1, workgroups: 2 });
    expect(guess(product(64, 64, 112, 128))).toEqual({ way: 'tiled', parts: 1, workgroups: 128 });
    expect(guess(product(64, 448, 32, 64))).toEqual({ way: 'blocked', parts: 1, workgroups: 448 });
    expect(guess(product(64, 4096, 64, 64)).way).toBe('blocked');
  });

  it('of a sum of one round have no parts, and of others at least two and no more than rounds', () => {
    expect(tiledWays(product(1, 4, 16, 4))).not.toContain('split');
    expect(tiledWays(product(1, 4, 17, 4))).toContain('split');
    expect(partsFor('split', product(1, 4, 17, 4))).toBe(2);
    expect(partsFor('split', product(1, 4, 64, 4))).toBeLessThanOrEqual(4);
    expect(partsFor('tiled', product(1, 4, 6400, 4))).toBe(1);
  });
});
