import { Dissection } from '../../learn/dissection.js';
import { explainKernels } from '../../learn/kernels.js';
import { explainLoss, explainNumber } from '../../learn/numbers.js';
import { explainWeight } from '../../learn/weights.js';
import { UsageError } from '../../util/errors.js';
import type { Handler } from '../handler.js';
import { datasetAt } from './data.js';
import { shaderFiles } from './sources.js';

/** The step that is taken apart: one at a time, because it holds every value of a batch on the device. */
let held: Promise<Dissection> | undefined;

/** The open step. Throws UsageError. */
async function current(): Promise<Dissection> {
  if (held === undefined) throw new UsageError('no step is open');
  return held;
}

async function close(): Promise<void> {
  const before = held;
  held = undefined;
  const dissection = await before?.catch(() => undefined);
  await dissection?.dispose();
}

/** Opens a step; one that was open is closed. */
export const openStep: Handler<'learn.open'> = async (request, { gpu, progress }) => {
  await close();
  const opened = gpu().then((device) =>
    Dissection.open(
      device,
      request,
      (path, { classes }) => datasetAt({ path, classes }),
      (done, total) => progress({ done, total }),
    ),
  );
  opened.catch(() => undefined); // the error is thrown below
  held = opened;
  return (await opened).report;
};

export const computeStage: Handler<'learn.stage'> = async ({ stage }) => (await current()).stage(stage);

export const viewLayer: Handler<'learn.view'> = async ({ layer, kind, image }) =>
  (await current()).view(layer, kind, image);

export const followNumber: Handler<'learn.number'> = async (place) => explainNumber(await current(), place);

export const followLoss: Handler<'learn.loss'> = async ({ image, c }) =>
  explainLoss(await current(), image, c);

export const followWeight: Handler<'learn.weight'> = async ({ weight, index }) =>
  explainWeight(await current(), weight, index);

/** Times the kernels of a layer, and returns their sources: those of the fast way, then those of the naive one. */
export const showKernels: Handler<'learn.kernels'> = async ({ layer }) => {
  const report = await explainKernels(await current(), layer);
  const names = [...report.fast.kernels, ...(report.naive?.kernels ?? [])].map(({ kernel }) => kernel);
  return { report, files: shaderFiles(names) };
};

export const closeStep: Handler<'learn.close'> = async () => {
  await close();
  return 0;
};
