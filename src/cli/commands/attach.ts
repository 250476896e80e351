import { findRun } from '../../train/runs.js';
import { detectCapability } from '../../tui/paint/capability.js';
import { UsageError } from '../../util/errors.js';
import type { AttachArgs } from '../declarations/attach.js';
import type { GlobalArgs } from '../declarations/globals.js';
import { hasScreen, isAccessible } from './tui.js';

/** Largest number of screen updates per second; a log is read once a second. */
const FPS = 15;

/** `fer-tui attach`: opens Train with a run that another process trains, or with one that has ended. */
export async function attach({
  run,
  ascii,
  color,
  graphics,
  mouse,
  theme,
  accessible,
}: AttachArgs & GlobalArgs): Promise<number> {
  const { path, name } = findRun(run);
  if (process.stdin.isTTY && isAccessible(accessible, process.env)) {
    const { runAccessible } = await import('../../tui/accessible.js');
    return runAccessible(path);
  }
  if (!hasScreen(process.env))
    throw new UsageError(`attach needs a terminal; without one: fer-tui runs show ${name}`);
  const { runTui } = await import('../../tui/main.js');
  const capability = detectCapability(process.env, true, { ascii, color, graphics, mouse, theme });
  return runTui({ fps: FPS, capability, screen: 'train', run: { show: path } });
}
