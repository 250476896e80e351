import { basename } from 'node:path';
import { checkFolder, inspectionJson, writeInspection } from '../../inspect/files.js';
import { inspect } from '../../inspect/inspect.js';
import { inspectionPage } from '../../pages/inspection.js';
import { weightsPath } from '../../train/shipped_models.js';
import { detectCapability } from '../../tui/paint/capability.js';
import { atomicWrite, needPlace } from '../../util/atomic_write.js';
import { EXIT, UsageError } from '../../util/errors.js';
import { printable } from '../../util/printable.js';
import { terminalSize } from '../../util/terminal_size.js';
import { DataReading } from '../data_args.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { InspectArgs } from '../declarations/inspect.js';
import { foreignOf, warnOfGuess } from '../foreign_args.js';
import { inspectionLines } from '../inspection_lines.js';
import { ProgressLine } from '../progress_line.js';
import { writeJson } from '../run_command.js';

/** `fer-tui inspect`: looks into a network. */
export async function inspectNetwork(args: InspectArgs & GlobalArgs): Promise<number> {
  const { image, data, split, sample, limit, layer, seed, adapter, skipUnknown } = args;
  const { out, html, json } = args;
  if (out !== undefined) checkFolder(out);
  if (html !== undefined) needPlace(html);
  const weights = weightsPath(args.weights);
  const reading = new DataReading(args);
  const progress = new ProgressLine(args.quiet);
  let found: Awaited<ReturnType<typeof inspect>>;
  try {
    found = await inspect({
      ...{ weights, name: args.weights ?? basename(weights, '.h5') },
      ...{ image, data, split, sample, limit, layer, seed, adapter, skipUnknown },
      class: args.class,
      methods: args.methods?.split(',').map((name) => name.trim()),
      channels: args.channels?.split(',').map(channelOf),
      foreign: foreignOf(args),
      load: reading.forModel,
      onProgress: progress.show.bind(progress),
    });
  } finally {
    progress.close();
  }
  const { saved, inspection } = found;
  warnOfGuess(saved, weights);
  const written = out === undefined ? 0 : writeInspection(out, inspection);
  if (html !== undefined) atomicWrite(html, inspectionPage(inspection));
  if (json) {
    writeJson({
      v: 1,
      type: 'result',
      ...reading.json(),
      out,
      html,
      ...inspectionJson(inspection, out !== undefined),
    });
    return EXIT.done;
  }
  const terminal = process.stdout.isTTY === true;
  const capability = detectCapability(process.env, terminal, args);
  const pictures = terminal && out === undefined && html === undefined;
  const width = terminalSize(process.stdout).cols;
  process.stdout.write(inspectionLines(inspection, { capability, pictures, width }));
  if (out !== undefined) process.stdout.write(`\n${printable(out)}: ${written} pictures and inspect.json\n`);
  if (html !== undefined) process.stdout.write(`\n${printable(html)}\n`);
  return EXIT.done;
}

function channelOf(text: string): number {
  const channel = Number(text);
  if (text.trim() !== '' && Number.isInteger(channel)) return channel;
  throw new UsageError(`--channels ${text}: expected numbers of channels, such as 0,5,7`);
}
