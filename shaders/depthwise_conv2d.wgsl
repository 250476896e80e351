// Depthwise convolution: every channel of the image has its own small window of weights.
//
// What it means: a convolution combines pixels and channels at once, so its cost is proportional to the product of the two.
// Here the channels stay separate. Followed by a 1 x 1 convolution that mixes them, this is a separable convolution
// (Xception, Chollet 2017): nearly as expressive, for about a ninth of the multiplications of a 3 x 3 convolution.
//
//   y[n, oy, ox, c * M + m] = bias[c * M + m] + sum over ky, kx of
//                             x[n, oy * stride_y + ky - pad_top, ox * stride_x + kx - pad_left, c] * w[ky, kx, c, m]
//
// M, the depth multiplier, is the number of windows per channel; usually 1. Gradients, from the same sum:
//   dx[n, iy, ix, c]   = sum over all (oy, ky) with oy * stride_y + ky - pad_top = iy, likewise in x, and over m,
//                        of dy[n, oy, ox, c * M + m] * w[ky, kx, c, m]
//   dw[ky, kx, c, m]   = sum over n, oy, ox of x[n, oy * stride_y + ky - pad_top, ..., c] * dy[n, oy, ox, c * M + m]
//   dbias              = the column sum of dy, see reduce.wgsl
//
// Shapes: x [B, H, W, C], w [KH, KW, C, M], y and dy [B, OH, OW, C * M]; OC = C * M.
// Threads: one per output row and lane of channels, which walks along the row. It keeps its weights in registers, and also
// the columns of x that the next window covers, so each window loads only its new columns (as in conv2d_gray.wgsl).
// `input_gradient`: one per input lane, any stride. With stride 1 and M = 1, `forward` computes dx instead, from the kernel
// rotated by 180 degrees (`rotated`). `weight_gradient`: one per lane and part of the rows ("split"), which sums all taps
// at once; reduce.wgsl adds the splits.
// Constants: LANE is f32, or vec4f for four channels at once where M is 1; C and OC are then counted in fours.
// KH, KW, STRIDE_Y and STRIDE_X of the window.

alias Lane = {{LANE}};
const KH = {{KH}}u;
const KW = {{KW}}u;
const STRIDE_Y = {{STRIDE_Y}}u;
const STRIDE_X = {{STRIDE_X}}u;

struct DepthwiseParams {
  b: u32, h: u32, w: u32, c: u32, oh: u32, ow: u32, oc: u32, multiplier: u32,
  pad_top: u32, pad_left: u32, has_bias: u32, rotated: u32, splits: u32,
}
/// One weight or sum per tap.
alias Taps = array<Lane, KH * KW>;
/// KH rows of one column of x.
alias Column = array<Lane, KH>;

// forward
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read> weight: array<Lane>;
@group(0) @binding(2) var<storage, read> bias: array<Lane>;
@group(0) @binding(3) var<storage, read_write> y: array<Lane>;
@group(0) @binding(4) var<uniform> params: DepthwiseParams;

/// Rows top .. top + KH - 1 of column `ix` of channel c; 0 outside. `top` and `ix` may have wrapped below 0.
fn column_at(n: u32, top: u32, ix: u32, c: u32, p: DepthwiseParams) -> Column {
  var column = Column();
  for (var r = 0u; r < KH; r++) {
    let seen = top + r < p.h && ix < p.w;
    column[r] = select(Lane(), x[select(0u, ((n * p.h + top + r) * p.w + ix) * p.c + c, seen)], seen);
  }
  return column;
}

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = params;
  if (i >= p.b * p.oh * p.oc) { return; }
  let o = i % p.oc;
  let c = o / p.multiplier;
  let line = i / p.oc; // n * OH + oy
  let n = line / p.oh;
  let top = (line % p.oh) * STRIDE_Y - p.pad_top;
  var taps = Taps();
  for (var t = 0u; t < KH * KW; t++) {
    taps[t] = weight[select(t, KH * KW - 1u - t, p.rotated == 1u) * p.oc + o];
  }
  var shift = Lane();
  if (p.has_bias == 1u) { shift = bias[o]; }
  var columns = array<Column, KW>();
  for (var k = STRIDE_X; k < KW; k++) { columns[k] = column_at(n, top, k - STRIDE_X - p.pad_left, c, p); }
  for (var ox = 0u; ox < p.ow; ox++) {
    for (var k = 0u; k < KW; k++) {
      if (k + STRIDE_X < KW) { columns[k] = columns[k + STRIDE_X]; }
      else { columns[k] = column_at(n, top, ox * STRIDE_X + k - p.pad_left, c, p); }
    }
    var sum = shift;
    for (var k = 0u; k < KW; k++) {
      for (var r = 0u; r < KH; r++) { sum += columns[k][r] * taps[r * KW + k]; } // formula
    }
    y[(line * p.ow + ox) * p.oc + o] = sum;
  }
}

// input_gradient
@group(0) @binding(0) var<storage, read> dx_dy: array<Lane>;
@group(0) @binding(1) var<storage, read> dx_weight: array<Lane>;
@group(0) @binding(2) var<storage, read_write> dx: array<Lane>;
@group(0) @binding(3) var<uniform> dx_params: DepthwiseParams;

@compute @workgroup_size(64)
fn input_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                  @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = dx_params;
  if (i >= p.b * p.h * p.w * p.c) { return; }
  let c = i % p.c;
  let ix = (i / p.c) % p.w;
  let iy = (i / (p.c * p.w)) % p.h;
  let n = i / (p.c * p.w * p.h);
  var sum = Lane();
  for (var ky = 0u; ky < KH; ky++) {
    let sy = iy + p.pad_top - ky; // wraps when the window would start above the padding
    if (sy % STRIDE_Y != 0u || sy / STRIDE_Y >= p.oh || ky > iy + p.pad_top) { continue; }
    for (var kx = 0u; kx < KW; kx++) {
      let sx = ix + p.pad_left - kx;
      if (sx % STRIDE_X != 0u || sx / STRIDE_X >= p.ow || kx > ix + p.pad_left) { continue; }
      let pixel = ((n * p.oh + sy / STRIDE_Y) * p.ow + sx / STRIDE_X) * p.oc;
      for (var m = 0u; m < p.multiplier; m++) {
        let o = c * p.multiplier + m;
        sum += dx_dy[pixel + o] * dx_weight[(ky * KW + kx) * p.oc + o]; // formula
      }
    }
  }
  dx[i] = sum;
}

// weight_gradient: separate sums for each of `splits` parts of the batch's rows
@group(0) @binding(1) var<storage, read> dw_dy: array<Lane>;
@group(0) @binding(2) var<storage, read_write> partial: array<Lane>; // [splits, KH, KW, C, M]
@group(0) @binding(3) var<uniform> dw_params: DepthwiseParams;

@compute @workgroup_size(64)
fn weight_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                   @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = dw_params;
  if (i >= p.oc * p.splits) { return; }
  let o = i % p.oc;
  let c = o / p.multiplier;
  let split = i / p.oc;
  let lines = p.b * p.oh;
  var sums = Taps();
  for (var line = split * lines / p.splits; line < (split + 1u) * lines / p.splits; line++) {
    let n = line / p.oh;
    let top = (line % p.oh) * STRIDE_Y - p.pad_top;
    var row = Taps(); // separate sums per row keep the rounding error small
    var columns = array<Column, KW>();
    for (var k = STRIDE_X; k < KW; k++) { columns[k] = column_at(n, top, k - STRIDE_X - p.pad_left, c, p); }
    for (var ox = 0u; ox < p.ow; ox++) {
      let d = dw_dy[(line * p.ow + ox) * p.oc + o];
      for (var k = 0u; k < KW; k++) {
        if (k + STRIDE_X < KW) { columns[k] = columns[k + STRIDE_X]; }
        else { columns[k] = column_at(n, top, ox * STRIDE_X + k - p.pad_left, c, p); }
        for (var r = 0u; r < KH; r++) { row[r * KW + k] += columns[k][r] * d; } // formula
      }
    }
    for (var t = 0u; t < KH * KW; t++) { sums[t] += row[t]; }
  }
  for (var t = 0u; t < KH * KW; t++) { partial[(split * KH * KW + t) * p.oc + o] = sums[t]; }
}
