/**
 * Runs every lab on drawn faces, one after another, and prints their outcomes as a table:
 *   npm run bench:labs                          all labs, about ten minutes on two CPU cores
 *   npm run bench:labs -- dropout depth         some; with --write, the others stay as they are
 *   npm run bench:labs -- --write               also writes bench/results/labs.json and the table in docs/results.md
 *   npm run bench:labs -- --table               makes the table of bench/results/labs.json, and runs nothing
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { loadDataset } from '../dist/data/load.js';
import { openGpu } from '../dist/gpu/device.js';
import { findLab, LABS } from '../dist/labs/all.js';
import { sentenceOf } from '../dist/labs/kit/finding.js';
import { Results } from '../dist/labs/kit/results.js';
import { runLab } from '../dist/labs/kit/run_lab.js';
import { Control } from '../dist/train/control.js';
import { withPart } from '../scripts/generated_parts.mjs';
import { scriptOptions } from '../scripts/script_options.mjs';

const RESULT = fileURLToPath(new URL('results/labs.json', import.meta.url));
const DOCUMENT = fileURLToPath(new URL('../docs/results.md', import.meta.url));
const SEEDS = [1, 2, 3];

const { values, positionals } = scriptOptions(import.meta.url, {
  options: { write: { type: 'boolean' }, table: { type: 'boolean' } },
  allowPositionals: true,
});

const known = existsSync(RESULT) ? JSON.parse(readFileSync(RESULT, 'utf8')) : { labs: [] };
const result = values.table ? known : await measure(positionals);
if (positionals.length > 0) result.labs = merged(known.labs, result.labs);
const text = tableOf(result);
console.log(text);
if (values.write) {
  writeFileSync(RESULT, `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(
    DOCUMENT,
    withPart(readFileSync(DOCUMENT, 'utf8'), 'labs', 'npm run bench:labs -- --write', text),
  );
}

/** Runs labs, all by default, on one device. */
async function measure(/** @type {string[]} */ names) {
  const labs = names.length === 0 ? LABS : names.map(findLab);
  const dataset = await loadDataset('synthetic');
  const gpu = await openGpu();
  const about = { adapter: gpu.info.name, cpu: cpus()[0]?.model, node: process.versions.node, seeds: SEEDS };
  const classes = dataset.classes.length;
  const outcomes = [];
  for (const lab of labs) {
    const begin = process.cpuUsage();
    const report = await runLab(lab, { gpu, dataset, seeds: SEEDS, control: new Control() });
    const { user, system } = process.cpuUsage(begin);
    const { finding, results, seconds, data, epochs } = report;
    console.error(`${lab.name}, ${Math.round(seconds)} s: ${sentenceOf(finding)}`);
    outcomes.push({
      ...{ lab: lab.name, faces: data.train, validation: data.validation, epochs },
      ...{ seconds: Math.round(seconds), cpuSeconds: Math.round((user + system) / 1e6) },
      runs: results.runs.map(({ variant, seed, numbers }) => ({ variant, seed, numbers })),
    });
  }
  gpu.close();
  return { ...about, classes, labs: outcomes };
}

/** The outcomes as Markdown: what the labs notice in the recorded runs. */
function tableOf({ adapter, cpu, seeds, classes, labs }) {
  const rows = labs.map(({ lab: name, runs, seconds, cpuSeconds }) => {
    const lab = findLab(name);
    const { verdict, expected, evidence } = lab.notice(new Results(lab, runs.map(revived), classes));
    return [`\`${name}\``, verdict, expected, evidence, seconds, cpuSeconds].join(' | ');
  });
  return [
    `${adapter}; ${cpu}; seeds ${seeds.join(', ')}; mean ± standard deviation over the seeds.`,
    '',
    '| lab | as expected | what one expects | what came out | s | CPU s |',
    '|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n');
}

/** A run as it was: JSON has null where a training diverged. */
function revived({ numbers, ...run }) {
  const values = Object.entries(numbers).map(([measure, value]) => [measure, value ?? Number.NaN]);
  return { ...run, numbers: Object.fromEntries(values), curve: [] };
}

/** New outcomes in place of old ones of the same labs, in the order of the list. */
function merged(old, now) {
  const byName = new Map([...old, ...now].map((outcome) => [outcome.lab, outcome]));
  return LABS.flatMap(({ name }) => byName.get(name) ?? []);
}
