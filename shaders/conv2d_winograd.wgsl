// 3 x 3 convolution with stride 1 by Winograd's algorithm F(4 x 4, 3 x 3) (Lavin & Gray 2015, arXiv 1509.09308).
//
// The idea, in one dimension: four outputs of a three-tap filter are the coefficients of a product of polynomials.
// Evaluate both factors at the six points 0, 1, -1, 2, -2 and infinity, multiply point by point, and interpolate:
// 6 multiplications in place of 12. In two dimensions a 6 x 6 patch d of the input gives a 4 x 4 tile of the output
// with 36 in place of 144, a quarter:
//
//   y = A^T [ (G g G^T) * (B^T d B) ] A                      (* is element by element)
//
// Summed over input channels, the middle becomes, for each of the 36 points, a matrix product
// [tiles, IC] x [IC, OC]: that is where the work is, in matmul.wgsl or matmul_subgroup.wgsl. This file goes to the
// points and back:
//   weight_transform    U[36, IC, OC]    = G g G^T
//   input_transform     V[36, TILES, IC] = B^T d B, patches overlap by two pixels; outside of the image is 0
//   output_transform    y                = A^T M A + bias, from M[36, TILES, OC] = V U
// Gradients. The map is linear in d and in g, so the chain rule only transposes it:
//   dx: the same convolution of dy with the kernel turned (conv2d_flip.wgsl), padding 2 - pad
//   gradient_transform  Z[36, TILES, OC] = A dy A^T
//   weight_gradient     dw               = G^T dU G, from dU[36, IC, OC] = V^T Z
//
// Shapes: x [B, H, W, C], y and dy [B, OH, OW, C], all seen in vec4s of channels; tiles are counted row by row and
// image by image, TILES = B * TY * TX rounded up to a multiple of 4 (the rest is 0).
// Threads: one a tile and vec4 of channels, or one a vec4 of weights.

struct WinogradParams {
  b: u32, h: u32, w: u32, c4: u32, oh: u32, ow: u32, pad_top: u32, pad_left: u32,
  ty: u32, tx: u32, tiles: u32, has_bias: u32,
}
struct WeightParams { ic: u32, oc4: u32 }

/// B^T d for one line of a patch.
fn to_points(d: array<vec4f, 6>) -> array<vec4f, 6> {
  let even = d[4] - 4.0 * d[2];
  let odd = d[3] - 4.0 * d[1];
  let even2 = d[4] - d[2];
  let odd2 = 2.0 * (d[3] - d[1]);
  return array(
    4.0 * d[0] - 5.0 * d[2] + d[4],
    even + odd,
    even - odd,
    even2 + odd2,
    even2 - odd2,
    4.0 * d[1] - 5.0 * d[3] + d[5],
  );
}

/// A^T m for one line of points.
fn from_points(m: array<vec4f, 6>) -> array<vec4f, 4> {
  let sum1 = m[1] + m[2];
  let difference1 = m[1] - m[2];
  let sum2 = m[3] + m[4];
  let difference2 = m[3] - m[4];
  return array(
    m[0] + sum1 + sum2,
    difference1 + 2.0 * difference2,
    sum1 + 4.0 * sum2,
    difference1 + 8.0 * difference2 + m[5],
  );
}

/// A y for one line of output gradients: the transpose of from_points.
fn gradient_to_points(y: array<vec4f, 4>) -> array<vec4f, 6> {
  let even = y[0] + y[2];
  let odd = y[1] + y[3];
  let even2 = y[0] + 4.0 * y[2];
  let odd2 = 2.0 * y[1] + 8.0 * y[3];
  return array(y[0], even + odd, even - odd, even2 + odd2, even2 - odd2, y[3]);
}

/// G g for one line of a kernel.
fn weight_to_points(g: array<vec4f, 3>) -> array<vec4f, 6> {
  let even = g[0] + g[2];
  let even2 = g[0] + 4.0 * g[2];
  return array(
    g[0] / 4.0,
    (even + g[1]) / -6.0,
    (even - g[1]) / -6.0,
    (even2 + 2.0 * g[1]) / 24.0,
    (even2 - 2.0 * g[1]) / 24.0,
    g[2],
  );
}

/// G^T u for one line of points: the transpose of weight_to_points.
fn weight_from_points(u: array<vec4f, 6>) -> array<vec4f, 3> {
  let sum1 = (u[1] + u[2]) / -6.0;
  let sum2 = (u[3] + u[4]) / 24.0;
  return array(
    u[0] / 4.0 + sum1 + sum2,
    (u[2] - u[1]) / 6.0 + (u[3] - u[4]) / 12.0,
    sum1 + 4.0 * sum2 + u[5],
  );
}

// weight_transform
@group(0) @binding(0) var<storage, read> weight: array<vec4f>; // [3, 3, IC, OC]
@group(0) @binding(1) var<storage, read_write> u: array<vec4f>; // [36, IC, OC]
@group(0) @binding(2) var<uniform> weight_params: WeightParams;

@compute @workgroup_size(64)
fn weight_transform(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                    @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  let n = weight_params.ic * weight_params.oc4;
  if (i >= n) { return; }
  var lines: array<array<vec4f, 6>, 3>;
  for (var ky = 0u; ky < 3u; ky++) {
    lines[ky] = weight_to_points(array(
      weight[(ky * 3u) * n + i], weight[(ky * 3u + 1u) * n + i], weight[(ky * 3u + 2u) * n + i]));
  }
  for (var px = 0u; px < 6u; px++) {
    let points = weight_to_points(array(lines[0][px], lines[1][px], lines[2][px]));
    for (var py = 0u; py < 6u; py++) { u[(py * 6u + px) * n + i] = points[py]; }
  }
}

// input_transform
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> v: array<vec4f>;
@group(0) @binding(2) var<uniform> params: WinogradParams;

@compute @workgroup_size(64)
fn input_transform(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                   @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  let p = params;
  let n = p.tiles * p.c4;
  if (i >= n) { return; }
  let tile = i / p.c4;
  let image = tile / (p.ty * p.tx);
  let top = ((tile / p.tx) % p.ty) * 4u - p.pad_top; // wraps to a huge number above the image
  let left = (tile % p.tx) * 4u - p.pad_left;
  var lines: array<array<vec4f, 6>, 6>;
  for (var dy = 0u; dy < 6u; dy++) {
    let iy = top + dy;
    let row = ((image * p.h + iy) * p.w) * p.c4 + i % p.c4;
    let inside = image < p.b && iy < p.h;
    var d: array<vec4f, 6>;
    for (var dx = 0u; dx < 6u; dx++) {
      let ix = left + dx;
      let seen = inside && ix < p.w;
      d[dx] = select(vec4f(0.0), x[select(0u, row + ix * p.c4, seen)], seen);
    }
    lines[dy] = to_points(d);
  }
  for (var px = 0u; px < 6u; px++) {
    let points = to_points(array(
      lines[0][px], lines[1][px], lines[2][px], lines[3][px], lines[4][px], lines[5][px]));
    for (var py = 0u; py < 6u; py++) { v[(py * 6u + px) * n + i] = points[py]; }
  }
}

// output_transform
@group(0) @binding(0) var<storage, read> m: array<vec4f>;
@group(0) @binding(1) var<storage, read> bias: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(3) var<uniform> out_params: WinogradParams;

@compute @workgroup_size(64)
fn output_transform(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                    @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  let p = out_params;
  let n = p.tiles * p.c4;
  let tile = i / p.c4;
  if (tile >= p.b * p.ty * p.tx) { return; }
  var lines: array<array<vec4f, 4>, 6>;
  for (var py = 0u; py < 6u; py++) {
    let at = py * 6u * n + i;
    lines[py] = from_points(array(
      m[at], m[at + n], m[at + 2u * n], m[at + 3u * n], m[at + 4u * n], m[at + 5u * n]));
  }
  var shift = vec4f(0.0);
  if (p.has_bias == 1u) { shift = bias[i % p.c4]; }
  let image = tile / (p.ty * p.tx);
  let top = ((tile / p.tx) % p.ty) * 4u;
  let left = (tile % p.tx) * 4u;
  for (var ox = 0u; ox < 4u; ox++) {
    let outputs = from_points(array(
      lines[0][ox], lines[1][ox], lines[2][ox], lines[3][ox], lines[4][ox], lines[5][ox]));
    for (var oy = 0u; oy < 4u; oy++) {
      if (top + oy < p.oh && left + ox < p.ow) {
        y[((image * p.oh + top + oy) * p.ow + left + ox) * p.c4 + i % p.c4] = outputs[oy] + shift;
      }
    }
  }
}

// gradient_transform
@group(0) @binding(0) var<storage, read> g_dy: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> z: array<vec4f>;
@group(0) @binding(2) var<uniform> g_params: WinogradParams;

@compute @workgroup_size(64)
fn gradient_transform(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                      @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  let p = g_params;
  let n = p.tiles * p.c4;
  if (i >= n) { return; }
  let tile = i / p.c4;
  let image = tile / (p.ty * p.tx);
  let top = ((tile / p.tx) % p.ty) * 4u;
  let left = (tile % p.tx) * 4u;
  var lines: array<array<vec4f, 6>, 4>;
  for (var oy = 0u; oy < 4u; oy++) {
    let row = ((image * p.oh + top + oy) * p.ow + left) * p.c4 + i % p.c4;
    let inside = image < p.b && top + oy < p.oh;
    var d: array<vec4f, 4>;
    for (var ox = 0u; ox < 4u; ox++) {
      let seen = inside && left + ox < p.ow;
      d[ox] = select(vec4f(0.0), g_dy[select(0u, row + ox * p.c4, seen)], seen);
    }
    lines[oy] = gradient_to_points(d);
  }
  for (var px = 0u; px < 6u; px++) {
    let points = gradient_to_points(array(lines[0][px], lines[1][px], lines[2][px], lines[3][px]));
    for (var py = 0u; py < 6u; py++) { z[(py * 6u + px) * n + i] = points[py]; }
  }
}

// weight_gradient
@group(0) @binding(0) var<storage, read> du: array<vec4f>; // [36, IC, OC]
@group(0) @binding(1) var<storage, read_write> dw: array<vec4f>; // [3, 3, IC, OC]
@group(0) @binding(2) var<uniform> dw_params: WeightParams;

@compute @workgroup_size(64)
fn weight_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                   @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  let n = dw_params.ic * dw_params.oc4;
  if (i >= n) { return; }
  var lines: array<array<vec4f, 3>, 6>;
  for (var py = 0u; py < 6u; py++) {
    let at = py * 6u * n + i;
    lines[py] = weight_from_points(array(
      du[at], du[at + n], du[at + 2u * n], du[at + 3u * n], du[at + 4u * n], du[at + 5u * n]));
  }
  for (var kx = 0u; kx < 3u; kx++) {
    let taps = weight_from_points(array(
      lines[0][kx], lines[1][kx], lines[2][kx], lines[3][kx], lines[4][kx], lines[5][kx]));
    for (var ky = 0u; ky < 3u; ky++) { dw[(ky * 3u + kx) * n + i] = taps[ky]; }
  }
}
