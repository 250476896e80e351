/**
 * Mutation testing: plants small faults, one at a time, in a copy of the project, and says which of them no test notices.
 *   npm run mutants -- data formats      # folders of src, or `shaders`; default: data formats nn train vision
 *   --sample N       about N mutants a folder, spread over its files (default 160; 0: all)
 *   --seed N         another sample (default 7)
 *   --file TEXT      only files whose path contains TEXT; --kind KIND: only mutants of that kind
 *   --planted        only the known faults of test/mutants/planted.yaml, which are always among the others
 *   --tests N        test files that a mutant has to survive, the nearest ones (default 8)
 *   --list           prints the mutants, with the test that noticed each in an earlier run, and runs nothing
 *   --fresh          forgets what an earlier run found; without it mutants that were noticed are not tried again
 *   --write          writes the scores to test/mutants/scores.json and the table in docs/results.md
 * What is found does not depend on how busy the machine is: the tests are counted, and what does not end is told by CPU time.
 * Exit code 1 where a known fault is not noticed or no longer fits its file.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { reach } from './mutants/reach.mjs';
import { TestBench } from './mutants/run_tests.mjs';
import { sampleOf } from './mutants/sample.mjs';
import { writeScores } from './mutants/scores.mjs';
import { isTypeScript, mutantsOfTypeScript } from './mutants/typescript.mjs';
import { mutantsOfWgsl } from './mutants/wgsl.mjs';
import { refuse, scriptOptions } from './script_options.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PLANTED = 'test/mutants/planted.yaml';
const MEMORY = join(ROOT, '.cache/mutants.json');
const FOLDERS = ['data', 'formats', 'nn', 'train', 'vision'];

const text = { type: 'string' };
const flag = { type: 'boolean' };
const { values, positionals } = scriptOptions(import.meta.url, {
  allowPositionals: true,
  options: {
    ...{ sample: { ...text, default: '160' }, seed: { ...text, default: '7' }, file: text, kind: text },
    ...{ tests: { ...text, default: '8' }, planted: flag, list: flag, fresh: flag, write: flag },
  },
});
const folders = positionals.length > 0 ? positionals : FOLDERS;
const listing = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
const listed = execFileSync('git', listing, { cwd: ROOT, encoding: 'utf8' })
  .split('\0')
  .filter((file) => file !== '' && file !== 'node_modules' && existsSync(join(ROOT, file)))
  .sort();
/** The folder of src that a file lies in, or `shaders`. */
const folderOf = (file) => /^src\/(\w+)\//.exec(file)?.[1] ?? /^shaders(?=\/)/.exec(file)?.[0];
const there = [...new Set(listed.map(folderOf))].filter((folder) => folder !== undefined);
const unknown = folders.filter((folder) => !there.includes(folder));
if (unknown.length > 0) {
  refuse(import.meta.url, `"${unknown[0]}" is no folder of src; expected some of ${there.join(', ')}`);
}
if (values.file && !listed.some((file) => folders.includes(folderOf(file)) && file.includes(values.file))) {
  refuse(import.meta.url, `no file of ${folders.join(', ')} has "${values.file}" in its path`);
}
const bench = values.list ? undefined : new TestBench(ROOT, listed);
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    bench?.close();
    process.exit(1);
  });
}
/** Where everything is read, once: from the copy, so that what happens to the project meanwhile does not matter. */
const [tree, files] = bench === undefined ? [ROOT, listed] : [bench.tree, bench.files];
const textOf = (file) => readFileSync(join(tree, file), 'utf8');
const sources = new Map(
  files
    .filter((file) => /^(src\/.*\.tsx?|shaders\/.*\.wgsl)$/.test(file))
    .map((file) => [file, textOf(file)]),
);
const faults = parse(textOf(PLANTED));
const read = (file) => sources.get(file) ?? '';
const lineOf = ({ file, start }) => read(file).slice(0, start).split('\n').length;
const short = (code) => code.replaceAll(/\s+/g, ' ').slice(0, 60);
const words = (m) => `${m.file}:${lineOf(m)} ${m.kind}: ${short(m.old)} -> ${short(m.text) || 'nothing'}`;

let stale = 0;
/** The known faults of a folder's files. */
function plantedIn(folder) {
  const own = faults.filter((fault) => (fault.folder ?? folderOf(fault.path)) === folder);
  return own.flatMap(({ path: file, find, replace }) => {
    const start = read(file).indexOf(find);
    if (start < 0 || read(file).indexOf(find, start + 1) >= 0) {
      console.error(`${PLANTED}: ${file} has not exactly one place that reads ${find}`);
      stale++;
      return [];
    }
    return [known({ file, start, end: start + find.length, text: replace, kind: 'planted' }, read(file))];
  });
}

/** With what it replaces, and a key that stays while its line does. */
function known(mutant, source) {
  const { start, end } = mutant;
  const begin = source.lastIndexOf('\n', start - 1) + 1;
  const stop = source.indexOf('\n', end);
  const place = [source.slice(begin, stop), start - begin, end - begin, mutant.text].join('\n');
  return { ...mutant, old: source.slice(start, end), key: createHash('sha1').update(place).digest('hex') };
}

function generatedIn(folder) {
  const byFile = [...sources.keys()]
    .filter((file) => folderOf(file) === folder)
    .filter((file) => !values.file || file.includes(values.file))
    .map((file) => {
      const source = read(file);
      const make = file.endsWith('.wgsl') ? mutantsOfWgsl : mutantsOfTypeScript;
      const mutants = make(file, source)
        .map((mutant) => known(mutant, source))
        .filter(({ start, end, text: change }) => {
          return (
            file.endsWith('.wgsl') || isTypeScript(file, source.slice(0, start) + change + source.slice(end))
          );
        });
      const lines = source
        .split('\n')
        .filter((line) => /\w/.test(line) && !/^\s*(\/?\*|\/\/)/.test(line)).length;
      return { file, lines, mutants: mutants.filter(({ kind }) => !values.kind || kind === values.kind) };
    });
  const count = Number(values.sample);
  const drawn = count === 0 ? byFile.flatMap(({ mutants }) => mutants) : sampleOf(byFile, count, values.seed);
  return { all: byFile.reduce((sum, { mutants }) => sum + mutants.length, 0), drawn };
}

/** By the key of a mutant: the test that noticed it; by a test file: its milliseconds of CPU time. */
const memory = new Map(
  values.fresh || !existsSync(MEMORY) ? [] : Object.entries(JSON.parse(readFileSync(MEMORY))),
);
function remember(key, value) {
  memory.set(key, value);
  mkdirSync(dirname(MEMORY), { recursive: true });
  writeFileSync(MEMORY, JSON.stringify(Object.fromEntries(memory)));
}

/** Milliseconds of CPU time of each test file without a fault; none for one that fails then. */
const usual = new Map();
async function usualOf(bench, test) {
  if (!usual.has(test)) {
    const { failed, cpuMs } = memory.has(test) ? { cpuMs: memory.get(test) } : await bench.run(test);
    if (failed) console.error(`${test} fails without any fault and is left out`);
    else remember(test, cpuMs);
    usual.set(test, failed ? undefined : cpuMs);
  }
  return usual.get(test);
}

/** The test files that a fault in a file has to survive: the nearest, of these the quickest first. */
async function testsFor(bench, file, testsOf) {
  const chosen = [];
  for (const test of testsOf(file).slice(0, Number(values.tests))) {
    if ((await usualOf(bench, test)) !== undefined) chosen.push(test);
  }
  return chosen.sort((a, b) => usual.get(a) - usual.get(b));
}

/** The test that notices a fault; undefined where none does. */
async function noticed(bench, mutant, tests) {
  const source = bench.read(mutant.file);
  await bench.write(mutant.file, source.slice(0, mutant.start) + mutant.text + source.slice(mutant.end));
  try {
    for (const test of tests) {
      const { failed, stuck } = await bench.run(test, usual.get(test));
      if (failed) return stuck ? `${test} (does not end)` : test;
    }
    return undefined;
  } finally {
    await bench.write(mutant.file, source);
  }
}

/** Kinds that the compiler always takes. */
const ALWAYS = new Set(['planted', 'arithmetic', 'sign', 'constant', 'range', 'pattern', 'method']);

/** Those that the compiler takes; a round tries one a file, as a whole check takes seconds. */
async function compiled(bench, survivors) {
  const good = survivors.filter(({ kind, file }) => ALWAYS.has(kind) || file.endsWith('.wgsl'));
  for (let rest = survivors.filter((mutant) => !good.includes(mutant)); rest.length > 0; ) {
    const round = [...new Map(rest.map((mutant) => [mutant.file, mutant])).values()];
    rest = rest.filter((mutant) => !round.includes(mutant));
    const sources = new Map(round.map(({ file }) => [file, bench.read(file)]));
    for (const { file, start, end, text: change } of round) {
      const source = sources.get(file);
      await bench.write(file, source.slice(0, start) + change + source.slice(end));
    }
    const errors = bench.typeErrors();
    for (const [file, source] of sources) await bench.write(file, source);
    good.push(...round.filter(({ file }) => !errors.has(file)));
  }
  return survivors.filter((mutant) => good.includes(mutant));
}

const testsOf = reach(tree, files);
const scores = {};
let missed = 0;
try {
  for (const folder of folders) await tryFolder(folder);
} finally {
  bench?.close();
}
if (values.write) writeScores(ROOT, scores);
process.exitCode = missed + stale > 0 ? 1 : 0;

async function tryFolder(folder) {
  const planted = plantedIn(folder).filter(({ file }) => !values.file || file.includes(values.file));
  const { all, drawn } = values.planted ? { all: 0, drawn: [] } : generatedIn(folder);
  const mutants = [...planted, ...drawn];
  if (values.list) {
    for (const mutant of mutants)
      console.log(`${words(mutant)} [${memory.get(mutant.key) ?? 'not noticed so far'}]`);
    console.log(`${folder}: ${mutants.length} of ${all} mutants and ${planted.length} known faults`);
    return;
  }
  const survivors = [];
  let count = 0;
  for (const mutant of mutants) {
    if (!memory.has(mutant.key)) {
      const tests = await testsFor(bench, mutant.file, testsOf);
      const test = await noticed(bench, mutant, tests);
      if (test === undefined) {
        survivors.push(mutant);
        console.error(`not noticed so far: ${words(mutant)}`);
      } else remember(mutant.key, test);
    }
    if (++count % 20 === 0)
      console.error(`${folder}: ${count} of ${mutants.length}, ${survivors.length} not noticed`);
  }
  const real = await compiled(bench, survivors);
  const tried = mutants.length - (survivors.length - real.length);
  const killed = tried - real.length;
  for (const mutant of real) console.log(`not noticed: ${words(mutant)}`);
  console.log(
    `${folder}: ${killed} of ${tried} noticed, ${((100 * killed) / tried).toFixed(1)} % (${all} mutants, ${planted.length} known faults)`,
  );
  missed += real.filter(({ kind }) => kind === 'planted').length;
  scores[folder] = {
    mutants: all,
    known: planted.length,
    tried,
    killed,
    seed: Number(values.seed),
    sample: Number(values.sample),
  };
}
