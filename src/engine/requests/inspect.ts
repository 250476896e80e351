import { inspect } from '../../inspect/inspect.js';
import { METHODS } from '../../inspect/methods.js';
import { weightsPath } from '../../train/shipped_models.js';
import type { Handler } from '../handler.js';

/** Looks into a network by the methods that need one face, and shows its filters. Without a picture: at a drawn face. */
export const inspectModel: Handler<'model.inspect'> = async ({ model, image }, { progress }) => {
  const methods = METHODS.filter(({ needs }) => needs !== 'faces').map(({ name }) => name);
  const done = new Set<string>();
  const { inspection } = await inspect({
    ...{ weights: weightsPath(model), name: model, image, split: 'validation', seed: 7 },
    ...(image === undefined
      ? { data: 'synthetic:70', methods: methods.filter((name) => name !== 'loss-surface') }
      : {}),
    onProgress: (title) => {
      done.add(title);
      progress({ done: Math.min(done.size, methods.length), total: methods.length });
    },
  });
  return inspection;
};
