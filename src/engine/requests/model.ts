import { networkCosts, receptiveFields } from '../../nn/cost.js';
import { initialize } from '../../nn/init.js';
import { Learner } from '../../nn/learner.js';
import { MODEL_NAMES } from '../../nn/model_names.js';
import { buildModel } from '../../nn/models.js';
import type { Network } from '../../nn/network.js';
import type { NamedArrays } from '../../nn/parameters.js';
import { weightsPath } from '../../train/shipped_models.js';
import { openModel } from '../../train/weights.js';
import { Rng } from '../../util/random.js';
import type { Handler } from '../handler.js';
import { shaderFiles } from './sources.js';

/** Seed of the weights of an untrained network: the default of training. */
const SEED = 7;
/** Batch size of the training step whose kernels are shown: the default of training. */
const BATCH = 28;

interface Opened {
  readonly network: Network;
  readonly weights: NamedArrays;
  readonly trained: boolean;
  readonly notes: Readonly<Record<string, string>>;
}

/** Opens a built-in network with its initial weights, or a weight file. Throws RunError. */
async function open(model: string): Promise<Opened> {
  if ((MODEL_NAMES as readonly string[]).includes(model)) {
    const network = buildModel(model);
    const fresh = network.weights.map(({ name, shape, initializer }, i) => {
      const data = initialize(initializer, shape, new Rng(SEED, i));
      return [name, { shape, data }] as const;
    });
    return { network, weights: new Map(fresh), trained: false, notes: {} };
  }
  const { network, weights, notes } = await openModel(weightsPath(model));
  return { network, weights, trained: true, notes };
}

/** Describes a network without running it. */
export const describeModel: Handler<'model.describe'> = async ({ model }) => {
  const { network, trained, notes } = await open(model);
  const { rows, trainable, nonTrainable } = network.summary();
  const costs = networkCosts(network);
  const seen = receptiveFields(network);
  return {
    ...{ name: network.name, trained, notes, trainable, nonTrainable, input: network.inputShape },
    layers: network.layers.map(({ name, layer, inputShape, outputShape, weights }, i) => ({
      ...{ name, kind: layer.kind, input: inputShape, output: outputShape, sees: seen[i] },
      ...{ from: rows[i]?.from ?? [], params: rows[i]?.params ?? 0 },
      ...{ flop: costs[i]?.flop ?? 0, bytes: costs[i]?.bytes ?? 0 },
      settings: layer.config,
      weights: weights.map(({ name, shape }) => ({ name: name.slice(name.indexOf('/') + 1), shape })),
    })),
  };
};

/** Returns the weights of one layer. */
export const layerWeights: Handler<'model.weights'> = async ({ model, layer }) => {
  const { weights } = await open(model);
  const own = [...weights].filter(([name]) => name.startsWith(`${layer}/`));
  return own.map(([name, { shape, data }]) => ({ name: name.slice(layer.length + 1), shape, data }));
};

/** Returns the sources of the kernels that train a layer on this adapter. */
export const layerKernels: Handler<'model.kernels'> = async ({ model, layer }, { gpu }) => {
  const { network } = await open(model);
  const learner = new Learner(await gpu(), network);
  try {
    const commands = await learner.commands(BATCH);
    const scopes = new Set(commands.map(({ scope }) => scope.split('/')[0] ?? ''));
    // A layer without kernels of its own is fused with the last layer before it that has kernels.
    let owner = '';
    for (const { name } of network.layers) {
      if (scopes.has(name)) owner = name;
      if (name === layer) break;
    }
    const own = commands.filter(({ scope }) => scope.split('/')[0] === owner);
    return { owner, files: shaderFiles(own.map(({ kernel }) => kernel)) };
  } finally {
    await learner.dispose();
  }
};
