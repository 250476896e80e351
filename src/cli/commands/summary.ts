import { existsSync } from 'node:fs';
import { EXPORT_FORMATS } from '../../formats/export_formats.js';
import { keptBy } from '../../formats/export_losses.js';
import { networkCosts } from '../../nn/cost.js';
import { MODEL_NAMES } from '../../nn/model_names.js';
import { buildModel } from '../../nn/models.js';
import type { Network } from '../../nn/network.js';
import { shippedModels, weightsPath } from '../../train/shipped_models.js';
import { softmaxText } from '../../train/softmax_text.js';
import { type Verdict, verify } from '../../train/verify.js';
import { openArchitecture } from '../../train/weights.js';
import { EXIT, UsageError } from '../../util/errors.js';
import { printable } from '../../util/printable.js';
import { leadsNowhere } from '../../util/system_reason.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { SummaryArgs } from '../declarations/summary.js';
import { writeJson } from '../run_command.js';
import { table } from '../table.js';

/** The file of a network in models/ that has no architecture of the same name. */
function shipped(name: string): string | undefined {
  const known: readonly string[] = MODEL_NAMES;
  return !known.includes(name) && shippedModels().includes(name) ? weightsPath(name) : undefined;
}

/** `fer-tui summary`: prints a built-in network, or that of a file, in the layout of Keras's `summary`. */
export async function summary({ network: named, model, json }: SummaryArgs & GlobalArgs): Promise<number> {
  const path = shipped(named) ?? named;
  // No built-in network has a dot or a slash in its name: with one, a file is meant, even if it is missing.
  const isFile = existsSync(path) || leadsNowhere(path) || /[./\\]/.test(path);
  if (!isFile && model !== undefined) {
    throw new UsageError(
      `--model ${model}: it is for a file that holds only weights, and ${named} is no file`,
    );
  }
  const foreign = { architecture: model };
  const { network, softmaxAdded } = isFile
    ? await openArchitecture(path, foreign)
    : { network: buildModel(named), softmaxAdded: false };
  const [verdict] = isFile ? await verify(path, foreign) : [];
  const { name, rows, trainable, nonTrainable } = network.summary();
  const costs = networkCosts(network);
  const layers = rows.map((row, i) => ({ ...row, ...costs[i] }));
  const flop = costs.reduce((sum, cost) => sum + cost.flop, 0);
  const bytes = costs.reduce((sum, cost) => sum + cost.bytes, 0);
  const total = trainable + nonTrainable;
  if (json) {
    const sizes = { layers, total, trainable, nonTrainable, flop, bytes };
    writeJson({
      v: 1,
      type: 'result',
      model: name,
      ...sizes,
      ...(verdict && { file: verdict.state, softmaxAdded }),
    });
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
    `Model: "${printable(name)}"\n\n${table(head, lines)}
Total params: ${count(total)}
Trainable params: ${count(trainable)}
Non-trainable params: ${count(nonTrainable)}
Forward, 1 image: ${megaflop(flop)} MFLOP (a multiply-add is 2), outputs of ${kibibytes(bytes)} KiB; training: about 3 times the operations\n${exportText(network)}${verdictText(verdict)}${softmaxAdded ? `${softmaxText(printable(named))}\n` : ''}`,
  );
  return EXIT.done;
}

/** What formats do not keep of a network; a line for each that does not keep all. */
function exportText(network: Network): string {
  const lines = EXPORT_FORMATS.flatMap((to) => {
    const { objection, lost } = keptBy(to, network);
    if (objection !== undefined) return [`Export to ${to}: not possible, ${objection}`];
    return lost.length > 0 ? [`Export to ${to}: without ${lost.join(', and without ')}`] : [];
  });
  return lines.map((line) => `${printable(line)}\n`).join('');
}

/** What is known of the file's numbers. */
function verdictText(verdict: Verdict | undefined): string {
  if (verdict === undefined) return '';
  const { state, why } = verdict;
  if (state === 'verified') return 'File: verified by its checksum\n';
  return `File: ${state === 'readable' ? 'unverified' : 'damaged'}: ${printable(why)}\n`;
}
