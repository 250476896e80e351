// The transforms of conv2d_winograd.wgsl for adapters with subgroups of exactly 8 invocations (software Vulkan: one subgroup
// is one SIMD vector of the CPU). That file explains the mathematics.
//
// Every transform multiplies a square X of numbers by a small matrix from both sides, M X M^T. Here each lane multiplies one
// line of X by M in registers. Then the subgroup transposes the square (parts/winograd_lanes.wgsl), and each lane multiplies
// a line again. In conv2d_winograd.wgsl a thread processes a whole square, and keeps the intermediate square in an array
// indexed by loop counters. Software Vulkan accesses such an array lane by lane, which takes as long as reading the image.
// With the loops unrolled, the code no longer fits into the CPU's first-level cache. This version has eight loads and eight
// stores per lane and channel, and is faster by a quarter to a half.
//
// Shapes, symbols and params as there, with channels in vec4s: `c` and `oc` count vec4s.
// Threads: one subgroup per tile, or per input channel of the weights, which loops over the channels.
// Constants: EDGE, 4 or 6. SIZE, the edge of output_block's pooling window, a divisor of EDGE; 2 where output_transform
// stores winners, else 1. FORMAT, the storage format in the Winograd domain, f32 or f16.
// Parts: winograd_lines, winograd_lanes, storage, elu

enable subgroups;

const SIZE = {{SIZE}}u;
/// Windows of output_block along a tile.
const WINDOWS = EDGE / SIZE;

struct TransformParams {
  b: u32, h: u32, w: u32, c: u32, pad_top: u32, pad_left: u32, ty: u32, tx: u32, tiles: u32, affine: u32,
  inputs: u32, ic: u32, oc: u32, plane: u32,
}
struct WinogradParams {
  b: u32, c: u32, oh: u32, ow: u32, ty: u32, tx: u32, tiles: u32, has_bias: u32, elu: u32, moments: u32, alpha: f32,
}

// transforms. In the grid's third dimension, the first `inputs` slices transform x; in the others, each subgroup transforms the
// weights of one input channel
@group(0) @binding(0) var<storage, read> weight: array<vec4f>; // [3, 3, IC, OC]
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> x_affine: array<vec4f>; // [2, IC]
@group(0) @binding(3) var<storage, read_write> u: array<Quad>; // [PP, IC, OC]
@group(0) @binding(4) var<storage, read_write> v: array<Quad>;
@group(0) @binding(5) var<uniform> params: TransformParams;

fn transform_weight(ic: u32, lane: u32, p: TransformParams) {
  let n = p.ic * p.oc;
  for (var i = ic * p.oc; i < (ic + 1u) * p.oc; i++) {
    var taps = Taps();
    if (lane < 3u) {
      for (var kx = 0u; kx < 3u; kx++) { taps[kx] = weight[(lane * 3u + kx) * n + i]; }
    }
    let lines = transposed(line_of_points(weight_to_points_{{EDGE}}(taps)), lane); // formula
    let points = weight_to_points_{{EDGE}}(taps_of(lines)); // formula
    if (lane < POINTS) {
      for (var py = 0u; py < POINTS; py++) { u[(py * POINTS + lane) * p.plane + i] = to_quad(points[py]); }
    }
  }
}

fn transform_input(at: Place, lane: u32, p: TransformParams) {
  let iy = at.ty * EDGE - p.pad_top + lane; // wraps to a huge number above the image
  let left = at.tx * EDGE - p.pad_left;
  let inside = at.image < p.b && iy < p.h;
  let start = (at.image * p.h + iy) * p.w * p.c;
  let to = column_of(lane, at.tile, p.tiles, p.c);
  for (var c = 0u; c < p.c; c++) {
    var factor = vec4f(1.0);
    var shift = vec4f();
    if (lane == 0u && p.affine == 1u) {
      factor = x_affine[c];
      shift = x_affine[p.c + c];
    }
    factor = subgroupShuffle(factor, 0u);
    shift = subgroupShuffle(shift, 0u);
    var line = Points();
    for (var dx = 0u; dx < POINTS; dx++) {
      let seen = inside && left + dx < p.w;
      line[dx] = select(vec4f(), x[select(0u, start + (left + dx) * p.c + c, seen)] * factor + shift, seen);
    }
    let lines = transposed(line_of_points(to_points_{{EDGE}}(line)), lane); // formula
    let points = to_points_{{EDGE}}(points_of(lines)); // formula
    if (lane < POINTS) {
      for (var py = 0u; py < POINTS; py++) { v[to + py * POINTS * p.tiles * p.c + c] = to_quad(points[py]); }
    }
  }
}

@compute @workgroup_size(8)
fn transforms(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
              @builtin(subgroup_invocation_id) lane: u32) {
  let p = params;
  let at = place_of(group, groups, p.ty, p.tx);
  if (group.z < p.inputs) {
    if (at.tile < p.tiles) { transform_input(at, lane, p); }
  } else {
    let ic = at.tile - p.inputs * p.ty * p.tx;
    if (ic < p.ic) { transform_weight(ic, lane, p); }
  }
}

// output_transform
@group(0) @binding(0) var<storage, read> m: array<Quad>;
@group(0) @binding(1) var<storage, read> bias: array<vec4f>;
@group(0) @binding(2) var<storage, read> gamma: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> moments: array<vec4f>; // [2, B * TY * TX, OC]
@group(0) @binding(5) var<storage, read_write> winner: array<vec4f>; // [B, OH / 2, OW / 2, OC]
@group(0) @binding(6) var<uniform> out_params: WinogradParams;

/// This lane's line of a tile of y, without the bias. `source` is the index of the first point of its column, `stride` the
/// distance to the next point.
fn outputs_at(source: u32, stride: u32, lane: u32) -> Outputs {
  var points = Points();
  for (var py = 0u; py < POINTS; py++) { points[py] = quad_of(m[source + py * stride]); }
  let lines = transposed(line_of_outputs(from_points_{{EDGE}}(points)), lane); // formula
  return from_points_{{EDGE}}(points_of(lines)); // formula
}

/// Stores the winner of each 2 x 2 window, whose rows two lanes hold: the largest value where gamma >= 0, else the smallest.
fn store_winners(values: Outputs, at: Place, c: u32, lane: u32) {
  let p = out_params;
  var factor = vec4f();
  if (lane == 0u) { factor = gamma[c]; }
  let sign = select(vec4f(-1.0), vec4f(1.0), subgroupShuffle(factor, 0u) >= vec4f());
  let wy = at.ty * (EDGE / 2u) + lane / 2u;
  for (var i = 0u; i < EDGE / 2u; i++) {
    let own = max(sign * values[2u * i], sign * values[2u * i + 1u]);
    let best = max(own, subgroupShuffleXor(own, 1u));
    let wx = at.tx * (EDGE / 2u) + i;
    if (lane < EDGE && lane % 2u == 0u && wy < p.oh / 2u && wx < p.ow / 2u) {
      winner[((at.image * (p.oh / 2u) + wy) * (p.ow / 2u) + wx) * p.c + c] = sign * best;
    }
  }
}

/// The sum over the lanes that hold a line of the tile.
fn over_lines(value: vec4f) -> vec4f {
  var sum = subgroupShuffle(value, 0u) + subgroupShuffle(value, 1u) + subgroupShuffle(value, 2u)
    + subgroupShuffle(value, 3u);
  if (EDGE > 4u) { sum += subgroupShuffle(value, 4u) + subgroupShuffle(value, 5u); }
  return sum;
}

@compute @workgroup_size(8)
fn output_transform(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                    @builtin(subgroup_invocation_id) lane: u32) {
  let p = out_params;
  let at = place_of(group, groups, p.ty, p.tx);
  if (at.image >= p.b) { return; }
  let oy = at.ty * EDGE + lane;
  let left = at.tx * EDGE;
  let start = ((at.image * p.oh + oy) * p.ow + left) * p.c;
  let source = column_of(lane, at.tile, p.tiles, p.c);
  for (var c = 0u; c < p.c; c++) {
    let outputs = outputs_at(source + c, POINTS * p.tiles * p.c, lane);
    var shift = vec4f();
    if (lane == 0u && p.has_bias == 1u) { shift = bias[c]; }
    shift = subgroupShuffle(shift, 0u);
    let origin = outputs[0] + shift;
    let first = subgroupShuffle(select(origin, elu_of(origin, p.alpha), p.elu == 1u), 0u);
    var sum = vec4f();
    var squares = vec4f();
    var values = Outputs();
    for (var ox = 0u; ox < EDGE; ox++) {
      let z = outputs[ox] + shift; // formula
      let value = select(z, elu_of(z, p.alpha), p.elu == 1u);
      if (lane < EDGE && oy < p.oh && left + ox < p.ow) { y[start + ox * p.c + c] = value; }
      sum += value - first;
      squares += (value - first) * (value - first);
      values[ox] = value;
    }
    if (SIZE == 2u) { store_winners(values, at, c, lane); }
    if (p.moments == 1u) {
      sum = over_lines(sum);
      squares = over_lines(squares);
      // Lane 0 stores the mean, lane 1 M2.
      let moment = select(squares - sum * sum / f32(EDGE * EDGE), first + sum / f32(EDGE * EDGE), lane == 0u);
      if (lane < 2u) { moments[(lane * p.b * p.ty * p.tx + at.tile) * p.c + c] = moment; }
    }
  }
}

// output_block, with m and bias of output_transform: y is [B, OH, OW, C] with OH and OW counted in windows
struct BlockParams {
  b: u32, c: u32, oh: u32, ow: u32, ty: u32, tx: u32, tiles: u32, has_bias: u32, alpha: f32,
}
@group(0) @binding(2) var<storage, read> scale: array<vec4f>;
@group(0) @binding(3) var<storage, read> offset: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> pooled: array<vec4f>;
@group(0) @binding(5) var<uniform> block_params: BlockParams;

/// The largest `value` among the lanes whose lines belong to this lane's row of windows.
fn largest(value: vec4f, lane: u32) -> vec4f {
  var best = vec4f(-3.4028234e38);
  best = select(best, max(best, subgroupShuffle(value, 0u)), lane == 0u / SIZE);
  best = select(best, max(best, subgroupShuffle(value, 1u)), lane == 1u / SIZE);
  best = select(best, max(best, subgroupShuffle(value, 2u)), lane == 2u / SIZE);
  best = select(best, max(best, subgroupShuffle(value, 3u)), lane == 3u / SIZE);
  best = select(best, max(best, subgroupShuffle(value, 4u)), lane == 4u / SIZE);
  return select(best, max(best, subgroupShuffle(value, 5u)), lane == 5u / SIZE);
}

@compute @workgroup_size(8)
fn output_block(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                @builtin(subgroup_invocation_id) lane: u32) {
  let p = block_params;
  let at = place_of(group, groups, p.ty, p.tx);
  if (at.image >= p.b) { return; }
  let wy = at.ty * WINDOWS + lane;
  let left = at.tx * WINDOWS;
  let start = ((at.image * p.oh + wy) * p.ow + left) * p.c;
  let source = column_of(lane, at.tile, p.tiles, p.c);
  for (var c = 0u; c < p.c; c++) {
    let outputs = outputs_at(source + c, POINTS * p.tiles * p.c, lane);
    var before = vec4f();
    var factor = vec4f();
    var shift = vec4f();
    if (lane == 0u) {
      if (p.has_bias == 1u) { before = bias[c]; }
      factor = scale[c];
      shift = offset[c];
    }
    before = subgroupShuffle(before, 0u);
    factor = subgroupShuffle(factor, 0u);
    shift = subgroupShuffle(shift, 0u);
    let sign = select(vec4f(-1.0), vec4f(1.0), factor >= vec4f()); // the smallest of y is minus the largest of -y
    for (var wx = 0u; wx < WINDOWS; wx++) {
      var best = sign * outputs[wx * SIZE];
      for (var k = 1u; k < SIZE; k++) { best = max(best, sign * outputs[wx * SIZE + k]); }
      let value = largest(best, lane) * sign + before;
      if (lane < WINDOWS && wy < p.oh && left + wx < p.ow) {
        pooled[start + wx * p.c + c] = elu_of(value, p.alpha) * factor + shift; // formula
      }
    }
  }
}
