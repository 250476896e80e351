/** A seeded sample of mutants, spread over the files by their lines of code. */
import { createHash } from 'node:crypto';

/** @param byFile [{ file, lines, mutants }] @returns about `count` of them, at least one a file, in their order */
export function sampleOf(byFile, count, seed) {
  const lines = byFile.reduce((sum, file) => sum + file.lines, 0);
  return byFile.flatMap(({ lines: own, mutants }) => {
    const share = Math.max(1, Math.round((count * own) / lines));
    const drawn = [...mutants].sort((a, b) => (order(a, seed) < order(b, seed) ? -1 : 1)).slice(0, share);
    return mutants.filter((mutant) => drawn.includes(mutant));
  });
}

/** Depends on the seed and the mutant alone, so that a change elsewhere in the file hardly changes the sample. */
function order(mutant, seed) {
  return createHash('sha256').update(`${seed}\n${mutant.file}\n${mutant.key}`).digest('hex');
}
