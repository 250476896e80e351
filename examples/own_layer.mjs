/** A layer from outside of the package, with its own kernels: `npm run build`, then `node examples/own_layer.mjs`. */
import assert from 'node:assert/strict';
import * as fer from 'fer-tui';

// x where x > 0, else slope * x, with a slope for each channel as its weights. (The package has this as PReLU.)
const shader = `
struct Params { n: u32, c: u32 }
@group(0) @binding(0) var<storage, read> v: array<f32>;      @group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> slopes: array<f32>; @group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;
@compute @workgroup_size(64) // v times the slope at x: y for v = x, and dx for v = dy
fn scale(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * 64u + id.x; // the recorder folds large grids into two dimensions
  if (i < params.n) { out[i] = v[i] * select(slopes[i % params.c], 1.0, x[i] > 0.0); }
}
@group(0) @binding(0) var<storage, read> s_dy: array<f32>;   @group(0) @binding(1) var<storage, read> s_x: array<f32>;
@group(0) @binding(2) var<storage, read_write> sum: array<f32>; @group(0) @binding(3) var<uniform> s_params: Params;
@compute @workgroup_size(64) // the gradient of a slope: the sum of dy * x where x is negative
fn sum_up(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= s_params.c) { return; }
  var total = 0.0;
  for (var i = id.x; i < s_params.n; i += s_params.c) { total += s_dy[i] * min(s_x[i], 0.0); }
  sum[id.x] = total;
}`;
fer.addShader('slopes', shader);
const params = fer.u32s('n', 'c');
const scale = fer.defineKernel('slopes', 'scale', { reads: ['v', 'x', 'slopes'], writes: ['out'], params });
const sumUp = fer.defineKernel('slopes', 'sum_up', { reads: ['dy', 'x'], writes: ['out'], params });
/** @returns {fer.Layer} */
const Slopes = () => ({
  ...{ kind: 'Slopes', config: {}, outputShape: (input) => input },
  weights: (input) => [{ name: 'slopes', shape: input.slice(-1), initializer: 'zeros', trainable: true }],
  call({ rec, tape }, [input], { get }) {
    const [x, slopes] = [input.value, get('slopes').value];
    const run = (kernel, like, reads) => {
      const [out, workgroups] = [rec.alloc(like.shape, kernel.name), Math.ceil(like.size / 64)];
      rec.dispatch(kernel, { bind: { ...reads, out }, params: { n: x.size, c: slopes.size }, workgroups });
      return out;
    };
    const back = (dy) => [run(scale, x, { v: dy, x, slopes }), run(sumUp, slopes, { dy, x })];
    return tape.record('slopes', [input, get('slopes')], run(scale, x, { v: x, x, slopes }), back);
  },
});

const { splits } = await fer.loadDataset('synthetic:140');
const preprocess = fer.fitPreprocess('mean', splits.train);
const batch = new fer.BatchSource(splits.train, { batchSize: 140, preprocess }).batch(0, 0);
const gpu = await fer.openGpu();
const layers = [fer.Conv2D({ filters: 8, strides: 4 }), Slopes(), fer.Flatten(), fer.Dense({ units: 7 })];
const learner = new fer.Learner(gpu, new fer.Sequential('own', [48, 48, 1], [...layers, fer.Softmax()]));
learner.learningRate = 0.01;
for (let step = 0; step < 40; step++) await learner.train(batch.images, batch.labels);
const losses = (await learner.metrics()).map(({ loss }) => loss);
const slopes = (await learner.readWeights()).get('slopes/slopes').data;
console.log(
  `loss ${losses[0].toFixed(3)} -> ${losses.at(-1).toFixed(3)}, slopes ${[...slopes].map((s) => s.toFixed(2)).join(' ')}`,
);
assert(losses.at(-1) < losses[0] / 2 && slopes.every((slope) => slope !== 0));
gpu.close();
