import { setTimeout as sleep } from 'node:timers/promises';
import { type Picture, toGray } from '../util/picture.js';
import { AnnotatedFiles, writeInto } from './annotated_files.js';
import { BlackWatch } from './black_watch.js';
import type { Detector } from './detector.js';
import { type Box, bySize, type FaceBox, grow, mirrorBox } from './geometry.js';
import { NewestFrames, type Timed } from './newest_frames.js';
import { normalised } from './normalise.js';
import { annotated } from './overlay.js';
import { cropFace, mirrored, pasted, shrunk } from './pixels.js';
import type { Face, FrameMessage, Message, PartTimes, Size, Summary, VisionOptions } from './protocol.js';
import { Rate } from './rate.js';
import { isInside, searchedIn } from './region.js';
import { type Frame, type FrameSource, UnreadError } from './source.js';
import { Tracker } from './tracker.js';
import type { VideoRecorder } from './video_recorder.js';

/** Classifies faces. Implemented by `Classifier` of src/train, and by stand-ins for tests. */
export interface FaceClassifier {
  readonly classes: readonly string[];
  /** Size of the faces that the network needs; default: INPUT_SIZE for both. Other sizes are resized. */
  readonly inputSize?: readonly [height: number, width: number];
  /** Returns the probabilities [count, classes] of gray faces [count, height, width]. */
  classify(faces: Uint8Array, count: number, height: number, width: number): Promise<Float32Array>;
}

/** Overlays a face, of the network's input size, with the evidence for a class. Implemented by `FaceHeat` of src/inspect. */
export interface FaceExplainer {
  over(face: Picture, label: number): Promise<Picture>;
}

/** Writes down the faces of every frame. Implemented by `FaceTable`. */
export interface FaceLog {
  add(frame: Frame, faces: readonly Face[], classes: readonly string[]): void;
  close(): void;
}

export interface Parts {
  readonly source: FrameSource;
  /** Undefined if the source knows its faces. */
  readonly detector: Detector | undefined;
  classifier: FaceClassifier;
  readonly recorder: VideoRecorder | undefined;
  readonly table?: FaceLog | undefined;
}

/** Edge of the training images in pixels. Faces are cropped to this size unless the classifier needs another one. */
export const INPUT_SIZE = 48;
/** Faces of a video frame that are classified, unless the options say otherwise. */
const MOST_FACES = 5;
/** Time for which each photograph of a folder is shown on the screen. */
const STILL_MS = 1000;

/** The last frame that was analysed. A photo is taken of it. */
interface Seen {
  readonly index: number;
  readonly picture: Picture;
  readonly faces: readonly Face[];
}

/**
 * Processes frame after frame: capture, detection, classification, smoothing and output. It does not depend on a process or a
 * screen: it passes its messages to `emit`, which resolves when the next one may follow.
 */
export class Pipeline {
  readonly #parts: Parts;
  readonly #options: VisionOptions;
  readonly #emit: (message: Message) => Promise<void>;
  readonly #tracker: Tracker;
  readonly #black: BlackWatch;
  readonly #rate = new Rate();
  readonly #newest: NewestFrames | undefined;
  readonly #known = new Set<number>();
  readonly #files: AnnotatedFiles | undefined;
  readonly #labels: Record<string, number> = {};
  #frames = 0;
  #without = 0;
  #unread = 0;
  #leftOut = 0;
  #frozen = false;
  #stopped = false;
  #thaw: () => void = () => undefined;
  #last: Seen | undefined;
  /** Whether to mirror the frames from now on. */
  mirror: boolean;
  /** Draws over the faces in frame messages; undefined: they are shown as they are. */
  explainer: FaceExplainer | undefined;

  constructor(parts: Parts, options: VisionOptions, emit: (message: Message) => Promise<void>) {
    this.#parts = parts;
    this.#options = options;
    this.#files = options.out && new AnnotatedFiles(options.out);
    this.#emit = emit;
    this.mirror = options.mirror;
    this.#black = new BlackWatch(parts.source.info);
    const { stills } = parts.source.info;
    this.#tracker = new Tracker(stills ? 0 : options.smoothing);
    this.#newest =
      options.pace === 'live' && !stills ? new NewestFrames(parts.source, options.every) : undefined;
  }

  set smoothing(seconds: number) {
    if (!this.#parts.source.info.stills) this.#tracker.smoothing = seconds;
  }

  set classifier(classifier: FaceClassifier) {
    this.#parts.classifier = classifier;
    this.#tracker.reset();
  }

  freeze(on: boolean): void {
    this.#frozen = on;
    this.#newest?.hold(on);
    if (!on) this.#thaw();
  }

  stop(): void {
    this.#stopped = true;
    this.#newest?.stop();
    this.#thaw();
  }

  /** Writes the last frame with boxes and labels. Returns its path; undefined before the first frame. Throws RunError. */
  photo(folder: string): string | undefined {
    if (this.#last === undefined) return undefined;
    const { index, picture, faces } = this.#last;
    const stamp = new Date().toISOString().slice(0, 19).replaceAll(':', '');
    const name = `fer-tui-${stamp}-${String(index).padStart(6, '0')}.png`;
    return writeInto(folder, name, annotated(picture, captions(faces)));
  }

  /** Runs until the source ends or `stop` is called. Throws CameraError, DataError, RunError. */
  async run(): Promise<Summary> {
    const begin = performance.now();
    const { maxFrames } = this.#options;
    const { recorder, table } = this.#parts;
    try {
      for (const text of this.#parts.source.notes ?? []) await this.#emit({ type: 'note', text });
      while (!this.#stopped && (maxFrames === undefined || this.#frames < maxFrames)) {
        const timed = await this.#next();
        if (timed === undefined || this.#stopped) break;
        await this.#look(timed);
      }
    } finally {
      this.stop();
      recorder?.close(); // keep what was recorded before the source failed
      table?.close();
    }
    return {
      frames: this.#frames,
      dropped: this.#newest?.dropped ?? 0,
      seconds: Number(((performance.now() - begin) / 1000).toFixed(3)),
      without: this.#without,
      unread: this.#unread,
      leftOut: this.#leftOut,
      labels: this.#labels,
      ...(recorder !== undefined && this.#options.record && { record: this.#options.record }),
      ...(table !== undefined && this.#options.csv && { csv: this.#options.csv }),
    };
  }

  async #next(): Promise<Timed | undefined> {
    while (this.#frozen && !this.#stopped) {
      await new Promise<void>((resolve) => {
        this.#thaw = resolve;
      });
    }
    if (this.#newest !== undefined) return this.#newest.take();
    const { pace, every } = this.#options;
    if (pace === 'live' && this.#frames > 0) await sleep(STILL_MS);
    const begin = performance.now();
    let frame = await this.#read();
    while (frame !== undefined && frame.index % every !== 0 && !this.#stopped) frame = await this.#read();
    return frame && { frame, ms: performance.now() - begin };
  }

  /** The next frame of the source, or photograph that can be read. */
  async #read(): Promise<Frame | undefined> {
    while (!this.#stopped) {
      try {
        return await this.#parts.source.read();
      } catch (error) {
        if (!(error instanceof UnreadError)) throw error;
        this.#unread++;
        await this.#emit({ type: 'unread', path: error.path, message: error.message });
      }
    }
    return undefined;
  }

  async #look({ frame, ms }: Timed): Promise<void> {
    const picture = this.mirror ? mirrored(frame.picture) : frame.picture;
    await this.#noteSize(picture);
    const begin = performance.now();
    const gray = toGray(picture);
    const hint = this.#black.see(gray, frame.t);
    if (hint !== undefined) await this.#emit({ type: 'note', text: hint });
    const found = await this.#boxes(frame, picture, gray);
    const { maxFaces = this.#parts.source.info.stills ? found.length : MOST_FACES } = this.#options;
    const boxes = found.slice(0, maxFaces);
    const leftOut = found.length - boxes.length;
    const detected = performance.now();
    const [height, width] = this.#parts.classifier.inputSize ?? [INPUT_SIZE, INPUT_SIZE];
    const { margin, normalise, align } = this.#options;
    const crops = boxes.map(({ roll = 0, ...box }) =>
      cropFace(gray, align === 'auto' ? { ...box, roll } : box, margin, width, height),
    );
    const inputs = normalise === 'auto' ? crops.map(normalised) : crops;
    const faces = await this.#faces(boxes, inputs, frame.t);
    const times = { capture: ms, detect: detected - begin, classify: performance.now() - detected };
    this.#last = { index: frame.index, picture, faces };
    this.#count(faces, leftOut);
    const written = this.#write(frame, picture, faces);
    this.#parts.recorder?.add(annotated(picture, captions(faces)), frame.t);
    this.#parts.table?.add(frame, faces, this.#parts.classifier.classes);
    await this.#photograph(faces);
    await this.#tell(frame, times, inputs, leftOut, written);
  }

  async #boxes({ known }: Frame, picture: Picture, gray: Picture): Promise<FaceBox[]> {
    const { region } = this.#options;
    const { detector } = this.#parts;
    if (known !== undefined) {
      const boxes = known.map((box) => (this.mirror ? mirrorBox(box, picture.width) : box));
      return boxes.filter((box) => region === undefined || isInside(box, region)).sort(bySize);
    }
    if (detector === undefined) return [];
    return searchedIn(detector.colour ? picture : gray, region, (part) => detector.detect(part));
  }

  /** Classifies all faces of a frame in one batch; all inputs have the same size. */
  async #faces(boxes: readonly Box[], inputs: readonly Picture[], t: number): Promise<Face[]> {
    const { classifier, source } = this.#parts;
    if (source.info.stills) this.#tracker.reset();
    const tracks = this.#tracker.update(boxes, t);
    const [first] = inputs;
    if (first === undefined) return [];
    const { width, height } = first;
    const pixels = new Uint8Array(inputs.length * height * width);
    for (const [i, { data }] of inputs.entries()) pixels.set(data, i * height * width);
    const now = await classifier.classify(pixels, inputs.length, height, width);
    const classes = now.length / inputs.length;
    return boxes.map((box, i) => {
      const track = tracks[i] as number;
      const own = now.subarray(i * classes, (i + 1) * classes);
      const probabilities = [...this.#tracker.smooth(track, own, t)];
      const best = probabilities.indexOf(Math.max(...probabilities));
      return { track, box, label: classifier.classes[best] ?? String(best), probabilities };
    });
  }

  #count(faces: readonly Face[], leftOut: number): void {
    this.#frames++;
    this.#leftOut += leftOut;
    if (faces.length === 0) this.#without++;
    for (const { label } of faces) this.#labels[label] = (this.#labels[label] ?? 0) + 1;
  }

  async #noteSize({ width, height }: Picture): Promise<void> {
    const before = this.#last?.picture;
    if (before === undefined || this.#parts.source.info.stills) return;
    if (before.width === width && before.height === height) return;
    this.#tracker.reset();
    const video = this.#parts.recorder === undefined ? '' : '; the recorded video keeps the old size';
    const text = `the frame size changed from ${before.width} x ${before.height} to ${width} x ${height}; tracking starts again${video}`;
    await this.#emit({ type: 'note', text });
  }

  /** Writes the annotated photograph, if `out` is set. Returns its path. */
  #write({ path }: Frame, picture: Picture, faces: readonly Face[]): string | undefined {
    return path === undefined ? undefined : this.#files?.write(path, annotated(picture, captions(faces)));
  }

  /** Takes a photo if there is a new face and `snapshotFaces` is set. */
  async #photograph(faces: readonly Face[]): Promise<void> {
    const { snapshots, snapshotFaces } = this.#options;
    if (snapshots === undefined || !snapshotFaces) return;
    const unseen = faces.filter(({ track }) => !this.#known.has(track));
    if (unseen.length === 0) return;
    for (const { track } of unseen) this.#known.add(track);
    const path = this.photo(snapshots);
    if (path !== undefined) await this.#emit({ type: 'photo', path });
  }

  async #tell(
    { index, t, path }: Frame,
    ms: PartTimes,
    inputs: readonly Picture[],
    leftOut: number,
    written?: string,
  ): Promise<void> {
    const { picture, faces } = this.#last as Seen;
    const { width, height } = picture;
    const { view } = this.#options;
    await this.#emit({
      ...{ type: 'frame', frame: index, t, width, height, faces, leftOut, ms },
      fps: this.#rate.count(performance.now() / 1000),
      dropped: this.#newest?.dropped ?? 0,
      ...(path !== undefined && { path }),
      ...(written !== undefined && { written }),
      ...(view !== undefined && (await this.#shown(view, picture, inputs, faces))),
    });
  }

  /** The frame and the inputs for the screen. With an explainer, each face is covered with what speaks for its label. */
  async #shown(
    view: Size,
    picture: Picture,
    inputs: readonly Picture[],
    faces: readonly Face[],
  ): Promise<Pick<FrameMessage, 'picture' | 'inputs' | 'heatMs'>> {
    const { explainer } = this;
    const small = (whole: Picture): Picture => shrunk(whole, view.width, view.height);
    if (explainer === undefined) return { picture: small(picture), inputs };
    const begin = performance.now();
    const covered: Picture[] = [];
    for (const [i, { probabilities }] of faces.entries()) {
      const label = probabilities.indexOf(Math.max(...probabilities));
      covered.push(await explainer.over(inputs[i] as Picture, label));
    }
    const whole = faces.reduce(
      (under, { box }, i) => pasted(under, covered[i] as Picture, grow(box, this.#options.margin)),
      picture,
    );
    return { picture: small(whole), inputs: covered, heatMs: performance.now() - begin };
  }
}

/** The labels of the boxes. */
function captions(faces: readonly Face[]): { box: Box; text: string }[] {
  return faces.map(({ box, label, probabilities }) => {
    return { box, text: `${label} ${Math.round(100 * Math.max(...probabilities))} %` };
  });
}
