import { detectCapability } from '../../tui/paint/capability.js';
import { EXIT } from '../../util/errors.js';
import { visionOptions } from '../../vision/options.js';
import type { VisionOptions } from '../../vision/protocol.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { WebcamArgs } from '../declarations/webcam.js';
import { settingsOf } from '../vision_args.js';
import { faceJson, facesWords, type Lines, runLines } from '../vision_lines.js';
import { hasScreen, wantsAccessible } from './tui.js';

/** Largest number of frames per second drawn in the terminal. */
const SCREEN_FPS = 15;

const LINES: Lines = {
  plain: ({ frame, t, faces, leftOut }) => `frame ${frame}  ${t.toFixed(2)} s  ${facesWords(faces, leftOut)}`,
  json: ({ frame, t, faces, leftOut, path }, classes) => ({
    ...{ type: 'frame', frame, t: Number(t.toFixed(3)), found: faces.length > 0 },
    faces: faces.map((face) => faceJson(face, classes)),
    leftOut,
    ...(path !== undefined && { path }),
  }),
  exit: ({ unread }) => (unread > 0 ? EXIT.data : EXIT.done),
};

/** `fer-tui webcam`: opens the Webcam screen in a terminal, otherwise prints one line per frame. */
export async function webcam(args: WebcamArgs & GlobalArgs): Promise<number> {
  const { smoothing, mirror, reconnect, every, maxFrames, record, headless, json } = args;
  const settings = {
    ...settingsOf(args),
    snapshots: args.snapshot,
    smoothing,
    mirror,
    reconnect,
    every,
    maxFrames,
    record,
  };
  if (!headless && !json && hasScreen(process.env) && !wantsAccessible(false, process.env)) {
    return onScreen(visionOptions(args.source, settings, { pace: 'live' }), args);
  }
  const options = visionOptions(args.source, settings, { pace: 'ordered', snapshotFaces: true });
  // A live source does not wait for the classifier, so frames may be dropped.
  const live = options.source.kind === 'camera' || options.source.kind === 'stream';
  return runLines(live ? { ...options, pace: 'live' } : options, args, LINES);
}

/** Opens the Webcam screen of the terminal UI. */
async function onScreen(
  options: VisionOptions,
  { ascii, color, graphics, mouse, theme }: WebcamArgs & GlobalArgs,
): Promise<number> {
  const { runTui } = await import('../../tui/main.js');
  return runTui({
    fps: SCREEN_FPS,
    capability: detectCapability(process.env, true, { ascii, color, graphics, mouse, theme }),
    screen: 'webcam',
    own: { webcam: { options, mirror: options.mirror, smoothed: options.smoothing > 0 } },
  });
}
