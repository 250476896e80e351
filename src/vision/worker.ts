import { setPriority } from 'node:os';
import { basename, dirname, extname } from 'node:path';
import type { FaceHeat } from '../inspect/face_heat.js';
import type { Member } from '../train/ensemble.js';
import { softmaxText } from '../train/softmax_text.js';
import { onParentGone } from '../util/endings.js';
import { EXIT, FerError } from '../util/errors.js';
import { FaceTable } from './face_table.js';
import { checkNewFile } from './new_file.js';
import { openDetector } from './open_detector.js';
import { openSource } from './open_source.js';
import { loadOpenCv, type OpenCv } from './opencv.js';
import { type FaceClassifier, Pipeline } from './pipeline.js';
import type { Command, Message, VisionOptions } from './protocol.js';
import type { FrameSource } from './source.js';
import { checkVideoName, VideoRecorder } from './video_recorder.js';

/**
 * The vision process: it captures frames, detects faces and classifies them. As it is a process of its own, the screen survives
 * when a camera driver or OpenCV hangs, crashes or prints. It ends with its source or its parent, whichever ends first.
 */
const PRIORITY = 5; // niceness: lower priority than the screen, higher than training
/** Frame rate of a recorded video when the source does not report one. */
const RECORD_FPS = 15;
/** Time to finish a recorded video after the parent has ended. */
const PATIENCE_MS = 1000;

/** Stands in for a model where faces are only found. */
const UNCLASSIFIED: FaceClassifier = {
  classes: [''],
  classify: async (_, count) => new Float32Array(count).fill(1),
};

setPriority(PRIORITY);

let pipeline: Pipeline | undefined;
let models: Awaited<ReturnType<typeof openModels>> | undefined;
let cv: OpenCv | undefined;
let untaken = 0;
let taken: () => void = () => undefined;

const openCv = (): OpenCv => {
  cv ??= loadOpenCv();
  return cv;
};

/** Sends a message. After a frame, it waits until the parent has received the previous one, so that frames do not pile up. */
async function emit(message: Message): Promise<void> {
  if (!process.connected) return;
  process.send?.(message);
  if (message.type !== 'frame') return;
  untaken++;
  while (untaken > 1 && process.connected) {
    await new Promise<void>((resolve) => {
      taken = resolve;
    });
  }
}

async function start(options: VisionOptions): Promise<void> {
  if (options.record !== undefined) checkVideoName(options.record);
  if (options.csv !== undefined) checkNewFile('--csv', options.csv);
  const source = await openSource(options.source, openCv, {
    tries: options.reconnect,
    tell: (text) => emit({ type: 'note', text }),
  });
  try {
    const drawn = source.info.kind === 'demo';
    await emit({ type: 'opened', source: source.info, drawn });
    const detector = drawn ? undefined : openDetector(openCv(), options.detector);
    models = options.locate ? undefined : await openModels(options);
    const classifier = models === undefined ? UNCLASSIFIED : await models.open(options.weights);
    const recorder = options.record === undefined ? undefined : record(options.record, source, openCv());
    const table = options.csv === undefined ? undefined : new FaceTable(options.csv, classifier.classes);
    pipeline = new Pipeline({ source, detector, classifier, recorder, table }, options, emit);
    const summary = await pipeline.run();
    finish({ type: 'ended', ...summary });
  } finally {
    source.close();
    models?.close();
  }
}

function record(path: string, { info }: FrameSource, binding: OpenCv): VideoRecorder {
  return new VideoRecorder(binding, path, info.fps || RECORD_FPS, info);
}

/** A model's name for the user: `best of r1` for a checkpoint of a run, else its file name without the extension. */
function nameOf(path: string): string {
  const name = basename(path, extname(path));
  return /^(best|last)$/.test(name) ? `${name} of ${basename(dirname(path))}` : name;
}

/** Opens the device, on which models can then be opened. */
async function openModels({ adapter, foreign, tta }: VisionOptions) {
  const { openGpu } = await import('../gpu/device.js');
  const { Classifier } = await import('../train/classifier.js');
  const gpu = await openGpu({ adapter });
  let open: Member | undefined;
  let heat: Promise<FaceHeat> | undefined;
  return {
    async open(weights: readonly string[] | undefined) {
      const classifier = await Classifier.open(gpu, weights, { foreign, tta });
      const { members, classesGuessed, softmaxAdded } = classifier.ensemble;
      open = classifier.leader;
      const { path } = open;
      heat = undefined;
      // Compile the kernels now, so that the first frame does not wait.
      const [height, width] = classifier.inputSize;
      await classifier.classify(new Uint8Array(height * width), 1, height, width);
      const name = members.map((member) => nameOf(member.path)).join(' + ');
      const files = members.map((member) => ({ weights: member.path, share: member.share }));
      await emit({
        type: 'model',
        weights: files.length === 1 ? path : files,
        name,
        classes: classifier.classes,
      });
      for (const file of softmaxAdded) await emit({ type: 'note', text: softmaxText(file) });
      if (classesGuessed) {
        const text = `${path} does not name its classes; assuming ${classifier.classes.join(', ')}: give --classes if that is wrong`;
        await emit({ type: 'note', text });
      }
      return classifier;
    },
    /** Grad-CAM of the open model, in an ensemble of its leader, prepared at the first call. Throws InapplicableError where it has no convolution. */
    async heat(): Promise<FaceHeat | undefined> {
      const { FaceHeat } = await import('../inspect/face_heat.js');
      heat ??= open && FaceHeat.open(gpu, open.saved, open.path);
      return heat;
    },
    close: () => gpu.close(),
  };
}

/** Covers the faces with Grad-CAM of the open model from now on. Throws InapplicableError; then they are shown as they are. */
async function explain(running: Pipeline, open: NonNullable<typeof models>): Promise<void> {
  running.explainer = undefined;
  running.explainer = await open.heat();
}

/** Applies a command to the running pipeline. Throws RunError, after which the pipeline runs on unchanged. */
async function steer(running: Pipeline, command: Command): Promise<void> {
  switch (command.type) {
    case 'freeze':
      running.freeze(command.on);
      break;
    case 'mirror':
      running.mirror = command.on;
      break;
    case 'smoothing':
      running.smoothing = command.seconds;
      break;
    case 'model':
      if (models === undefined) break;
      running.classifier = await models.open(command.weights);
      if (running.explainer !== undefined) await explain(running, models);
      break;
    case 'heat':
      if (command.on && models !== undefined) await explain(running, models);
      else running.explainer = undefined;
      break;
    case 'photo': {
      const path = running.photo(command.folder);
      await emit(
        path === undefined
          ? { type: 'note', text: 'there is no picture to save yet' }
          : { type: 'photo', path },
      );
      break;
    }
    default:
  }
}

function messageOf(error: unknown): string {
  if (error instanceof FerError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function fail(error: unknown): void {
  const exit = error instanceof FerError ? error.exitCode : EXIT.bug;
  finish({ type: 'failed', message: messageOf(error), exit });
}

/** Exits when the last message, and all before it, have been sent. */
function finish(last: Message): void {
  const leave = (): never => process.exit(EXIT.done);
  if (process.connected) process.send?.(last, leave);
  else leave();
}

process.on('message', (command: Command) => {
  switch (command.type) {
    case 'start':
      start(command.options).catch(fail);
      break;
    case 'taken':
      untaken = Math.max(0, untaken - 1);
      taken();
      break;
    case 'stop':
      if (pipeline === undefined) process.exit(EXIT.done);
      pipeline.stop();
      break;
    default:
      if (pipeline !== undefined) {
        steer(pipeline, command).catch((error: unknown) => emit({ type: 'note', text: messageOf(error) }));
      }
  }
});
onParentGone(() => {
  if (pipeline === undefined) process.exit(EXIT.done);
  pipeline.stop(); // finishes a recorded video; then the process exits
  taken();
  setTimeout(() => process.exit(EXIT.done), PATIENCE_MS).unref();
});
