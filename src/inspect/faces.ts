import { decodePicture, fitPicture, resizeImages } from '../data/image.js';
import { readPicture } from '../data/image_files.js';
import { loadDataset } from '../data/load.js';
import { limitSplit } from '../data/rows.js';
import { PIXELS } from '../data/split_builder.js';
import type { Dataset, SplitName } from '../data/types.js';
import { mapLabels } from '../train/class_mapping.js';
import type { SavedModel } from '../train/model_file.js';
import { FACE_SIZE, sameClass } from '../util/classes.js';
import { DataError, UsageError } from '../util/errors.js';
import { nearest } from '../util/nearest.js';
import type { Picture } from '../util/picture.js';
import { hiddenLayer, mapLayer } from './layers.js';
import { type Face, type Faces, InapplicableError, type Method } from './method.js';
import type { InspectOptions } from './options.js';
import type { Subject } from './subject.js';
import { type Sweep, sweep } from './sweep.js';

/** Loads the data where it is needed: for methods of many faces, and for a face unless there is an image. */
export async function datasetFor(
  options: InspectOptions,
  methods: readonly Method[],
): Promise<Dataset | undefined> {
  const { image, data = 'synthetic', sample } = options;
  if (image !== undefined && sample !== undefined)
    throw new UsageError('--image and --sample: both choose the face; give one of them');
  const used = methods.some(({ needs }) => needs === 'faces' || (needs === 'face' && image === undefined));
  if (!used) return undefined;
  return loadDataset(data, { seed: options.seed, ...options.load });
}

/** A picture of a face at the size of the network's input, gray unless the network sees colours. */
export async function pictureOf(path: string, { network }: SavedModel): Promise<Picture> {
  const [height = 1, width = 1, inputs = 1] = network.inputShape;
  const channels = inputs === 3 ? 3 : 1;
  const data = fitPicture(await decodePicture(readPicture(path), path), [height, width, channels]);
  return { height, width, channels, data };
}

/** The face to look at, and what the network says of it. */
export async function faceOf(
  subject: Subject,
  options: InspectOptions,
  { picture, dataset }: { picture: Picture | undefined; dataset: Dataset | undefined },
): Promise<Face> {
  const shown =
    picture !== undefined
      ? { name: options.image ?? '', picture, label: undefined }
      : sampleOf(subject, options, dataset as Dataset);
  const input = subject.input(shown.picture.data, shown.picture.channels);
  const probe = await subject.probe({ batch: 1 });
  probe.forward(input);
  const probabilities = await probe.probabilities();
  const order = [...probabilities.keys()].sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0));
  const asked = options.class === undefined ? undefined : classNamed(options.class, subject.classes);
  const many = order.slice(0, MOST_CLASSES).sort((a, b) => a - b);
  return {
    ...{ ...shown, input, probabilities },
    classes: asked === undefined ? many : [asked],
    subject: asked ?? (order[0] as number),
  };
}

/** How many classes are explained one by one. */
const MOST_CLASSES = 10;

function classNamed(text: string, classes: readonly string[]): number {
  const index = classes.findIndex((name, i) => sameClass(name, text) || String(i) === text);
  if (index >= 0) return index;
  const similar = nearest(
    text.toLowerCase(),
    classes.map((name) => name.toLowerCase()),
  );
  const meant = classes.find((name) => name.toLowerCase() === similar);
  throw new UsageError(
    `--class ${text}: the network does not know it; ${meant === undefined ? `expected one of ${classes.join(', ')}` : `did you mean ${meant}?`}`,
  );
}

/** One face of the data set. */
function sampleOf(subject: Subject, { split, sample = 0 }: InspectOptions, dataset: Dataset) {
  const { images, labels } = dataset.splits[split];
  if (labels.length === 0) throw new DataError(emptyMessage(dataset, split));
  if (!Number.isInteger(sample) || sample < 0 || sample >= labels.length)
    throw new UsageError(
      `--sample ${sample}: ${split} has ${labels.length.toLocaleString('en')} faces; expected 0 to ${labels.length - 1}`,
    );
  const [height, width] = subject.inputShape;
  const gray = images.subarray(sample * PIXELS, (sample + 1) * PIXELS);
  const data = resizeImages(gray, [FACE_SIZE, FACE_SIZE], [height, width]);
  const className = dataset.classes[labels[sample] ?? 0] ?? '';
  const label = subject.classes.findIndex((name) => sameClass(name, className));
  const picture = { height, width, channels: 1, data } as const;
  return { name: `${split} face ${sample} (${className})`, picture, label: label < 0 ? undefined : label };
}

function emptyMessage({ source, splits }: Dataset, split: SplitName): string {
  const filled = Object.entries(splits).filter(([, { labels }]) => labels.length > 0);
  return `${source} has no ${split} images; it has ${filled.map(([name]) => name).join(', ')}: use --split`;
}

/** The faces of a split, at the size of the network's input. Drawn faces of classes that it does not know are left out. */
export function facesOf(subject: Subject, options: InspectOptions, dataset: Dataset): Faces {
  const { data, split, limit = Infinity, skipUnknown = false, onProgress } = options;
  const mapped = mapLabels(limitSplit(dataset.splits[split], limit), {
    from: dataset.classes,
    to: subject.classes,
    skipUnknown: skipUnknown || data === undefined,
    onNote: data === undefined ? undefined : options.load?.onNote,
  });
  if (mapped.labels.length === 0 && data !== undefined) throw new DataError(emptyMessage(dataset, split));
  const [height, width] = subject.inputShape;
  const images = resizeImages(mapped.images, [FACE_SIZE, FACE_SIZE], [height, width]);
  const faces = { images, labels: mapped.labels };
  let swept: Promise<Sweep> | undefined;
  const layers = {
    features: orNone(() => hiddenLayer(subject.saved.network)),
    maps: orNone(() => mapLayer(subject.saved.network, options.layer).name),
  };
  return {
    ...faces,
    ...{ name: data ?? 'synthetic', split },
    sweep: () => {
      swept ??= sweep(subject, faces, layers, (done, total) =>
        onProgress?.('Looking at all faces', done, total),
      );
      return swept;
    },
  };
}

/** The layer, unless the network has none of its kind. */
function orNone(find: () => string): string | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof InapplicableError) return undefined;
    throw error;
  }
}
