import type { ScreenName } from '../../tui/app_state.js';
import { detectCapability } from '../../tui/paint/capability.js';
import type { GlobalArgs } from '../global_args.js';

export interface TuiArgs {
  readonly screen?: ScreenName;
  readonly fps: number;
  readonly ascii: boolean;
  readonly accessible: boolean;
}

/** `fer-tui` and `fer-tui tui` in a terminal. */
export async function tui({ screen, fps, ascii, color }: TuiArgs & GlobalArgs): Promise<number> {
  const { runTui } = await import('../../tui/main.js');
  return runTui({
    fps,
    capability: detectCapability(process.env, true, { ascii, color }),
    ...(screen !== undefined && { screen }),
  });
}
