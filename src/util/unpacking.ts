import { inMegabytes } from './megabytes.js';

/**
 * How much may come out of a file. A few bytes can claim any size: without a limit, a damaged or made-up file fills the memory.
 * Faces pack to a third or less of their bytes, and no weights to a hundredth.
 */

/** Bytes that any file may unpack to. */
const FLOOR = 64e6;
/** Bytes for each packed one, beyond that. */
const RATIO = 200;

/** Bytes that a file may unpack to. @param packed bytes that it has */
export const mostUnpacked = (packed: number): number => Math.max(FLOOR, RATIO * packed);

/** Why a file is refused that unpacks to more. @param packed bytes that it has */
export const tooMuch = (packed: number): string =>
  `it unpacks to more than ${inMegabytes(mostUnpacked(packed))}, from ${inMegabytes(packed)}: no real data packs so well`;
