import type { Handler } from './handler.js';
import type { RequestName } from './requests.js';

/**
 * The handler of every request, loaded on first use. Handlers share a thread with training, so a long one must yield to the
 * event loop regularly.
 */
export const HANDLERS: { readonly [K in RequestName]: () => Promise<Handler<K>> } = {
  'runs.list': async () => (await import('./requests/runs.js')).runsList,
  'studies.list': async () => (await import('./requests/studies.js')).studiesList,
  'studies.show': async () => (await import('./requests/studies.js')).showStudy,
  'data.open': async () => (await import('./requests/data.js')).openData,
  'data.faces': async () => (await import('./requests/data.js')).readFaces,
  'data.augment': async () => (await import('./requests/data.js')).augmentFace,
  'data.duplicates': async () => (await import('./requests/data.js')).findDuplicates,
  'data.corrections': async () => (await import('./requests/data.js')).readCorrections,
  'data.correct': async () => (await import('./requests/data.js')).correctLabel,
  'data.predict': async () => (await import('./requests/predictions.js')).predictData,
  'weights.list': async () => (await import('./requests/weight_files.js')).listWeights,
  'model.describe': async () => (await import('./requests/model.js')).describeModel,
  'model.weights': async () => (await import('./requests/model.js')).layerWeights,
  'model.kernels': async () => (await import('./requests/model.js')).layerKernels,
  'model.inspect': async () => (await import('./requests/inspect.js')).inspectModel,
  'kernels.list': async () => (await import('./requests/kernels.js')).listKernels,
  'kernels.bench': async () => (await import('./requests/kernels.js')).benchKernels,
  'kernels.source': async () => (await import('./requests/kernels.js')).kernelSource,
  'kernels.pin': async () => (await import('./requests/kernels.js')).pinKernel,
  'kernels.unpin': async () => (await import('./requests/kernels.js')).unpinKernel,
  'learn.open': async () => (await import('./requests/learn.js')).openStep,
  'learn.stage': async () => (await import('./requests/learn.js')).computeStage,
  'learn.view': async () => (await import('./requests/learn.js')).viewLayer,
  'learn.number': async () => (await import('./requests/learn.js')).followNumber,
  'learn.loss': async () => (await import('./requests/learn.js')).followLoss,
  'learn.weight': async () => (await import('./requests/learn.js')).followWeight,
  'learn.kernels': async () => (await import('./requests/learn.js')).showKernels,
  'learn.close': async () => (await import('./requests/learn.js')).closeStep,
  'machine.probe': async () => (await import('./requests/machine.js')).probeMachine,
};
