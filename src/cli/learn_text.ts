import { loadDataset } from '../data/load.js';
import { openGpu } from '../gpu/device.js';
import { Dissection } from '../learn/dissection.js';
import type { LearnRequest, LoadData } from '../learn/source.js';
import { walk, walkText } from '../learn/walk.js';
import { EXIT } from '../util/errors.js';
import { DataReading } from './data_args.js';
import type { GlobalArgs } from './declarations/globals.js';
import type { LearnArgs } from './declarations/learn.js';
import { ProgressLine } from './progress_line.js';
import { writeJson } from './run_command.js';

/** Takes a training step apart, and prints it as text or JSON. Returns the exit code. */
export async function learnAsText(request: LearnRequest, args: LearnArgs & GlobalArgs): Promise<number> {
  const gpu = await openGpu({ adapter: args.adapter });
  try {
    const reading = new DataReading({ skipBad: args.skipBad });
    const load: LoadData = (path, own) =>
      loadDataset(path, { ...reading.options, ...own, skipBad: args.skipBad || own.skipBad === true });
    const progress = new ProgressLine(args.json || args.quiet);
    const dissection = await Dissection.open(gpu, request, load, (done, total) =>
      progress.show('compiling kernels', done, total),
    ).finally(() => progress.close());
    const { stage, layer, weight, kernels } = args;
    const report = await walk(dissection, { stage, layer, weight, kernels });
    if (args.json) writeJson({ v: 1, type: 'result', ...reading.json(), ...withPlainArrays(report) });
    else process.stdout.write(`${walkText(report).join('\n')}\n`);
    await dissection.dispose();
    return EXIT.done;
  } finally {
    gpu.close();
  }
}

/** Typed arrays as arrays: JSON would write them as objects. */
function withPlainArrays(value: object): object {
  const text = JSON.stringify(value, (_, part: unknown) =>
    part instanceof Float32Array || part instanceof Uint8Array ? Array.from(part) : part,
  );
  return JSON.parse(text) as object;
}
