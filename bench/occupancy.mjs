/**
 * What the grids of a training step ask of a GPU, with the kernels that a GPU takes: how many dispatches have one workgroup, or
 * fewer than a large GPU has multiprocessors, and how many numbers a thread handles in turns. Needs no GPU: Dawn's null adapter
 * stands for one.
 *
 *   node bench/occupancy.mjs [MODEL ...] [--batch 28] [--lanes 32] [--all]
 *
 * Prints a row for each model, fer-cnn and fer-vgg by default; with --all every dispatch, too. --lanes 0: without subgroups.
 */
import { gridsOf, gridTable, MULTIPROCESSORS, occupancyOf } from '../dist/bench/occupancy.js';
import { buildModel, Learner } from '../dist/index.js';
import { scriptOptions } from '../scripts/script_options.mjs';
import { nullGpu } from './null_gpu.mjs';

const { positionals, values } = scriptOptions(import.meta.url, {
  allowPositionals: true,
  options: {
    batch: { type: 'number', whole: true, default: 28 },
    lanes: { type: 'number', whole: true, least: 0, default: 32 },
    all: { type: 'boolean' },
  },
});
const models = positionals.length > 0 ? positionals : ['fer-cnn', 'fer-vgg'];
const row = (cells) => console.log(`| ${cells.join(' | ')} |`);
const head = (cells) => {
  row(cells);
  row(cells.map(() => '---'));
};

const gpu = await nullGpu(values.lanes);
const steps = new Map();
for (const model of models) {
  const learner = new Learner(gpu, buildModel(model));
  steps.set(model, gridsOf(await learner.commands(values.batch)));
}
head([
  'step',
  'dispatches',
  'of one workgroup',
  `of fewer than ${MULTIPROCESSORS}`,
  'numbers for a thread in turns',
]);
for (const [model, grids] of steps) {
  const { dispatches, single, few, serial } = occupancyOf(grids);
  row([`\`${model}\`, batch ${values.batch}`, dispatches, single, few, serial]);
}
if (values.all) {
  for (const [model, grids] of steps) {
    const { head: titles, rows } = gridTable(grids);
    console.log(`\n${model}, batch ${values.batch}\n`);
    head(titles);
    rows.forEach(row);
  }
}
process.exit(0);
