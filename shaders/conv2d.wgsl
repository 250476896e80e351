// 2-D convolution, the naive version: one invocation computes one number.
//
// What it means: a small window of weights slides over the image; each output pixel of each output channel is
// the dot product of the window with the patch under it. "Same" padding puts zeros around the image.
//
//   y[n, oy, ox, oc] = bias[oc] + sum over ky, kx, ic of
//                      x[n, oy * stride_y + ky - pad_top, ox * stride_x + kx - pad_left, ic] * w[ky, kx, ic, oc]
//
// Gradients, by reading the same sum from the other two sides:
//   dx[n, iy, ix, ic]  = sum over all (oy, ky) with oy * stride_y + ky - pad_top = iy, likewise in x, and over oc,
//                        of dy[n, oy, ox, oc] * w[ky, kx, ic, oc]
//   dw[ky, kx, ic, oc] = sum over n, oy, ox of x[n, oy * stride_y + ky - pad_top, ..., ic] * dy[n, oy, ox, oc]
//   dbias[oc]          = sum over n, oy, ox of dy: a column sum, see reduce.wgsl
//
// Shapes: x [B, H, W, IC], w [KH, KW, IC, OC], bias [OC], y and dy [B, OH, OW, OC].
// Threads: one per output. Consecutive threads compute consecutive channels, so they read and write neighbouring memory.
// The other conv2d shaders compute the same faster.

struct ConvParams {
  b: u32, h: u32, w: u32, ic: u32, oh: u32, ow: u32, oc: u32,
  kh: u32, kw: u32, stride_y: u32, stride_x: u32, pad_top: u32, pad_left: u32, has_bias: u32,
}

// forward
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<uniform> params: ConvParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = params;
  if (i >= p.b * p.oh * p.ow * p.oc) { return; }
  let oc = i % p.oc;
  let ox = (i / p.oc) % p.ow;
  let oy = (i / (p.oc * p.ow)) % p.oh;
  let n = i / (p.oc * p.ow * p.oh);
  var sum = 0.0;
  for (var ky = 0u; ky < p.kh; ky++) {
    // Unsigned arithmetic wraps: a row above the image becomes a huge number, so one comparison tests both ends.
    let iy = oy * p.stride_y + ky - p.pad_top;
    if (iy >= p.h) { continue; }
    for (var kx = 0u; kx < p.kw; kx++) {
      let ix = ox * p.stride_x + kx - p.pad_left;
      if (ix >= p.w) { continue; }
      let pixel = ((n * p.h + iy) * p.w + ix) * p.ic;
      let tap = (ky * p.kw + kx) * p.ic;
      for (var c = 0u; c < p.ic; c++) {
        sum += x[pixel + c] * weight[(tap + c) * p.oc + oc]; // formula
      }
    }
  }
  if (p.has_bias == 1u) { sum += bias[oc]; }
  y[i] = sum;
}

// input_gradient
@group(0) @binding(0) var<storage, read> dx_dy: array<f32>;
@group(0) @binding(1) var<storage, read> dx_weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(0) @binding(3) var<uniform> dx_params: ConvParams;

@compute @workgroup_size(64)
fn input_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                  @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = dx_params;
  if (i >= p.b * p.h * p.w * p.ic) { return; }
  let c = i % p.ic;
  let ix = (i / p.ic) % p.w;
  let iy = (i / (p.ic * p.w)) % p.h;
  let n = i / (p.ic * p.w * p.h);
  var sum = 0.0;
  for (var ky = 0u; ky < p.kh; ky++) {
    // As in `forward`, a row above the map wraps to a huge number.
    let sy = iy + p.pad_top - ky;
    if (sy % p.stride_y != 0u || sy / p.stride_y >= p.oh) { continue; }
    for (var kx = 0u; kx < p.kw; kx++) {
      let sx = ix + p.pad_left - kx;
      if (sx % p.stride_x != 0u || sx / p.stride_x >= p.ow) { continue; }
      let pixel = ((n * p.oh + sy / p.stride_y) * p.ow + sx / p.stride_x) * p.oc;
      let tap = ((ky * p.kw + kx) * p.ic + c) * p.oc;
      for (var o = 0u; o < p.oc; o++) {
        sum += dx_dy[pixel + o] * dx_weight[tap + o]; // formula
      }
    }
  }
  dx[i] = sum;
}

// weight_gradient: one sum for each of `splits` parts of the batch's rows; reduce.wgsl adds the sums
struct WeightGradientParams {
  b: u32, h: u32, w: u32, ic: u32, oh: u32, ow: u32, oc: u32,
  kh: u32, kw: u32, stride_y: u32, stride_x: u32, pad_top: u32, pad_left: u32, splits: u32,
}
@group(0) @binding(0) var<storage, read> dw_x: array<f32>;
@group(0) @binding(1) var<storage, read> dw_dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> partial: array<f32>; // [splits, KH, KW, IC, OC]
@group(0) @binding(3) var<uniform> dw_params: WeightGradientParams;

@compute @workgroup_size(64)
fn weight_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                   @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = dw_params;
  let size = p.kh * p.kw * p.ic * p.oc;
  if (i >= size * p.splits) { return; }
  let o = i % p.oc;
  let c = (i / p.oc) % p.ic;
  let kx = (i / (p.oc * p.ic)) % p.kw;
  let ky = (i / (p.oc * p.ic * p.kw)) % p.kh;
  let split = i / size;
  let lines = p.b * p.oh;
  var sum = 0.0;
  for (var line = split * lines / p.splits; line < (split + 1u) * lines / p.splits; line++) {
    let iy = (line % p.oh) * p.stride_y + ky - p.pad_top;
    if (iy >= p.h) { continue; }
    // A partial sum per row keeps the rounding error small over the 64,512 pixels of a batch.
    var row = 0.0;
    for (var ox = 0u; ox < p.ow; ox++) {
      let ix = ox * p.stride_x + kx - p.pad_left;
      if (ix >= p.w) { continue; }
      row += dw_x[(((line / p.oh) * p.h + iy) * p.w + ix) * p.ic + c] * dw_dy[(line * p.ow + ox) * p.oc + o]; // formula
    }
    sum += row;
  }
  partial[i] = sum;
}
