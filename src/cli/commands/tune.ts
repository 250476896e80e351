import type { TuneResult } from '../../gpu/autotune.js';
import { openGpu } from '../../gpu/device.js';
import { tablePath } from '../../gpu/tuning_table.js';
import { MODEL_NAMES } from '../../nn/model_names.js';
import { buildModel } from '../../nn/models.js';
import { tuneModels } from '../../train/tune.js';
import { EXIT, UsageError } from '../../util/errors.js';
import { printable } from '../../util/printable.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { TuneArgs } from '../declarations/tune.js';
import { writeJson } from '../run_command.js';
import { table } from '../table.js';

/** `fer-tui tune`: finds the fastest correct kernels for this adapter. */
export async function tune(args: TuneArgs & GlobalArgs): Promise<number> {
  for (const [name, sizes] of Object.entries({ batch: args.batch, predict: args.predict })) {
    const bad = sizes.find((size) => !Number.isInteger(size) || size < 1 || size > 1024);
    if (bad !== undefined) throw new UsageError(`--${name} ${bad}: expected whole numbers from 1 to 1024`);
  }
  const models = (args.model.length > 0 ? args.model : MODEL_NAMES).map((name) => buildModel(name));
  const gpu = await openGpu({ adapter: args.adapter, profile: true });
  try {
    const begin = performance.now();
    const results = await tuneModels(
      gpu,
      { models, training: args.batch, inference: args.predict },
      { path: args.out, onProgress: (progress) => show(progress, (performance.now() - begin) / 1000, args) },
    );
    if (process.stderr.isTTY && !args.quiet) process.stderr.write('\r\x1b[2K');
    const path = args.out ?? tablePath(gpu.info);
    const wrong = results.filter((result) => Object.keys(result.wrong).length > 0);
    if (args.json) writeJson({ v: 1, type: 'result', adapter: gpu.info.name, path, results });
    else process.stdout.write(`${report(results)}\nsaved in ${printable(path)}\n`);
    for (const { key, wrong: ways } of wrong) {
      process.stderr.write(`WRONG on this adapter, and not used: ${key}: ${JSON.stringify(ways)}\n`);
    }
    return wrong.length > 0 ? EXIT.bug : EXIT.done;
  } finally {
    gpu.close();
  }
}

function show(
  { key, done, known }: { key: string; done: number; known: number },
  seconds: number,
  { quiet }: GlobalArgs,
): void {
  if (!process.stderr.isTTY || quiet) return;
  const left = done > 3 ? `  ETA ${Math.round((seconds / done) * (known - done))} s` : '';
  process.stderr.write(`\r\x1b[2Ktuning ${done + 1} of ${known}${left}  ${key}`.slice(0, 120));
}

function report(results: readonly TuneResult[]): string {
  const ms = (x: number | undefined): string => (x === undefined ? '-' : `${x.toPrecision(3)} ms`);
  const rows = results.map(({ key, way, times }) => {
    const rest = Object.entries(times).filter(([other]) => other !== way);
    return [key, way, ms(times[way]), rest.map(([other, time]) => `${other} ${ms(time)}`).join(', ')];
  });
  return table(['what', 'fastest', 'time', 'others'], rows);
}
