import { verify } from '../../train/verify.js';
import { padTo, widthOf } from '../../tui/text.js';
import { EXIT } from '../../util/errors.js';
import { printable } from '../../util/printable.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { VerifyArgs } from '../declarations/verify.js';
import { writeJson } from '../run_command.js';

/** `fer-tui verify`: says of each file whether it is intact. Exit code 5 if one is damaged. */
export async function verifyFiles({ paths, json }: VerifyArgs & GlobalArgs): Promise<number> {
  const verdicts = (await Promise.all(paths.map((path) => verify(path)))).flat();
  if (json) for (const verdict of verdicts) writeJson({ v: 1, type: 'file', ...verdict });
  else {
    const width = Math.max(...verdicts.map(({ path }) => widthOf(printable(path))));
    for (const { path, state, why } of verdicts) {
      process.stdout.write(
        `${padTo(printable(path), width)}  ${state}${why === '' ? '' : `: ${printable(why)}`}\n`,
      );
    }
  }
  return verdicts.some(({ state }) => state === 'damaged') ? EXIT.run : EXIT.done;
}
