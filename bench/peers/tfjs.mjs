/** TensorFlow.js as a peer: node tfjs.mjs webgpu|wasm [sleepy]. `sleepy` keeps Dawn's Node binding from spinning. */
import { createRequire } from 'node:module';
import { create, globals } from 'webgpu';
import { randomBatch } from '../../dist/bench/steps.js';
import { answer } from './protocol.mjs';

const [backend, sleepy] = process.argv.slice(2);
const load = createRequire(new URL('../.peers/', import.meta.url));
const tf = load('@tensorflow/tfjs-core');
const layers = load('@tensorflow/tfjs-layers');
load('@tensorflow/tfjs-backend-cpu');

if (backend === 'webgpu') {
  Object.assign(globalThis, globals);
  const gpu = create([]);
  globalThis.benchGpu = gpu; // collected, it would take the process down
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  if (sleepy) globalThis.setImmediate = (callback, ...args) => setTimeout(callback, 0, ...args);
}
load(`@tensorflow/tfjs-backend-${backend}`);
await tf.setBackend(backend);
await tf.ready();
if (tf.getBackend() !== backend) throw new Error(`TensorFlow.js chose ${tf.getBackend()}`);

const L = layers.layers;
const model = layers.sequential();
[32, 64, 128, 256].forEach((filters, i) => {
  const inputShape = i === 0 ? { inputShape: [48, 48, 1] } : {};
  model.add(L.conv2d({ filters, kernelSize: 3, padding: 'same', ...inputShape }));
  model.add(L.elu());
  model.add(L.batchNormalization());
  model.add(L.maxPooling2d({ poolSize: 2 }));
  model.add(L.dropout({ rate: 0.2 }));
});
model.add(L.flatten());
for (let i = 0; i < 2; i++) {
  model.add(L.dense({ units: 64 }));
  model.add(L.elu());
  model.add(L.batchNormalization());
  model.add(L.dropout({ rate: 0.5 }));
}
model.add(L.dense({ units: 7, activation: 'softmax' }));
model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });

function only(network) {
  if (network !== 'fer-cnn') throw new Error('measured with fer-cnn only');
}

const images = (batch) => tf.tensor4d(randomBatch(batch)[0], [batch, 48, 48, 1]);

answer(`TensorFlow.js ${tf.version_core}`, {
  train: (batch, network) => {
    only(network);
    const x = images(batch);
    const y = tf.oneHot(tf.tensor1d(Int32Array.from(randomBatch(batch)[1]), 'int32'), 7);
    return () => model.trainOnBatch(x, y);
  },
  infer: (batch, network) => {
    only(network);
    const x = images(batch);
    return async () => {
      const y = model.predict(x);
      await y.data();
      y.dispose();
    };
  },
});
