// 3 x 3 convolution with stride 1 by Winograd's algorithm (Lavin & Gray 2015, arXiv 1509.09308).
//
// The idea, in one dimension: EDGE outputs of a three-tap filter follow from a product of two polynomials. Evaluate both
// factors at POINTS = EDGE + 2 points, multiply point by point, and interpolate. For EDGE = 4 this takes 6 multiplications
// instead of 12. In two dimensions, a 6 x 6 patch d of the input gives a 4 x 4 tile of the output with 36 multiplications
// instead of 144, a quarter:
//
//   y = A^T [ (G g G^T) * (B^T d B) ] A                      (* is element by element)
//
// The points are 0, 1, -1, 2, -2, infinity, and for EDGE = 6 also 1/2, -1/2. EDGE = 6 takes 64 multiplications instead of
// 324, a fifth, and suits maps of 6 x 6, which tiles of 4 would not divide. Larger tiles do not pay: their points differ
// more in magnitude, so float32 loses too many digits (EDGE = 6 already rounds twice as coarsely as EDGE = 4).
//
// Summed over the input channels, the inner product is a matrix product [tiles, IC] x [IC, OC] for each of the 36 (or 64)
// points. Most of the work is there: see matmul.wgsl and its variants. This file contains the transforms to the points (the
// "Winograd domain") and back; PP = POINTS * POINTS:
//   transforms          U[PP, IC, OC] = G g G^T and V[PP, TILES, IC] = B^T d B, in one dispatch, or only one of them. Patches
//                       overlap by two pixels, and are 0 outside of the image. With `affine` set, d is x * scale + offset: the
//                       batch norm of the layer before, which is then not stored
//   output_transform    y = A^T M A + bias, from M[PP, TILES, OC] = V U
//   output_block        for inference: goes on to batch norm of elu(y) and max pooling like inference_block.wgsl, and
//                       stores only the pooled map
// output_transform can do more while y is in registers:
//   with `elu` set, it stores elu(y) instead of y
//   with `moments` set, it stores mean and M2 of each tile and channel, which `finish` of batch_norm.wgsl merges; only where
//   the tiles cover the output exactly
//   with SIZE = 2, it stores `winner` of each 2 x 2 window as in elu_norm_pool.wgsl: its largest value where gamma >= 0, else
//   its smallest
// The gradients are in conv2d_winograd_gradient.wgsl. Software Vulkan runs conv2d_winograd_lanes.wgsl instead.
//
// Shapes: x [B, H, W, C], y [B, OH, OW, C]. Tiles are numbered row by row and image by image; TILES = B * TY * TX rounded up
// to a multiple of 4 (the extra ones are 0). The planes of U have gaps between them: `plane` is the
// distance from one to the next, counted like `oc` (weightPlane in src/gpu/kernels/conv2d_winograd.ts).
// Threads: one per tile and pair of channels, or per pair of weights, so that neighbouring threads access neighbouring
// memory. `c` and `oc` count pairs.
// Constants: EDGE, 4 or 6. SIZE, the edge of output_block's pooling window, a divisor of EDGE; 2 where output_transform
// stores winners, else 1. FORMAT, the storage format in the Winograd domain, f32 or f16.
// Parts: winograd_lines, storage, elu

const SIZE = {{SIZE}}u;
/// Neighbouring channels that one thread processes together.
alias Lane = vec2f;

struct TransformParams {
  b: u32, h: u32, w: u32, c: u32, pad_top: u32, pad_left: u32, ty: u32, tx: u32, tiles: u32, affine: u32,
  inputs: u32, ic: u32, oc: u32, plane: u32,
}
struct WinogradParams {
  b: u32, c: u32, oh: u32, ow: u32, ty: u32, tx: u32, tiles: u32, has_bias: u32, elu: u32, moments: u32, alpha: f32,
}

// transforms: the first `inputs` workgroups transform x, the others the weights
@group(0) @binding(0) var<storage, read> weight: array<Lane>; // [3, 3, IC, OC]
@group(0) @binding(1) var<storage, read> x: array<Lane>;
@group(0) @binding(2) var<storage, read> x_affine: array<Lane>; // [2, IC]
@group(0) @binding(3) var<storage, read_write> u: array<Pair>; // [PP, IC, OC]
@group(0) @binding(4) var<storage, read_write> v: array<Pair>;
@group(0) @binding(5) var<uniform> params: TransformParams;

fn transform_weight(i: u32, p: TransformParams) {
  let n = p.ic * p.oc;
  if (i >= n) { return; }
  var lines = array<Points, 3>();
  for (var ky = 0u; ky < 3u; ky++) {
    let at = ky * 3u * n + i;
    lines[ky] = weight_to_points_{{EDGE}}(Taps(weight[at], weight[at + n], weight[at + 2u * n])); // formula
  }
  for (var px = 0u; px < POINTS; px++) {
    let points = weight_to_points_{{EDGE}}(Taps(lines[0][px], lines[1][px], lines[2][px])); // formula
    for (var py = 0u; py < POINTS; py++) { u[(py * POINTS + px) * p.plane + i] = to_pair(points[py]); }
  }
}

fn transform_input(i: u32, p: TransformParams) {
  let n = p.tiles * p.c;
  if (i >= n) { return; }
  let tile = i / p.c;
  let image = tile / (p.ty * p.tx);
  let top = ((tile / p.tx) % p.ty) * EDGE - p.pad_top; // wraps to a huge number above the image
  let left = (tile % p.tx) * EDGE - p.pad_left;
  var factor = Lane(1.0);
  var shift = Lane();
  if (p.affine == 1u) {
    factor = x_affine[i % p.c];
    shift = x_affine[p.c + i % p.c];
  }
  var lines = array<Points, POINTS>();
  for (var dy = 0u; dy < POINTS; dy++) {
    let iy = top + dy;
    let row = ((image * p.h + iy) * p.w) * p.c + i % p.c;
    let inside = image < p.b && iy < p.h;
    var d = Points();
    for (var dx = 0u; dx < POINTS; dx++) {
      let ix = left + dx;
      let seen = inside && ix < p.w;
      d[dx] = select(Lane(), x[select(0u, row + ix * p.c, seen)] * factor + shift, seen);
    }
    lines[dy] = to_points_{{EDGE}}(d); // formula
  }
  for (var px = 0u; px < POINTS; px++) {
    var column = Points();
    for (var py = 0u; py < POINTS; py++) { column[py] = lines[py][px]; }
    let points = to_points_{{EDGE}}(column); // formula
    for (var py = 0u; py < POINTS; py++) { v[(py * POINTS + px) * n + i] = to_pair(points[py]); }
  }
}

@compute @workgroup_size(64)
fn transforms(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
              @builtin(local_invocation_id) local: vec3u) {
  let p = params;
  let index = group.y * groups.x + group.x;
  if (index < p.inputs) {
    transform_input(index * 64u + local.x, p);
  } else {
    transform_weight((index - p.inputs) * 64u + local.x, p);
  }
}

// output_transform
@group(0) @binding(0) var<storage, read> m: array<Pair>;
@group(0) @binding(1) var<storage, read> bias: array<Lane>;
@group(0) @binding(2) var<storage, read> gamma: array<Lane>;
@group(0) @binding(3) var<storage, read_write> y: array<Lane>;
@group(0) @binding(4) var<storage, read_write> moments: array<Lane>; // [2, B * TY * TX, OC]
@group(0) @binding(5) var<storage, read_write> winner: array<Lane>; // [B, OH / 2, OW / 2, OC]
@group(0) @binding(6) var<uniform> out_params: WinogradParams;

@compute @workgroup_size(64)
fn output_transform(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                    @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = out_params;
  let n = p.tiles * p.c;
  let tile = i / p.c;
  if (tile >= p.b * p.ty * p.tx) { return; }
  var lines = array<Outputs, POINTS>();
  for (var py = 0u; py < POINTS; py++) {
    var row = Points();
    for (var px = 0u; px < POINTS; px++) { row[px] = pair_of(m[(py * POINTS + px) * n + i]); }
    lines[py] = from_points_{{EDGE}}(row); // formula
  }
  var shift = Lane();
  if (p.has_bias == 1u) { shift = bias[i % p.c]; }
  let image = tile / (p.ty * p.tx);
  let top = ((tile / p.tx) % p.ty) * EDGE;
  let left = (tile % p.tx) * EDGE;
  var sign = Lane(1.0);
  if (SIZE == 2u) { sign = select(-Lane(1.0), Lane(1.0), gamma[i % p.c] >= Lane()); }
  var best = array<Lane, EDGE / 2u>();
  var first = Lane();
  var sum = Lane();
  var squares = Lane();
  for (var ox = 0u; ox < EDGE; ox++) {
    var column = Points();
    for (var py = 0u; py < POINTS; py++) { column[py] = lines[py][ox]; }
    let outputs = from_points_{{EDGE}}(column); // formula
    for (var oy = 0u; oy < EDGE; oy++) {
      let z = outputs[oy] + shift; // formula
      let value = select(z, elu_of(z, p.alpha), p.elu == 1u);
      if (top + oy < p.oh && left + ox < p.ow) {
        y[((image * p.oh + top + oy) * p.ow + left + ox) * p.c + i % p.c] = value;
      }
      if (ox + oy == 0u) { first = value; }
      sum += value - first;
      squares += (value - first) * (value - first);
      best[oy / 2u] = select(max(best[oy / 2u], sign * value), sign * value, ox % 2u + oy % 2u == 0u);
    }
    for (var window = 0u; window < EDGE / 2u; window++) {
      let wy = top / 2u + window;
      let wx = (left + ox) / 2u;
      if (SIZE == 2u && ox % 2u == 1u && wy < p.oh / 2u && wx < p.ow / 2u) {
        winner[((image * (p.oh / 2u) + wy) * (p.ow / 2u) + wx) * p.c + i % p.c] = sign * best[window];
      }
    }
  }
  if (p.moments == 1u) {
    moments[i] = first + sum / f32(EDGE * EDGE);
    moments[p.b * p.ty * p.tx * p.c + i] = squares - sum * sum / f32(EDGE * EDGE);
  }
}

// output_block: y is [B, OH, OW, C] with OH and OW counted in windows
struct BlockParams {
  b: u32, c: u32, oh: u32, ow: u32, ty: u32, tx: u32, tiles: u32, has_bias: u32, alpha: f32,
}
@group(0) @binding(0) var<storage, read> block_m: array<Pair>;
@group(0) @binding(1) var<storage, read> block_bias: array<Lane>;
@group(0) @binding(2) var<storage, read> scale: array<Lane>;
@group(0) @binding(3) var<storage, read> offset: array<Lane>;
@group(0) @binding(4) var<storage, read_write> pooled: array<Lane>;
@group(0) @binding(5) var<uniform> block_params: BlockParams;

@compute @workgroup_size(64)
fn output_block(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = block_params;
  let n = p.tiles * p.c;
  let tile = i / p.c;
  if (tile >= p.b * p.ty * p.tx) { return; }
  var lines = array<Outputs, POINTS>();
  for (var py = 0u; py < POINTS; py++) {
    var row = Points();
    for (var px = 0u; px < POINTS; px++) { row[px] = pair_of(block_m[(py * POINTS + px) * n + i]); }
    lines[py] = from_points_{{EDGE}}(row); // formula
  }
  var columns = array<Outputs, EDGE>();
  for (var ox = 0u; ox < EDGE; ox++) {
    var column = Points();
    for (var py = 0u; py < POINTS; py++) { column[py] = lines[py][ox]; }
    columns[ox] = from_points_{{EDGE}}(column); // formula
  }
  let c = i % p.c;
  let factor = scale[c];
  let shift = offset[c];
  let sign = select(-Lane(1.0), Lane(1.0), factor >= Lane()); // the smallest of y is minus the largest of -y
  var before = Lane();
  if (p.has_bias == 1u) { before = block_bias[c]; }
  let image = tile / (p.ty * p.tx);
  let top = ((tile / p.tx) % p.ty) * (EDGE / SIZE);
  let left = (tile % p.tx) * (EDGE / SIZE);
  for (var wx = 0u; wx < EDGE / SIZE; wx++) {
    for (var wy = 0u; wy < EDGE / SIZE; wy++) {
      var best = sign * columns[wx * SIZE][wy * SIZE];
      for (var k = 1u; k < SIZE * SIZE; k++) {
        best = max(best, sign * columns[wx * SIZE + k % SIZE][wy * SIZE + k / SIZE]);
      }
      let value = best * sign + before; // formula
      if (top + wy < p.oh && left + wx < p.ow) {
        pooled[((image * p.oh + top + wy) * p.ow + left + wx) * p.c + c] = elu_of(value, p.alpha) * factor + shift;
      }
    }
  }
}
