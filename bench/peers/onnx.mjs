/** ONNX Runtime as a peer, on the CPU; it infers only. See peers.mjs for the protocol. */
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { randomBatch } from '../steps.mjs';
import { onnxFile } from './onnx_file.mjs';
import { answer } from './protocol.mjs';

const ort = createRequire(new URL('../.peers/', import.meta.url))('onnxruntime-node');
const sessions = new Map();

async function sessionOf(model) {
  if (!sessions.has(model)) {
    const options = { intraOpNumThreads: cpus().length, graphOptimizationLevel: 'all' };
    sessions.set(model, await ort.InferenceSession.create(onnxFile(model === 'fer-vgg' ? 2 : 1), options));
  }
  return sessions.get(model);
}

answer({
  train: () => {
    throw new Error('ONNX Runtime for Node does not train');
  },
  infer: async (batch, model) => {
    const session = await sessionOf(model);
    const images = new ort.Tensor('float32', randomBatch(batch)[0], [batch, 1, 48, 48]);
    return () => session.run({ images });
  },
});
