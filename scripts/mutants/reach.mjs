/** Which test files reach a source file: along imports, processes that are started, and shaders that are named. */
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

const { dirname, normalize } = posix;

/**
 * @param files all of the project
 * @returns `testsOf(file)`: test files, the likeliest to notice a fault first; not those of `npm run test:full`
 */
export function reach(root, files) {
  const text = (file) => readFileSync(join(root, file), 'utf8');
  const sources = files.filter((file) => /^(src|test)\/.*\.tsx?$/.test(file));
  const shaders = files.filter((file) => file.endsWith('.wgsl'));
  const known = new Set(sources);
  const edges = new Map([
    ...sources.map((file) => [
      file,
      [...importsOf(file, text(file), known), ...shadersIn(text(file), shaders)],
    ]),
    ...shaders.map((file) => [file, partsOf(text(file))]),
  ]);
  const distances = new Map(
    sources
      .filter((file) => /^test\/(?!full\/).*\.test\.ts$/.test(file))
      .map((file) => [file, distancesFrom(file, edges)]),
  );
  return (file) => {
    const folder = file.split('/')[1];
    const own = `test/${file.split('/').slice(1).join('/')}`.replace(/\.tsx?$/, '.test.ts');
    const rank = (test) => {
      if (test === own) return 0;
      const distance = distances.get(test).get(file);
      // What imports the file itself asks about it, in whichever folder it lies.
      return (distance === 1 || test.startsWith(`test/${folder}/`) ? 0 : 100) + distance;
    };
    // Of equally near tests, one that reaches less asks more about each file.
    const reached = (test) => distances.get(test).size;
    return [...distances.keys()]
      .filter((test) => distances.get(test).has(file))
      .sort((a, b) => rank(a) - rank(b) || reached(a) - reached(b) || (a < b ? -1 : 1));
  };
}

/** A program of `dist` counts as the source that it is built from. */
function importsOf(file, text, known) {
  const code = text.replaceAll(/^(import|export) type [^;]*;/gm, '');
  const paths = [...code.matchAll(/(?:\bfrom|\bimport\(?|\bURL\()\s*'(\.\.?\/[^']+)'/g)].map(
    ([, path]) => path,
  );
  return paths.flatMap((path) => {
    const target = normalize(join(dirname(file), path)).replace(/^dist\//, 'src/');
    return ['.ts', '.tsx'].map((end) => target.replace(/\.js$/, end)).filter((one) => known.has(one));
  });
}

const shadersIn = (text, shaders) =>
  shaders.filter((path) => text.includes(`'${path.slice('shaders/'.length, -'.wgsl'.length)}'`));

const partsOf = (text) =>
  /^\/\/ Parts: (.*)$/m
    .exec(text)?.[1]
    .split(', ')
    .map((part) => `shaders/parts/${part}.wgsl`) ?? [];

function distancesFrom(start, edges) {
  const distances = new Map([[start, 0]]);
  for (const [file, distance] of distances) {
    for (const next of edges.get(file) ?? []) if (!distances.has(next)) distances.set(next, distance + 1);
  }
  return distances;
}
