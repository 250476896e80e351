import { detectCapability } from '../../tui/paint/capability.js';
import { UsageError } from '../../util/errors.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { TuiArgs } from '../declarations/tui.js';

/** Whether the user wants the accessible mode: lines of text and numbered menus instead of a screen. */
export function wantsAccessible(accessible: boolean, env: NodeJS.ProcessEnv): boolean {
  return accessible || env['ACCESSIBLE'] === '1' || env['INK_SCREEN_READER'] === 'true';
}

/** The same, or whether the terminal cannot repaint lines. */
export const isAccessible = (accessible: boolean, env: NodeJS.ProcessEnv): boolean =>
  wantsAccessible(accessible, env) || env['TERM'] === 'dumb';

/** Whether stdin and stdout are a terminal that can show a screen. */
export function hasScreen(env: NodeJS.ProcessEnv): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true && env['TERM'] !== 'dumb';
}

/** `fer-tui` and `fer-tui tui`: opens the terminal UI. */
export async function tui(args: TuiArgs & GlobalArgs): Promise<number> {
  const { screen, fps, ascii, color, graphics, mouse, theme, replay } = args;
  if (!(fps >= 1 && fps <= 60)) throw new UsageError(`fps = ${fps}: expected a number in [1, 60]`);
  if (isAccessible(args.accessible, process.env)) {
    const { runAccessible } = await import('../../tui/accessible.js');
    return runAccessible();
  }
  const { runTui } = await import('../../tui/main.js');
  const options = {
    fps,
    capability: detectCapability(process.env, true, { ascii, color, graphics, mouse, theme }),
  };
  if (replay !== undefined) {
    const { ReplayEngine } = await import('../../engine/replay.js');
    const engine = ReplayEngine.ofFile(replay, { eventsPerSecond: args.replaySpeed });
    return runTui({ ...options, engine, run: { settings: {} }, screen: screen ?? 'train' });
  }
  return runTui({ ...options, ...(screen !== undefined && { screen }) });
}
