/** What the candidates have reached, as the table of docs/results.md. */
import { buildModel } from '../../dist/index.js';
import { networkCosts } from '../../dist/nn/cost.js';
import { ARCHITECTURES } from './architectures.mjs';
import { BASE, CANDIDATES } from './list.mjs';

/** The result of a candidate with one seed and budget; undefined before its training. */
export function resultOf(results, { candidate, seed, limit, epochs }) {
  return results.find(
    (one) => one.candidate === candidate && one.seed === seed && one.limit === limit && one.epochs === epochs,
  );
}

/**
 * The results of one budget as a Markdown table, the best mean accuracy first. The last column compares a candidate with the
 * base on the seeds that both were trained with.
 * @param {{ candidate: string, seed: number, limit: number, epochs: number, acc: number, loss: number }[]} results
 * @param {{ limit: number, epochs: number, seeds: number[], candidates?: typeof CANDIDATES }} budget
 */
export function candidatesTable(results, { limit, epochs, seeds, candidates = CANDIDATES }) {
  const [[, baseName]] = CANDIDATES;
  const resultsOf = (candidate) => seeds.map((seed) => resultOf(results, { candidate, seed, limit, epochs }));
  const base = resultsOf(baseName);
  const rows = candidates
    .map(([group, name, changes]) => ({ group, name, changes, ends: resultsOf(name) }))
    .filter(({ ends }) => ends.some((end) => end !== undefined))
    .map((row) => ({ ...row, accuracy: mean(row.ends, 'acc') }))
    .sort((a, b) => b.accuracy - a.accuracy)
    .map(({ group, name, changes, ends, accuracy }) => {
      const pairs = ends.flatMap((end, i) => (end && base[i] ? [end.acc - base[i].acc] : []));
      return [
        ...[name, group, ...ends.map((end) => (end ? percent(end.acc) : '')), percent(accuracy)],
        ...[mean(ends, 'loss').toFixed(3), mflop(changes).toFixed(0)],
        pairs.length === 0 ? '' : signed(pairs.reduce((a, b) => a + b) / pairs.length),
      ];
    });
  const head = ['candidate', 'changes', ...seeds.map((seed) => `seed ${seed}`)];
  head.push('mean', 'loss', 'MFLOP an image', 'against the base');
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

const percent = (x) => `${(100 * x).toFixed(1)} %`;
const signed = (x) => `${x < 0 ? '' : '+'}${(100 * x).toFixed(1)}`;

function mean(ends, key) {
  const values = ends.flatMap((end) => (end ? [end[key]] : []));
  return values.reduce((a, b) => a + b) / values.length;
}

/** Operations of a forward pass of the candidate's network, in millions; a multiply-add counts as two. */
function mflop(changes) {
  const { model, architecture, filters, dense, convolutions, activation } = { ...BASE, ...changes };
  const numbers = (list) => list?.split(',').map(Number);
  const options = { filters: numbers(filters), dense: numbers(dense), convolutions, activation };
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const network = architecture === undefined ? buildModel(model, given) : ARCHITECTURES[architecture]();
  return networkCosts(network).reduce((sum, { flop }) => sum + flop, 0) / 1e6;
}
