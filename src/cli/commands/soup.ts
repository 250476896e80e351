import { makeSoup } from '../../ensemble/soup.js';
import { weightsPath } from '../../train/shipped_models.js';
import { EXIT } from '../../util/errors.js';
import { printable } from '../../util/printable.js';
import { DataReading } from '../data_args.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { SoupArgs } from '../declarations/soup.js';
import { foreignOf } from '../foreign_args.js';
import { ProgressLine } from '../progress_line.js';
import { writeJson } from '../run_command.js';
import { table } from '../table.js';

/** `fer-tui soup`: averages the weights of several networks. */
export async function soup(args: SoupArgs & GlobalArgs): Promise<number> {
  const { out, method, data, limit, adapter, skipUnknown } = args;
  const weights = args.weights.map(weightsPath);
  const reading = new DataReading(args);
  const progress = new ProgressLine(args.quiet);
  const report = await makeSoup({
    ...{ weights, out, method, data, limit, adapter, skipUnknown },
    foreign: foreignOf(args),
    load: reading.forModel,
    onProgress: progress.show.bind(progress),
  }).finally(() => progress.close());
  if (args.json) {
    writeJson({ v: 1, type: 'result', ...reading.json(), out, data, method, ...report });
    return EXIT.done;
  }
  const row = (name: string, of: { accuracy: number; loss: number }, used: string): string[] => [
    name,
    `${(100 * of.accuracy).toFixed(2)} %`,
    of.loss.toFixed(4),
    used,
  ];
  const rows = report.members.map((member) => row(member.weights, member, member.used ? 'yes' : 'no'));
  process.stdout.write(
    `${report.count.toLocaleString('en')} validation images\n\n${table(['network', 'accuracy', 'loss', 'in the soup'], [...rows, row(`${method} soup`, report.soup, '')])}\n${printable(out)}\n`,
  );
  return EXIT.done;
}
