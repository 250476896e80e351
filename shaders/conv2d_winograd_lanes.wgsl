// Winograd's transforms of conv2d_winograd.wgsl and conv2d_winograd_gradient.wgsl, which explain them, for adapters with
// subgroups of exactly 8 invocations (software Vulkan: one subgroup is one SIMD vector of the CPU).
//
// Every transform multiplies a square of numbers by the same small matrix from both sides, M X M^T. Here each lane takes
// one line of X. `along` multiplies it by M in registers; `across` makes this lane's line of the result out of all lanes'
// lines, which subgroupBroadcast hands around. In the two other files one thread takes a whole square, and keeps what
// lies between the two directions in an array that loop counters index. Software Vulkan stores and loads the elements
// of such an array lane by lane, which takes as long as reading the image; and with the loops written out, the code no
// longer fits into the CPU's first cache. This code is eight loads and eight stores long, and a fifth to two fifths faster.
//
// Shapes, symbols and params as there, channels in vec4s: `c` and `oc` count vec4s.
// Threads: one subgroup a tile, or an input channel of the weights, goes through the channels one after the other.
// Constants: EDGE, 4 or 6; SIZE, the edge of the pooling window of output_block, a divisor of EDGE (else 1).

enable subgroups;

const EDGE = {{EDGE}}u;
const POINTS = EDGE + 2u;
const SIZE = {{SIZE}}u;
/// Windows of output_block along a tile.
const WINDOWS = EDGE / SIZE;

/// A line of a patch, a tile or a kernel; its first EDGE, POINTS or 3 elements count.
alias Line = array<vec4f, 8>;
alias Row = array<f32, 8>;
alias Matrix = array<Row, 8>;

// Patches to points, B^T.
const PATCH_4 = Matrix(
  Row(4, 0, -5, 0, 1, 0, 0, 0),
  Row(0, -4, -4, 1, 1, 0, 0, 0),
  Row(0, 4, -4, -1, 1, 0, 0, 0),
  Row(0, -2, -1, 2, 1, 0, 0, 0),
  Row(0, 2, -1, -2, 1, 0, 0, 0),
  Row(0, 4, 0, -5, 0, 1, 0, 0),
  Row(), Row(),
);
const PATCH_6 = Matrix(
  Row(1, 0, -5.25, 0, 5.25, 0, -1, 0),
  Row(0, 1, 1, -4.25, -4.25, 1, 1, 0),
  Row(0, -1, 1, 4.25, -4.25, -1, 1, 0),
  Row(0, 0.5, 0.25, -2.5, -1.25, 2, 1, 0),
  Row(0, -0.5, 0.25, 2.5, -1.25, -2, 1, 0),
  Row(0, 2, 4, -2.5, -5, 0.5, 1, 0),
  Row(0, -2, 4, 2.5, -5, -0.5, 1, 0),
  Row(0, -1, 0, 5.25, 0, -5.25, 0, 1),
);
const PATCH = PATCH_{{EDGE}};

// Points to tiles, A^T.
const TILE_4 = Matrix(
  Row(1, 1, 1, 1, 1, 0, 0, 0),
  Row(0, 1, -1, 2, -2, 0, 0, 0),
  Row(0, 1, 1, 4, 4, 0, 0, 0),
  Row(0, 1, -1, 8, -8, 1, 0, 0),
  Row(), Row(), Row(), Row(),
);
const TILE_6 = Matrix(
  Row(1, 1, 1, 1, 1, 1, 1, 0),
  Row(0, 1, -1, 2, -2, 1.0 / 2, -1.0 / 2, 0),
  Row(0, 1, 1, 4, 4, 1.0 / 4, 1.0 / 4, 0),
  Row(0, 1, -1, 8, -8, 1.0 / 8, -1.0 / 8, 0),
  Row(0, 1, 1, 16, 16, 1.0 / 16, 1.0 / 16, 0),
  Row(0, 1, -1, 32, -32, 1.0 / 32, -1.0 / 32, 1),
  Row(), Row(),
);
const TILE = TILE_{{EDGE}};

// Kernels to points, G.
const KERNEL_4 = Matrix(
  Row(1.0 / 4, 0, 0, 0, 0, 0, 0, 0),
  Row(-1.0 / 6, -1.0 / 6, -1.0 / 6, 0, 0, 0, 0, 0),
  Row(-1.0 / 6, 1.0 / 6, -1.0 / 6, 0, 0, 0, 0, 0),
  Row(1.0 / 24, 1.0 / 12, 1.0 / 6, 0, 0, 0, 0, 0),
  Row(1.0 / 24, -1.0 / 12, 1.0 / 6, 0, 0, 0, 0, 0),
  Row(0, 0, 1, 0, 0, 0, 0, 0),
  Row(), Row(),
);
const KERNEL_6 = Matrix(
  Row(1, 0, 0, 0, 0, 0, 0, 0),
  Row(-2.0 / 9, -2.0 / 9, -2.0 / 9, 0, 0, 0, 0, 0),
  Row(-2.0 / 9, 2.0 / 9, -2.0 / 9, 0, 0, 0, 0, 0),
  Row(1.0 / 90, 1.0 / 45, 2.0 / 45, 0, 0, 0, 0, 0),
  Row(1.0 / 90, -1.0 / 45, 2.0 / 45, 0, 0, 0, 0, 0),
  Row(32.0 / 45, 16.0 / 45, 8.0 / 45, 0, 0, 0, 0, 0),
  Row(32.0 / 45, -16.0 / 45, 8.0 / 45, 0, 0, 0, 0, 0),
  Row(0, 0, 1, 0, 0, 0, 0, 0),
);
const KERNEL = KERNEL_{{EDGE}};

/// A column of a matrix: a row of its transpose.
fn column(matrix: Matrix, j: u32) -> Row {
  return Row(matrix[0][j], matrix[1][j], matrix[2][j], matrix[3][j], matrix[4][j], matrix[5][j], matrix[6][j], matrix[7][j]);
}

fn weighted(row: Row, line: Line) -> vec4f {
  return row[0] * line[0] + row[1] * line[1] + row[2] * line[2] + row[3] * line[3]
    + row[4] * line[4] + row[5] * line[5] + row[6] * line[6] + row[7] * line[7];
}

/// The matrix times the line.
fn along(matrix: Matrix, line: Line) -> Line {
  return Line(
    weighted(matrix[0], line), weighted(matrix[1], line), weighted(matrix[2], line), weighted(matrix[3], line),
    weighted(matrix[4], line), weighted(matrix[5], line), weighted(matrix[6], line), weighted(matrix[7], line),
  );
}

/// The transpose of the matrix times the line.
fn along_columns(matrix: Matrix, line: Line) -> Line {
  return Line(
    weighted(column(matrix, 0u), line), weighted(column(matrix, 1u), line),
    weighted(column(matrix, 2u), line), weighted(column(matrix, 3u), line),
    weighted(column(matrix, 4u), line), weighted(column(matrix, 5u), line),
    weighted(column(matrix, 6u), line), weighted(column(matrix, 7u), line),
  );
}

/// The first `count` lanes' values (3, EDGE or POINTS), each with this lane's weight for it.
fn gathered(row: Row, value: vec4f, count: u32) -> vec4f {
  var sum = row[0] * subgroupBroadcast(value, 0u) + row[1] * subgroupBroadcast(value, 1u)
    + row[2] * subgroupBroadcast(value, 2u);
  if (count > 3u) { sum += row[3] * subgroupBroadcast(value, 3u); }
  if (count > 4u) { sum += row[4] * subgroupBroadcast(value, 4u) + row[5] * subgroupBroadcast(value, 5u); }
  if (count > 6u) { sum += row[6] * subgroupBroadcast(value, 6u) + row[7] * subgroupBroadcast(value, 7u); }
  return sum;
}

/// This lane's line of the result: `row` is its row of the matrix, `line` its part of what the matrix multiplies.
fn across(row: Row, line: Line, count: u32) -> Line {
  return Line(
    gathered(row, line[0], count), gathered(row, line[1], count),
    gathered(row, line[2], count), gathered(row, line[3], count),
    gathered(row, line[4], count), gathered(row, line[5], count),
    gathered(row, line[6], count), gathered(row, line[7], count),
  );
}

struct WinogradParams {
  b: u32, h: u32, w: u32, c: u32, oh: u32, ow: u32, pad_top: u32, pad_left: u32,
  ty: u32, tx: u32, tiles: u32, has_bias: u32, elu: u32, alpha: f32,
}
/// H and W are those of the map whose tiles they are: of dy for gradient_transform, of dx for input_gradient.
struct TileParams { b: u32, h: u32, w: u32, c: u32, ty: u32, tx: u32, tiles: u32 }
struct WeightParams { ic: u32, oc: u32 }

// weight_transform
@group(0) @binding(0) var<storage, read> weight: array<vec4f>; // [3, 3, IC, OC]
@group(0) @binding(1) var<storage, read_write> u: array<vec4f>; // [PP, IC, OC]
@group(0) @binding(2) var<uniform> weight_params: WeightParams;

@compute @workgroup_size(8)
fn weight_transform(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                    @builtin(local_invocation_index) lane: u32) {
  let ic = group.y * groups.x + group.x;
  let p = weight_params;
  if (ic >= p.ic) { return; }
  let n = p.ic * p.oc;
  let row = KERNEL[lane];
  for (var i = ic * p.oc; i < (ic + 1u) * p.oc; i++) {
    var taps: Line;
    if (lane < 3u) {
      for (var kx = 0u; kx < 3u; kx++) { taps[kx] = weight[(lane * 3u + kx) * n + i]; }
    }
    let points = across(row, along(KERNEL, taps), 3u);
    if (lane < POINTS) {
      for (var px = 0u; px < POINTS; px++) { u[(lane * POINTS + px) * n + i] = points[px]; }
    }
  }
}

// input_transform
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> v: array<vec4f>;
@group(0) @binding(2) var<uniform> params: WinogradParams;

@compute @workgroup_size(8)
fn input_transform(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                   @builtin(local_invocation_index) lane: u32) {
  let tile = group.y * groups.x + group.x;
  let p = params;
  if (tile >= p.tiles) { return; }
  let image = tile / (p.ty * p.tx);
  let iy = ((tile / p.tx) % p.ty) * EDGE - p.pad_top + lane; // wraps to a huge number above the image
  let left = (tile % p.tx) * EDGE - p.pad_left;
  let inside = image < p.b && iy < p.h;
  let start = (image * p.h + iy) * p.w * p.c;
  let row = PATCH[lane];
  for (var c = 0u; c < p.c; c++) {
    var line: Line;
    for (var dx = 0u; dx < POINTS; dx++) {
      let seen = inside && left + dx < p.w;
      line[dx] = select(vec4f(), x[select(0u, start + (left + dx) * p.c + c, seen)], seen);
    }
    let points = across(row, along(PATCH, line), POINTS);
    if (lane < POINTS) {
      let to = lane * POINTS * p.tiles * p.c + tile * p.c + c;
      for (var px = 0u; px < POINTS; px++) { v[to + px * p.tiles * p.c] = points[px]; }
    }
  }
}

fn elu_of(value: vec4f, alpha: f32) -> vec4f {
  return select(alpha * (exp(min(value, vec4f())) - 1.0), value, value > vec4f());
}

// output_transform
@group(0) @binding(0) var<storage, read> m: array<vec4f>;
@group(0) @binding(1) var<storage, read> bias: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(3) var<uniform> out_params: WinogradParams;

@compute @workgroup_size(8)
fn output_transform(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                    @builtin(local_invocation_index) lane: u32) {
  let tile = group.y * groups.x + group.x;
  let p = out_params;
  if (tile >= p.b * p.ty * p.tx) { return; }
  let oy = ((tile / p.tx) % p.ty) * EDGE + lane;
  let left = (tile % p.tx) * EDGE;
  let start = (((tile / (p.ty * p.tx)) * p.oh + oy) * p.ow + left) * p.c;
  let source = min(lane, POINTS - 1u) * POINTS * p.tiles * p.c + tile * p.c;
  let row = TILE[lane];
  for (var c = 0u; c < p.c; c++) {
    var line: Line;
    for (var px = 0u; px < POINTS; px++) { line[px] = m[source + px * p.tiles * p.c + c]; }
    let outputs = across(row, along(TILE, line), POINTS);
    var shift = vec4f();
    if (lane == 0u && p.has_bias == 1u) { shift = bias[c]; }
    shift = subgroupBroadcast(shift, 0u);
    for (var ox = 0u; ox < EDGE; ox++) {
      let value = outputs[ox] + shift;
      if (lane < EDGE && oy < p.oh && left + ox < p.ow) {
        y[start + ox * p.c + c] = select(value, elu_of(value, p.alpha), p.elu == 1u);
      }
    }
  }
}

// output_block: y is [B, OH, OW, C] with OH and OW counted in windows
struct BlockParams {
  b: u32, c: u32, oh: u32, ow: u32, ty: u32, tx: u32, tiles: u32, has_bias: u32, alpha: f32,
}
@group(0) @binding(0) var<storage, read> block_m: array<vec4f>;
@group(0) @binding(1) var<storage, read> block_bias: array<vec4f>;
@group(0) @binding(2) var<storage, read> scale: array<vec4f>;
@group(0) @binding(3) var<storage, read> offset: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> pooled: array<vec4f>;
@group(0) @binding(5) var<uniform> block_params: BlockParams;

/// The largest of `value` in the lanes whose lines are in this lane's row of windows.
fn largest(value: vec4f, lane: u32) -> vec4f {
  var best = vec4f(-3.4028234e38);
  best = select(best, max(best, subgroupBroadcast(value, 0u)), lane == 0u / SIZE);
  best = select(best, max(best, subgroupBroadcast(value, 1u)), lane == 1u / SIZE);
  best = select(best, max(best, subgroupBroadcast(value, 2u)), lane == 2u / SIZE);
  best = select(best, max(best, subgroupBroadcast(value, 3u)), lane == 3u / SIZE);
  best = select(best, max(best, subgroupBroadcast(value, 4u)), lane == 4u / SIZE);
  return select(best, max(best, subgroupBroadcast(value, 5u)), lane == 5u / SIZE);
}

@compute @workgroup_size(8)
fn output_block(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                @builtin(local_invocation_index) lane: u32) {
  let tile = group.y * groups.x + group.x;
  let p = block_params;
  if (tile >= p.b * p.ty * p.tx) { return; }
  let wy = ((tile / p.tx) % p.ty) * WINDOWS + lane;
  let left = (tile % p.tx) * WINDOWS;
  let start = (((tile / (p.ty * p.tx)) * p.oh + wy) * p.ow + left) * p.c;
  let source = min(lane, POINTS - 1u) * POINTS * p.tiles * p.c + tile * p.c;
  let row = TILE[lane];
  for (var c = 0u; c < p.c; c++) {
    var line: Line;
    for (var px = 0u; px < POINTS; px++) { line[px] = block_m[source + px * p.tiles * p.c + c]; }
    let outputs = across(row, along(TILE, line), POINTS);
    var before = vec4f();
    var factor = vec4f();
    var shift = vec4f();
    if (lane == 0u) {
      if (p.has_bias == 1u) { before = block_bias[c]; }
      factor = scale[c];
      shift = offset[c];
    }
    before = subgroupBroadcast(before, 0u);
    factor = subgroupBroadcast(factor, 0u);
    shift = subgroupBroadcast(shift, 0u);
    let sign = select(vec4f(-1.0), vec4f(1.0), factor >= vec4f()); // the smallest of y is minus the largest of -y
    for (var wx = 0u; wx < WINDOWS; wx++) {
      var best = sign * outputs[wx * SIZE];
      for (var k = 1u; k < SIZE; k++) { best = max(best, sign * outputs[wx * SIZE + k]); }
      let value = largest(best, lane) * sign + before;
      if (lane < WINDOWS && wy < p.oh && left + wx < p.ow) {
        pooled[start + wx * p.c + c] = elu_of(value, p.alpha) * factor + shift;
      }
    }
  }
}

// gradient_transform
@group(0) @binding(0) var<storage, read> g_dy: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> z: array<vec4f>;
@group(0) @binding(2) var<uniform> g_params: TileParams;

@compute @workgroup_size(8)
fn gradient_transform(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                      @builtin(local_invocation_index) lane: u32) {
  let tile = group.y * groups.x + group.x;
  let p = g_params;
  if (tile >= p.tiles) { return; }
  let image = tile / (p.ty * p.tx);
  let oy = ((tile / p.tx) % p.ty) * EDGE + lane;
  let left = (tile % p.tx) * EDGE;
  let inside = image < p.b && oy < p.h;
  let start = ((image * p.h + oy) * p.w + left) * p.c;
  let row = column(TILE, lane);
  for (var c = 0u; c < p.c; c++) {
    var line: Line;
    if (lane < EDGE) {
      for (var ox = 0u; ox < EDGE; ox++) {
        let seen = inside && left + ox < p.w;
        line[ox] = select(vec4f(), g_dy[select(0u, start + ox * p.c + c, seen)], seen);
      }
    }
    let points = across(row, along_columns(TILE, line), EDGE);
    if (lane < POINTS) {
      let to = lane * POINTS * p.tiles * p.c + tile * p.c + c;
      for (var px = 0u; px < POINTS; px++) { z[to + px * p.tiles * p.c] = points[px]; }
    }
  }
}

// weight_gradient
@group(0) @binding(0) var<storage, read> du: array<vec4f>; // [PP, IC, OC]
@group(0) @binding(1) var<storage, read_write> dw: array<vec4f>; // [3, 3, IC, OC]
@group(0) @binding(2) var<uniform> dw_params: WeightParams;

@compute @workgroup_size(8)
fn weight_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                   @builtin(local_invocation_index) lane: u32) {
  let ic = group.y * groups.x + group.x;
  let p = dw_params;
  if (ic >= p.ic) { return; }
  let n = p.ic * p.oc;
  let row = column(KERNEL, lane);
  let py = min(lane, POINTS - 1u);
  for (var i = ic * p.oc; i < (ic + 1u) * p.oc; i++) {
    var line: Line;
    for (var px = 0u; px < POINTS; px++) { line[px] = du[(py * POINTS + px) * n + i]; }
    let taps = across(row, along_columns(KERNEL, line), POINTS);
    if (lane < 3u) {
      for (var kx = 0u; kx < 3u; kx++) { dw[(lane * 3u + kx) * n + i] = taps[kx]; }
    }
  }
}

// input_gradient
@group(0) @binding(0) var<storage, read> dv: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> image_gradient: array<vec4f>;
@group(0) @binding(2) var<uniform> dx_params: TileParams;

/// What a line of points adds to the middle of its patch, and the patches to its left and right to the two ends: `at` is
/// where the line begins, the next point is `plane` further on, the next tile `step`.
fn patch_line(at: u32, left: bool, right: bool, plane: u32, step: u32) -> Line {
  var points: Line;
  for (var px = 0u; px < POINTS; px++) { points[px] = dv[at + px * plane]; }
  let before = select(vec4f(), dv[select(0u, at + (POINTS - 1u) * plane - step, left)], left);
  let after = select(vec4f(), dv[select(0u, at + step, right)], right);
  let all = along_columns(PATCH, points);
  var middle: Line;
  for (var ox = 0u; ox < EDGE; ox++) { middle[ox] = all[ox + 1u]; }
  middle[0] += PATCH[POINTS - 1u][POINTS - 1u] * before;
  middle[EDGE - 1u] += PATCH[0][0] * after;
  return middle;
}

@compute @workgroup_size(8)
fn input_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                  @builtin(local_invocation_index) lane: u32) {
  let tile = group.y * groups.x + group.x;
  let p = dx_params;
  if (tile >= p.b * p.ty * p.tx) { return; }
  let ty = (tile / p.tx) % p.ty;
  let tx = tile % p.tx;
  let left = tx > 0u;
  let right = tx + 1u < p.tx;
  let plane = p.tiles * p.c;
  let own = min(lane, POINTS - 1u) * POINTS * plane + tile * p.c;
  // The first lane takes the last line of the patch above, the last one that makes pixels the first line of the one below.
  let above = lane == 0u && ty > 0u;
  let below = lane == EDGE - 1u && ty + 1u < p.ty;
  let other = select((tile + p.tx) * p.c, (POINTS - 1u) * POINTS * plane + (tile - p.tx) * p.c, above);
  let factor = select(PATCH[0][0], PATCH[POINTS - 1u][POINTS - 1u], above);
  let row = column(PATCH, min(lane + 1u, POINTS - 1u));
  let iy = ty * EDGE + lane;
  let start = (((tile / (p.ty * p.tx)) * p.h + iy) * p.w + tx * EDGE) * p.c;
  for (var c = 0u; c < p.c; c++) {
    let pixels = across(row, patch_line(own + c, left, right, plane, p.c), POINTS);
    var more: Line;
    if (above || below) { more = patch_line(other + c, left, right, plane, p.c); }
    for (var ox = 0u; ox < EDGE; ox++) {
      let value = pixels[ox] + select(vec4f(), factor * more[ox], above || below);
      if (lane < EDGE && iy < p.h && tx * EDGE + ox < p.w) { image_gradient[start + ox * p.c + c] = value; }
    }
  }
}
