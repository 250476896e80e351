// Depthwise convolution: every channel of the image has a small window of weights of its own.
//
// What it means: a convolution looks across space and across channels at once, and pays for the product of the two. Here
// the channels stay apart. Followed by a 1 x 1 convolution that mixes them, it is a separable convolution (Xception,
// Chollet 2017): almost the same answers for about a ninth of the multiplications of a 3 x 3 convolution.
//
//   y[n, oy, ox, c * M + m] = bias[c * M + m] + sum over ky, kx of
//                             x[n, oy * stride + ky - pad_top, ox * stride + kx - pad_left, c] * w[ky, kx, c, m]
//
// M, the depth multiplier, is how many windows a channel has; mostly 1. Gradients, from the same sum:
//   dx[n, iy, ix, c]   = sum over all (oy, ky) with oy * stride + ky - pad_top = iy, likewise in x, and over m,
//                        of dy[n, oy, ox, c * M + m] * w[ky, kx, c, m]
//   dw[ky, kx, c, m]   = sum over n, oy, ox of x[n, oy * stride + ky - pad_top, ..., c] * dy[n, oy, ox, c * M + m]
//   dbias              = the column sum of dy, see reduce.wgsl
//
// Shapes: x [B, H, W, C], w [KH, KW, C, M], y and dy [B, OH, OW, C * M]; OC = C * M.
// Threads: one an output lane; of `weight_gradient` one a weight lane and split of the rows, which reduce.wgsl adds.
// Constants: LANE is f32, or vec4f for four channels at once where M is 1; C and OC are then counted in fours.

alias Lane = {{LANE}};

struct DepthwiseParams {
  b: u32, h: u32, w: u32, c: u32, oh: u32, ow: u32, oc: u32, multiplier: u32,
  kh: u32, kw: u32, stride: u32, pad_top: u32, pad_left: u32, has_bias: u32, splits: u32,
}

// forward
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read> weight: array<Lane>;
@group(0) @binding(2) var<storage, read> bias: array<Lane>;
@group(0) @binding(3) var<storage, read_write> y: array<Lane>;
@group(0) @binding(4) var<uniform> params: DepthwiseParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  let p = params;
  if (i >= p.b * p.oh * p.ow * p.oc) { return; }
  let o = i % p.oc;
  let ox = (i / p.oc) % p.ow;
  let oy = (i / (p.oc * p.ow)) % p.oh;
  let n = i / (p.oc * p.ow * p.oh);
  let c = o / p.multiplier;
  var sum = Lane();
  for (var ky = 0u; ky < p.kh; ky++) {
    let iy = oy * p.stride + ky - p.pad_top; // wraps to a huge number above the image
    if (iy >= p.h) { continue; }
    for (var kx = 0u; kx < p.kw; kx++) {
      let ix = ox * p.stride + kx - p.pad_left;
      if (ix >= p.w) { continue; }
      sum += x[((n * p.h + iy) * p.w + ix) * p.c + c] * weight[(ky * p.kw + kx) * p.oc + o];
    }
  }
  if (p.has_bias == 1u) { sum += bias[o]; }
  y[i] = sum;
}

// input_gradient
@group(0) @binding(0) var<storage, read> dx_dy: array<Lane>;
@group(0) @binding(1) var<storage, read> dx_weight: array<Lane>;
@group(0) @binding(2) var<storage, read_write> dx: array<Lane>;
@group(0) @binding(3) var<uniform> dx_params: DepthwiseParams;

@compute @workgroup_size(64)
fn input_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                  @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  let p = dx_params;
  if (i >= p.b * p.h * p.w * p.c) { return; }
  let c = i % p.c;
  let ix = (i / p.c) % p.w;
  let iy = (i / (p.c * p.w)) % p.h;
  let n = i / (p.c * p.w * p.h);
  var sum = Lane();
  for (var ky = 0u; ky < p.kh; ky++) {
    let sy = iy + p.pad_top - ky; // wraps when the window would start above the padding
    if (sy % p.stride != 0u || sy / p.stride >= p.oh || ky > iy + p.pad_top) { continue; }
    for (var kx = 0u; kx < p.kw; kx++) {
      let sx = ix + p.pad_left - kx;
      if (sx % p.stride != 0u || sx / p.stride >= p.ow || kx > ix + p.pad_left) { continue; }
      let pixel = ((n * p.oh + sy / p.stride) * p.ow + sx / p.stride) * p.oc;
      for (var m = 0u; m < p.multiplier; m++) {
        let o = c * p.multiplier + m;
        sum += dx_dy[pixel + o] * dx_weight[(ky * p.kw + kx) * p.oc + o];
      }
    }
  }
  dx[i] = sum;
}

// weight_gradient: the rows of the batch in `splits` parts, each with a sum of its own
@group(0) @binding(0) var<storage, read> dw_x: array<Lane>;
@group(0) @binding(1) var<storage, read> dw_dy: array<Lane>;
@group(0) @binding(2) var<storage, read_write> partial: array<Lane>; // [splits, KH, KW, C, M]
@group(0) @binding(3) var<uniform> dw_params: DepthwiseParams;

@compute @workgroup_size(64)
fn weight_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                   @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  let p = dw_params;
  let size = p.kh * p.kw * p.oc;
  if (i >= size * p.splits) { return; }
  let o = i % p.oc;
  let c = o / p.multiplier;
  let kx = (i / p.oc) % p.kw;
  let ky = (i / (p.oc * p.kw)) % p.kh;
  let split = i / size;
  let lines = p.b * p.oh;
  var sum = Lane();
  for (var line = split * lines / p.splits; line < (split + 1u) * lines / p.splits; line++) {
    let iy = (line % p.oh) * p.stride + ky - p.pad_top;
    if (iy >= p.h) { continue; }
    var row = Lane(); // one partial sum a row keeps the rounding error small
    for (var ox = 0u; ox < p.ow; ox++) {
      let ix = ox * p.stride + kx - p.pad_left;
      if (ix >= p.w) { continue; }
      row += dw_x[(((line / p.oh) * p.h + iy) * p.w + ix) * p.c + c] * dw_dy[(line * p.ow + ox) * p.oc + o];
    }
    sum += row;
  }
  partial[i] = sum;
}
