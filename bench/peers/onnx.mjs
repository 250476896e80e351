/** ONNX Runtime as a peer, on the CPU; it infers only. See peers.mjs for the protocol. */
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { randomBatch } from '../../dist/bench/steps.js';
import { toOnnx } from '../../dist/formats/onnx.js';
import { buildModel, Rng } from '../../dist/index.js';
import { answer } from './protocol.mjs';

const ort = createRequire(new URL('../.peers/', import.meta.url))('onnxruntime-node');
const sessions = new Map();

/** The network with random weights; variances, which must not be below 0, are 1. */
function randomNetwork(name) {
  const rng = new Rng(1);
  const network = buildModel(name);
  const weights = network.weights.map((spec) => {
    const length = spec.shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length }, () => (spec.initializer === 'ones' ? 1 : 0.1 * rng.normal()));
    return [spec.name, { shape: spec.shape, data }];
  });
  return toOnnx(network, new Map(weights));
}

async function sessionOf(model) {
  if (!sessions.has(model)) {
    const options = { intraOpNumThreads: cpus().length, graphOptimizationLevel: 'all' };
    sessions.set(model, await ort.InferenceSession.create(randomNetwork(model), options));
  }
  return sessions.get(model);
}

answer(`ONNX Runtime ${ort.env.versions.node}`, {
  train: () => {
    throw new Error('ONNX Runtime for Node does not train');
  },
  infer: async (batch, model) => {
    const session = await sessionOf(model);
    const images = new ort.Tensor('float32', randomBatch(batch)[0], [batch, 48, 48, 1]);
    return () => session.run({ images });
  },
});
