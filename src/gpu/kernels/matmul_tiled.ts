/** How shaders/matmul_tiled.wgsl divides products: the size of the tiles, and the parts of long sums. */

/** Extents of a batch of products. */
export interface MatmulGeometry {
  readonly batch: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** tiled: 4 x 4 numbers of C in each invocation; blocked: 8 x 8; split: 4 x 4, and the sum over k in parts. */
export type TiledWay = 'tiled' | 'blocked' | 'split';

/** Constants of the shader. */
export interface Tile {
  readonly SIDE: number;
  readonly EDGE: number;
  readonly THREADS: number;
}

/** Values of k in a round. */
const DEPTH = 16;

/**
 * A model of the time of a product on a large GPU. The unit of time is one round of a 32 x 32 tile on one multiprocessor, about
 * 0.15 us on an H100. The numbers are estimates, not measurements; "fer-tui tune" measures.
 */
const MODEL = {
  /** Time that a round waits for memory and barriers. */
  waiting: 4,
  /** Time of the extra dispatch that adds the parts of a sum, and the numbers that it reads per unit of time. */
  folding: 45,
  folded: 47_000,
  /** Factor of the time with 8 x 8 numbers per invocation, which read workgroup memory half as often. */
  blocked: 0.6,
  /** Multiprocessors that share the workgroups of a dispatch, and the invocations that occupy one. */
  processors: 128,
  occupied: 128,
} as const;
/** The most parts of a sum. */
const MOST_PARTS = 64;

const roundsOf = ({ k }: MatmulGeometry): number => Math.ceil(k / DEPTH);

/** Whether half or more of the last tile of 64 would lie past the end of an extent. */
const wastes = (extent: number): boolean => (extent - 1) % 64 < 32;

/** The tile of a way. It must not depend on the batch: the kernel check before a training run tests one matrix of the batch. */
export function tileFor(way: TiledWay, { m, n }: Pick<MatmulGeometry, 'm' | 'n'>): Tile {
  if (way === 'blocked') return { SIDE: 64, EDGE: 8, THREADS: 64 };
  const few = m <= 64 && n <= 64; // small tiles, so that a small matrix has more of them
  return few || wastes(m) || wastes(n)
    ? { SIDE: 32, EDGE: 4, THREADS: 64 }
    : { SIDE: 64, EDGE: 4, THREADS: 256 };
}

/** Tiles of one product. */
export function tilesOf({ SIDE }: Tile, { m, n }: Pick<MatmulGeometry, 'm' | 'n'>): number {
  return Math.ceil(m / SIDE) * Math.ceil(n / SIDE);
}

function modelTime(way: TiledWay, g: MatmulGeometry, parts: number): number {
  const tile = tileFor(way, g);
  const workgroups = tilesOf(tile, g) * g.batch * parts;
  const waves = Math.max(Math.ceil(workgroups / MODEL.processors), MODEL.occupied / tile.THREADS);
  const work = (tile.SIDE / 32) ** 2 * (way === 'blocked' ? MODEL.blocked : 1);
  const rounds = Math.ceil(roundsOf(g) / parts) * (MODEL.waiting + waves * work);
  return rounds + (parts > 1 ? MODEL.folding + (parts * g.batch * g.m * g.n) / MODEL.folded : 0);
}

/** Parts of the sum over k: one, but for `split`, which takes the best of 2, 4, 8 ... by the model. */
export function partsFor(way: TiledWay, g: MatmulGeometry): number {
  if (way !== 'split') return 1;
  let best = 2;
  for (let parts = 4; parts <= Math.min(MOST_PARTS, roundsOf(g)); parts *= 2) {
    if (modelTime(way, g, parts) < modelTime(way, g, best)) best = parts;
  }
  return best;
}

/** The ways that apply to a product, the fastest first by the model. A sum of one round has no parts. */
export function tiledWays(g: MatmulGeometry): TiledWay[] {
  const ways: TiledWay[] = roundsOf(g) > 1 ? ['tiled', 'blocked', 'split'] : ['tiled', 'blocked'];
  const time = (way: TiledWay): number => modelTime(way, g, partsFor(way, g));
  return ways.toSorted((a, b) => time(a) - time(b));
}
