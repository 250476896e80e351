import { setTimeout as sleep } from 'node:timers/promises';
import type { Picture } from '../../src/util/picture.js';
import type { Detector } from '../../src/vision/detector.js';
import type { Box } from '../../src/vision/geometry.js';
import { VISION_DEFAULTS, visionOptions } from '../../src/vision/options.js';
import { type FaceClassifier, type FaceLog, Pipeline } from '../../src/vision/pipeline.js';
import type { FrameMessage, Message, VisionOptions } from '../../src/vision/protocol.js';
import type { Frame, FrameSource, SourceInfo } from '../../src/vision/source.js';
import type { VideoRecorder } from '../../src/vision/video_recorder.js';

const INFO: SourceInfo = {
  ...{ kind: 'camera', name: 'camera 0', width: 64, height: 48, fps: 0, live: true, stills: false },
};

/** A source made of what it answers, one read after another. */
export function scripted(
  reads: readonly (Partial<Frame> | Error | undefined)[],
  info: Partial<SourceInfo> = {},
  pauseMs = 0,
): FrameSource {
  let index = 0;
  return {
    info: { ...INFO, ...info },
    read: async () => {
      const next = reads[index];
      if (pauseMs > 0) await sleep(pauseMs);
      if (next instanceof Error) throw next;
      if (next === undefined) return undefined;
      const size = { width: 64, height: 48 };
      const picture = { ...size, channels: 3 as const, data: new Uint8Array(64 * 48 * 3) };
      return { index, t: index++ / 10, picture, ...next };
    },
    close: () => undefined,
  };
}

const SURE = [0.1, 0.7, 0.2];
/** Always sure of the second of three. */
export const CLASSIFIER: FaceClassifier = {
  classes: ['A', 'B', 'C'],
  classify: async (_, count) => Float32Array.from({ length: 3 * count }, (_, i) => SURE[i % 3] ?? 0),
};
export const FACE: Box = { x: 10, y: 8, width: 20, height: 20 };

/** Runs a pipeline whose detector finds these boxes in every frame. */
export async function run(
  source: FrameSource,
  boxes: Box[],
  rest: Partial<VisionOptions> & {
    readonly classifier?: FaceClassifier;
    readonly recorder?: VideoRecorder;
    readonly table?: FaceLog;
    readonly detect?: Detector['detect'];
    /** Whether `detect` wants the colour picture. */
    readonly colour?: boolean;
  } = {},
  onMessage: (message: Message, pipeline: Pipeline) => void = () => undefined,
) {
  const {
    classifier = CLASSIFIER,
    recorder,
    table,
    colour = false,
    detect = async () => boxes,
    ...own
  } = rest;
  const options = visionOptions('demo', VISION_DEFAULTS, { pace: 'ordered', normalise: 'none', ...own });
  const messages: Message[] = [];
  const parts = { source, detector: { colour, detect }, classifier, recorder, table };
  const pipeline: Pipeline = new Pipeline(parts, options, async (message) => {
    messages.push(message);
    onMessage(message, pipeline);
  });
  const summary = await pipeline.run();
  const frames = messages.filter((message): message is FrameMessage => message.type === 'frame');
  return { messages, frames, summary };
}

/** A picture in which no two places are alike. */
export const picture: Picture = {
  ...{ width: 64, height: 48, channels: 3 },
  data: Uint8Array.from({ length: 64 * 48 * 3 }, (_, i) => (i * 7 + Math.floor(i / 192) * 3) % 256),
};
