import { existsSync } from 'node:fs';
import { networkCosts } from '../../nn/cost.js';
import { buildModel } from '../../nn/models.js';
import { openNetwork } from '../../train/weights.js';
import { EXIT } from '../../util/errors.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { SummaryArgs } from '../declarations/summary.js';
import { writeJson } from '../run_command.js';
import { table } from '../table.js';

/** `fer-tui summary`: prints a built-in network, or that of a file, in the layout of Keras's `summary`. */
export async function summary({ model, json }: SummaryArgs & GlobalArgs): Promise<number> {
  const network = existsSync(model) ? await openNetwork(model) : buildModel(model);
  const { name, rows, trainable, nonTrainable } = network.summary();
  const costs = networkCosts(network);
  const layers = rows.map((row, i) => ({ ...row, ...costs[i] }));
  const flop = costs.reduce((sum, cost) => sum + cost.flop, 0);
  const bytes = costs.reduce((sum, cost) => sum + cost.bytes, 0);
  const total = trainable + nonTrainable;
  if (json) {
    writeJson({ v: 1, type: 'result', model: name, layers, total, trainable, nonTrainable, flop, bytes });
    return EXIT.done;
  }
  const shape = (output: readonly (number | null)[]): string =>
    `(${output.map((n) => n ?? 'None').join(', ')})`;
  const megaflop = (n: number): string => (n / 1e6).toFixed(2);
  const kibibytes = (n: number): string => (n / 1024).toFixed(1);
  const count = (n: number): string => n.toLocaleString('en');
  const branched = !network.isChain;
  const lines = layers.map(({ layer, type, output, params, from, flop = 0, bytes = 0 }) => [
    `${layer} (${type})`,
    shape(output),
    count(params),
    megaflop(flop),
    kibibytes(bytes),
    ...(branched ? [from.join(', ') || 'images'] : []),
  ]);
  const head = [
    'Layer (type)',
    'Output Shape',
    'Param #',
    'MFLOP',
    'KiB',
    ...(branched ? ['Connected to'] : []),
  ];
  process.stdout.write(
    `Model: "${name}"\n\n${table(head, lines)}
Total params: ${count(total)}
Trainable params: ${count(trainable)}
Non-trainable params: ${count(nonTrainable)}
Forward, 1 image: ${megaflop(flop)} MFLOP (a multiply-add is 2), outputs of ${kibibytes(bytes)} KiB; training: about 3 times the operations\n`,
  );
  return EXIT.done;
}
