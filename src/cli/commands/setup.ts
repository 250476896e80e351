import type { GlobalArgs } from '../declarations/globals.js';
import type { SetupArgs } from '../declarations/setup.js';
import { writeJson } from '../run_command.js';
import { runSetupScript } from '../setup_script.js';

/** `fer-tui setup`. Exit code 7 where the camera was asked for and will not work. */
export async function setup({ part, json }: SetupArgs & GlobalArgs): Promise<number> {
  const exit = await runSetupScript(part === undefined ? [] : [`--${part}`]);
  if (json) writeJson({ v: 1, type: 'setup', part: part ?? 'all', exit });
  return exit;
}
