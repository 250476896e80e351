// ELU, batch normalisation and max pooling for inference. All numbers of batch normalisation are then constants, so it takes
// one multiplication and one addition per value.
//
//   scale = gamma / sqrt(moving_variance + epsilon),   offset = beta - moving_mean * scale
//   y     = max over the window of (scale * elu(z) + offset)
//
// `prepare` runs once after each change of the weights. elu is increasing, and scale * e + offset is increasing in e if
// scale >= 0, else decreasing. So the largest (or smallest) z of a window decides, with one exp per window. Dropout does
// nothing in inference. conv2d_gray.wgsl and conv2d_winograd.wgsl can end a convolution in the same way (`block`,
// `output_block`), without storing z. There is no gradient: training uses elu_norm_pool.wgsl.
//
// Shapes: z [B, H, W, C], y [B, OH, OW, C] in vec4s of channels; the rest [C]. Windows tile the image (stride = SIZE).
// Threads: `prepare` one per channel, `apply` one per vec4 of channels and row of windows.
// Constants: SIZE, the edge of the pooling window.
// Parts: elu

const SIZE = {{SIZE}}u;
alias Lane = vec4f;

// prepare
struct PrepareParams { channels: u32, epsilon: f32 }
@group(0) @binding(0) var<storage, read> moving_mean: array<f32>;
@group(0) @binding(1) var<storage, read> moving_variance: array<f32>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read> beta: array<f32>;
@group(0) @binding(4) var<storage, read_write> scale: array<f32>;
@group(0) @binding(5) var<storage, read_write> offset: array<f32>;
@group(0) @binding(6) var<uniform> prepare_params: PrepareParams;

@compute @workgroup_size(64)
fn prepare(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let c = (group.y * groups.x + group.x) * 64u + local.x;
  if (c >= prepare_params.channels) { return; }
  let factor = gamma[c] * inverseSqrt(moving_variance[c] + prepare_params.epsilon); // formula
  scale[c] = factor;
  offset[c] = beta[c] - moving_mean[c] * factor; // formula
}

// apply
struct ApplyParams { b: u32, h: u32, w: u32, c4: u32, oh: u32, ow: u32, alpha: f32 }
@group(0) @binding(0) var<storage, read> z: array<vec4f>;
@group(0) @binding(1) var<storage, read> a_scale: array<vec4f>;
@group(0) @binding(2) var<storage, read> a_offset: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(4) var<uniform> params: ApplyParams;

@compute @workgroup_size(64)
fn apply(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
         @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = params;
  if (i >= p.b * p.oh * p.c4) { return; }
  let c = i % p.c4;
  let line = i / p.c4; // n * OH + oy
  let top = ((line / p.oh) * p.h + (line % p.oh) * SIZE) * p.w;
  let factor = a_scale[c];
  let shift = a_offset[c];
  let sign = select(vec4f(-1.0), vec4f(1.0), factor >= vec4f(0.0)); // the smallest of z is minus the largest of -z
  for (var ox = 0u; ox < p.ow; ox++) {
    var best = vec4f(-3.4028234e38);
    for (var k = 0u; k < SIZE * SIZE; k++) {
      best = max(best, sign * z[(top + (k / SIZE) * p.w + ox * SIZE + k % SIZE) * p.c4 + c]); // formula
    }
    let v = best * sign;
    y[(line * p.ow + ox) * p.c4 + c] = elu_of(v, p.alpha) * factor + shift; // formula
  }
}
