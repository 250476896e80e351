import { openGpu } from '../gpu/device.js';
import { sizeOf } from '../gpu/shape.js';
import type { SavedModel } from '../train/model_file.js';
import { openModel } from '../train/weights.js';
import { UsageError } from '../util/errors.js';
import { nearest } from '../util/nearest.js';
import { datasetFor, faceOf, facesOf, pictureOf } from './faces.js';
import { FILTERS } from './filters.js';
import { type Face, type Faces, InapplicableError, type Look, type Method } from './method.js';
import { METHODS } from './methods.js';
import type { InspectOptions } from './options.js';
import type { InspectedFace, InspectedModel, Inspection, Part, Section } from './result.js';
import { checkSubject, Subject } from './subject.js';

/**
 * Looks into a network. Throws RunError, DataError, UsageError for a method, layer, class, channel or face that does not exist,
 * InapplicableError for a method that was asked for by name and does not suit the network, NoGpuError.
 */
export async function inspect(
  options: InspectOptions,
): Promise<{ saved: SavedModel; inspection: Inspection }> {
  checkNumbers(options);
  const methods = chosenMethods(options);
  const saved = await openModel(options.weights, options.foreign);
  checkSubject(saved, options.weights);
  const dataset = await datasetFor(options, methods);
  const picture = options.image === undefined ? undefined : await pictureOf(options.image, saved);
  const gpu = await openGpu({ adapter: options.adapter });
  try {
    const subject = new Subject(gpu, saved, options.weights);
    const needed = (needs: Method['needs']): boolean => methods.some((method) => method.needs === needs);
    const face = needed('face') ? await faceOf(subject, options, { picture, dataset }) : undefined;
    const faces = needed('faces') && dataset ? facesOf(subject, options, dataset) : undefined;
    const sections: Section[] = [];
    const skipped: { method: string; why: string }[] = [];
    for (const method of methods) {
      const begin = performance.now();
      try {
        const parts = await run(method, lookOf(subject, options, method), face, faces);
        const { name, title, shows, limits, source } = method;
        const seconds = (performance.now() - begin) / 1000;
        sections.push({ method: name, title, shows, limits, source, seconds, parts });
      } catch (error) {
        if (!(error instanceof InapplicableError) || options.methods?.includes(method.name)) throw error;
        skipped.push({ method: method.name, why: error.message });
      }
    }
    const inspection = {
      model: aboutModel(subject, options),
      face: face && aboutFace(face),
      data: faces && { name: faces.name, split: faces.split, count: faces.labels.length },
      ...{ adapter: gpu.info.name, seed: options.seed, sections, skipped },
    };
    await subject.dispose();
    return { saved, inspection };
  } finally {
    gpu.close();
  }
}

function aboutModel(
  { saved, classes, inputShape }: Subject,
  { weights: path, name: given = path }: InspectOptions,
): InspectedModel {
  const { name, weights } = saved.network;
  const parameters = weights.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return { name, weights: given, classes, inputShape, parameters };
}

function aboutFace({ name, picture, label, probabilities }: Face): InspectedFace {
  return { name, picture, label, probabilities: [...probabilities] };
}

function checkNumbers({ seed, limit }: InspectOptions): void {
  if (!Number.isInteger(seed)) throw new UsageError(`--seed ${seed}: expected a whole number`);
  if (limit !== undefined && !(limit >= 1))
    throw new UsageError(`--limit ${limit}: expected a number of faces, 1 or more`);
}

function chosenMethods({ methods, image, sample }: InspectOptions): Method[] {
  if (methods === undefined) {
    const one = image !== undefined || sample !== undefined;
    return METHODS.filter((method) => !one || method.needs === 'face' || method === FILTERS);
  }
  const names = METHODS.map(({ name }) => name);
  for (const name of methods) {
    if (name === 'all' || names.includes(name)) continue;
    const similar = nearest(name, names);
    throw new UsageError(
      `--methods ${name}: there is no such method; ${similar === undefined ? `expected all, or some of ${names.join(', ')}` : `did you mean ${similar}?`}`,
    );
  }
  return METHODS.filter(({ name }) => methods.includes('all') || methods.includes(name));
}

async function run(
  method: Method,
  look: Look,
  face: Face | undefined,
  faces: Faces | undefined,
): Promise<readonly Part[]> {
  if (method.needs === 'network') return method.run(look);
  if (method.needs === 'face') return method.run({ ...look, face: face as Face });
  if (faces !== undefined && faces.labels.length > 0) return method.run({ ...look, faces });
  throw new InapplicableError(
    `${method.name}: drawn faces have none of the network's classes (${look.subject.classes.join(', ')}); give faces that do: --data`,
  );
}

function lookOf(subject: Subject, options: InspectOptions, { title }: Method): Look {
  const { layer, channels, seed, onProgress } = options;
  return { subject, layer, channels, seed, progress: (done, total) => onProgress?.(title, done, total) };
}
