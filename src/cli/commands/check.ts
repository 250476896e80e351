import { runSanityChecks } from '../../train/sanity.js';
import { EXIT } from '../../util/errors.js';
import { DataReading } from '../data_args.js';
import type { CheckArgs } from '../declarations/check.js';
import type { GlobalArgs } from '../declarations/globals.js';
import { writeJson } from '../run_command.js';

/** `fer-tui check`: trains on small problems with known results. */
export async function check(args: CheckArgs & GlobalArgs): Promise<number> {
  const { data, adapter, json, quiet } = args;
  const onProgress = (message: string): void => void (quiet || process.stderr.write(`${message}\n`));
  const results = await runSanityChecks({ data, adapter, load: new DataReading(args).options, onProgress });
  const pass = results.every((result) => result.pass);
  if (json) writeJson({ v: 1, type: 'result', pass, checks: results });
  else {
    for (const r of results) {
      process.stdout.write(
        `${r.pass ? 'pass' : 'FAIL'}  ${r.name}: ${r.got.toFixed(4)}, expected ${r.expected} (${r.detail})\n`,
      );
    }
  }
  return pass ? EXIT.done : EXIT.bug;
}
