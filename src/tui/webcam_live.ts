import { existsSync } from 'node:fs';
import { VISION_DEFAULTS, visionOptions } from '../vision/options.js';
import { type Vision, VisionProcess } from '../vision/process.js';
import type { FrameMessage, Message, Summary, VisionOptions } from '../vision/protocol.js';
import type { SourceInfo } from '../vision/source.js';
import type { Actions } from './screen_module.js';

/** How far the vision process has come. */
export type WebcamPhase = 'off' | 'opening' | 'model' | 'live' | 'ended' | 'failed';

export interface WebcamState {
  /** What to look at and how; undefined: the first camera, or drawn faces where there is none. */
  readonly options: VisionOptions | undefined;
  readonly vision: Vision | undefined;
  readonly phase: WebcamPhase;
  /** When the phase began; milliseconds of `Date.now`, as all times here. */
  readonly since: number;
  readonly source: SourceInfo | undefined;
  readonly drawn: boolean;
  readonly model: { readonly name: string; readonly classes: readonly string[] } | undefined;
  readonly frame: FrameMessage | undefined;
  readonly frameAt: number;
  /** When a face was last found. */
  readonly seenAt: number | undefined;
  readonly frozen: boolean;
  readonly mirror: boolean;
  readonly smoothed: boolean;
  /** Track of the face that the bars are about; the largest where it is gone. */
  readonly focus: number | undefined;
  readonly summary: Summary | undefined;
  readonly failure: string | undefined;
}

export const WEBCAM_OFF: WebcamState = {
  ...{ options: undefined, vision: undefined, phase: 'off', since: 0, source: undefined, drawn: false },
  ...{ model: undefined, frame: undefined, frameAt: 0, seenAt: undefined, frozen: false, mirror: false },
  ...{ smoothed: true, focus: undefined, summary: undefined, failure: undefined },
};

type Act = Actions<WebcamState>;

/** The default folder of photos. */
const PHOTOS = 'snapshots';
/** Largest picture that is sent to the screen, in pixels: what 160 x 60 cells can show. */
const VIEW = { width: 320, height: 240 };

/** Starts a vision process for the source that the state names, and stops the previous one. */
export function startVision(act: Act): void {
  const { options: given, mirror, smoothed, source, phase } = act.state;
  const usual = given ?? usualOptions(act);
  // Only the first start records to files. A second one would have to overwrite them, which is refused.
  const options = source === undefined ? usual : { ...usual, record: undefined, csv: undefined };
  if (phase !== 'off') act.setApp({ note: undefined }); // it was about the previous source
  void stopVision(act);
  const smoothing = smoothed ? options.smoothing : 0;
  const vision = new VisionProcess({ ...options, mirror, smoothing, view: VIEW }, (message) => {
    if (act.state.vision === vision) receive(act, message);
  });
  act.set({
    ...WEBCAM_OFF,
    ...{ options, vision, mirror, smoothed, phase: 'opening', since: Date.now() },
  });
}

/** The first camera, or drawn faces. */
function usualOptions({ app }: Pick<Act, 'app'>): VisionOptions {
  const { weights } = app.workspace;
  const options = visionOptions(existsSync('/dev/video0') ? '0' : 'demo', VISION_DEFAULTS, { pace: 'live' });
  return weights === '' ? options : { ...options, weights: [weights] };
}

/** Releases the camera. Resolves when it is free and a recorded video is complete. */
export async function stopVision(act: Act): Promise<void> {
  const { vision } = act.state;
  if (vision === undefined) return;
  act.set({ ...WEBCAM_OFF, ...keptOf(act.state) });
  await vision.close();
}

function keptOf({ options, mirror, smoothed }: WebcamState): Partial<WebcamState> {
  return { options, mirror, smoothed };
}

function receive(act: Act, message: Message): void {
  const now = Date.now();
  switch (message.type) {
    case 'opened':
      act.set({ phase: 'model', since: now, source: message.source, drawn: message.drawn });
      break;
    case 'model':
      act.set({ model: message });
      break;
    case 'frame':
      act.set({
        ...{ phase: 'live', frame: message, frameAt: now },
        ...(message.faces.length > 0 && { seenAt: now }),
      });
      break;
    case 'photo':
      act.note(`photo saved as ${message.path}`, 'good');
      break;
    case 'unread':
      act.note(message.message, 'bad');
      break;
    case 'note':
      act.note(message.text);
      break;
    case 'ended':
      act.set({ phase: 'ended', since: now, summary: message, vision: undefined });
      if (message.record !== undefined) act.note(`video saved as ${message.record}`, 'good');
      break;
    case 'failed':
      act.set({ phase: 'failed', since: now, failure: message.message, vision: undefined });
  }
}

export function freeze(act: Act): void {
  const frozen = !act.state.frozen;
  act.state.vision?.send({ type: 'freeze', on: frozen });
  act.set({ frozen, frameAt: Date.now() });
}

export function mirror(act: Act): void {
  const on = !act.state.mirror;
  act.state.vision?.send({ type: 'mirror', on });
  act.set({ mirror: on });
}

export function smooth(act: Act): void {
  const on = !act.state.smoothed;
  const seconds = on ? act.state.options?.smoothing || VISION_DEFAULTS.smoothing : 0;
  act.state.vision?.send({ type: 'smoothing', seconds });
  act.set({ smoothed: on });
}

/** Turns on or off: shows on the faces where the model finds the evidence for its answer (Grad-CAM). */
export function heat(act: Act): void {
  act.state.vision?.send({ type: 'heat', on: act.state.frame?.heatMs === undefined });
}

export function photo(act: Act): void {
  act.state.vision?.send({ type: 'photo', folder: act.state.options?.snapshots ?? PHOTOS });
}

/** Shows the bars of the next face, from left to right. */
export function nextFace(act: Act): void {
  const faces = [...(act.state.frame?.faces ?? [])].sort((a, b) => a.box.x - b.box.x);
  const at = faces.findIndex(({ track }) => track === focusOf(act.state));
  const next = faces[(at + 1) % Math.max(1, faces.length)];
  if (next !== undefined) act.set({ focus: next.track });
}

/** The face in focus: the chosen one as long as it is there, else the largest; 0 without any. */
export function focusOf({ focus, frame }: Pick<WebcamState, 'focus' | 'frame'>): number {
  const faces = frame?.faces ?? [];
  return (faces.find(({ track }) => track === focus) ?? faces[0])?.track ?? 0;
}

/** Changes the source, and keeps all other options. Throws CameraError, UsageError. */
export function changeSource(act: Act, text: string): void {
  const { source } = visionOptions(text, VISION_DEFAULTS, { pace: 'live' });
  act.set({ options: { ...(act.state.options ?? usualOptions(act)), source } });
  startVision(act);
}

/** Changes to another model, or to several that vote: at once if the process is running, else by starting it. */
export function changeModel(act: Act, weights: readonly string[]): void {
  act.set({ options: { ...(act.state.options ?? usualOptions(act)), weights } });
  if (act.state.phase === 'live') act.state.vision?.send({ type: 'model', weights });
  else startVision(act);
}
