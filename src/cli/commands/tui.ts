import type { GlobalArgs } from '../global_args.js';

export interface TuiArgs {
  readonly screen?: string;
  readonly fps: number;
  readonly ascii: boolean;
  readonly accessible: boolean;
}

/** `fer-tui` and `fer-tui tui` in a terminal. */
export async function tui({ screen, fps, ascii }: TuiArgs & GlobalArgs): Promise<number> {
  const { runTui } = await import('../../tui/main.js');
  return runTui({
    fps,
    capability: { color: process.env['NO_COLOR'] ? 'none' : '16', glyphs: ascii ? 'ascii' : 'unicode' },
    ...(screen !== undefined && { screen: screen as never }),
  });
}
