// The transforms of conv2d_winograd_gradient.wgsl for adapters with subgroups of exactly 8 invocations.
// That file explains the mathematics; conv2d_winograd_lanes.wgsl explains how the lanes share a square.
//
// Shapes, symbols and params as there, with channels in vec4s: `c` and `oc` count vec4s.
// Threads: one subgroup per tile, or per input channel of the weights, which loops over the channels.
// Constants: EDGE, 4 or 6; FORMAT, the storage format of Z and dV, f32 or f16.
// Parts: winograd_lines, winograd_lanes, storage

enable subgroups;

struct TileParams { b: u32, h: u32, w: u32, c: u32, ty: u32, tx: u32, tiles: u32 }
struct GradientParams {
  b: u32, h: u32, w: u32, c: u32, ty: u32, tx: u32, tiles: u32, inputs: u32, ic: u32, oc: u32,
}

// gradient_transform
@group(0) @binding(0) var<storage, read> g_dy: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> z: array<Quad>;
@group(0) @binding(2) var<uniform> g_params: TileParams;

@compute @workgroup_size(8)
fn gradient_transform(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                      @builtin(subgroup_invocation_id) lane: u32) {
  let p = g_params;
  let at = place_of(group, groups, p.ty, p.tx);
  if (at.tile >= p.tiles) { return; }
  let oy = at.ty * EDGE + lane;
  let left = at.tx * EDGE;
  let inside = at.image < p.b && oy < p.h;
  let start = ((at.image * p.h + oy) * p.w + left) * p.c;
  let to = column_of(lane, at.tile, p.tiles, p.c);
  for (var c = 0u; c < p.c; c++) {
    var line = Outputs();
    if (lane < EDGE) {
      for (var ox = 0u; ox < EDGE; ox++) {
        let seen = inside && left + ox < p.w;
        line[ox] = select(vec4f(), g_dy[select(0u, start + ox * p.c + c, seen)], seen);
      }
    }
    let lines = transposed(line_of_points(gradient_to_points_{{EDGE}}(line)), lane); // formula
    let points = gradient_to_points_{{EDGE}}(outputs_of(lines)); // formula
    if (lane < POINTS) {
      for (var py = 0u; py < POINTS; py++) { z[to + py * POINTS * p.tiles * p.c + c] = to_quad(GRADIENT_SCALE * points[py]); }
    }
  }
}

// gradients. In the grid's third dimension, the first `inputs` slices compute dx; in the others, each subgroup computes dw of one
// input channel, or db of four output channels
@group(0) @binding(0) var<storage, read> dv: array<Quad>;
@group(0) @binding(1) var<storage, read> du: array<vec4f>; // [PP, IC, OC]
@group(0) @binding(2) var<storage, read> dy_points: array<Quad>; // Z
@group(0) @binding(3) var<storage, read_write> image_gradient: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dw: array<vec4f>; // [3, 3, IC, OC]
@group(0) @binding(5) var<storage, read_write> db: array<vec4f>;
@group(0) @binding(6) var<uniform> params: GradientParams;

fn weight_gradient(ic: u32, lane: u32, p: GradientParams) {
  let n = p.ic * p.oc;
  let px = min(lane, POINTS - 1u);
  for (var i = ic * p.oc; i < (ic + 1u) * p.oc; i++) {
    var points = Points();
    for (var py = 0u; py < POINTS; py++) { points[py] = du[(py * POINTS + px) * n + i]; }
    let column = weight_from_points_{{EDGE}}(points); // formula
    let lines = transposed(Line(column[0], column[1], column[2], Lane(), Lane(), Lane(), Lane(), Lane()), lane);
    let taps = weight_from_points_{{EDGE}}(points_of(lines)); // formula
    if (lane < 3u) {
      for (var kx = 0u; kx < 3u; kx++) { dw[(lane * 3u + kx) * n + i] = taps[kx] / GRADIENT_SCALE; }
    }
  }
}

/// The lanes share the tiles; then each lane's sum goes to all.
fn bias_gradient(oc: u32, lane: u32, p: GradientParams) {
  var sum = vec4f();
  for (var tile = lane; tile < p.tiles; tile += 8u) { sum += quad_of(dy_points[((POINTS + 1u) * p.tiles + tile) * p.oc + oc]); } // formula
  sum += subgroupShuffleXor(sum, 1u);
  sum += subgroupShuffleXor(sum, 2u);
  sum += subgroupShuffleXor(sum, 4u);
  if (lane == 0u) { db[oc] = sum / GRADIENT_SCALE; }
}

/// One line of a patch's centre, with the contributions of the patches to the left and right. `at` is the index of the
/// line's first point, `plane` the distance to the next point, `stride` that to the next tile.
fn patch_line(at: u32, left: bool, right: bool, plane: u32, stride: u32) -> Outputs {
  var points = Points();
  for (var px = 0u; px < POINTS; px++) { points[px] = quad_of(dv[at + px * plane]); }
  let before = select(Lane(), quad_of(dv[select(0u, at + (POINTS - 1u) * plane - stride, left)]), left);
  let after = select(Lane(), quad_of(dv[select(0u, at + stride, right)]), right);
  return patch_from_points_{{EDGE}}(before, points, after); // formula
}

/// How much each point of a line contributes to pixel `lane` of the centre: one row of the matrix of patch_line.
fn weights_of(lane: u32) -> Line {
  var unit = Points();
  for (var px = 0u; px < POINTS; px++) { unit[px] = Lane(select(0.0, 1.0, lane == px)); }
  return transposed(line_of_outputs(patch_from_points_{{EDGE}}(Lane(), unit, Lane())), lane);
}

/// One pixel of a line, like patch_line, from points that the lanes hold: so the line is loaded only once.
fn patch_pixel(weights: Line, point: Lane) -> Lane {
  var pixel = weights[0] * subgroupShuffle(point, 0u) + weights[1] * subgroupShuffle(point, 1u)
    + weights[2] * subgroupShuffle(point, 2u) + weights[3] * subgroupShuffle(point, 3u)
    + weights[4] * subgroupShuffle(point, 4u) + weights[5] * subgroupShuffle(point, 5u);
  if (POINTS > 6u) { pixel += weights[6] * subgroupShuffle(point, 6u) + weights[7] * subgroupShuffle(point, 7u); }
  return pixel;
}

fn input_gradient(at: Place, lane: u32, p: GradientParams) {
  let left = at.tx > 0u;
  let right = at.tx + 1u < p.tx;
  let plane = p.tiles * p.c;
  let px = min(lane, POINTS - 1u);
  let own = (px * POINTS * p.tiles + at.tile) * p.c;
  let weights = weights_of(lane);
  // The tiles above (0) and below (1) contribute a line. The tiles diagonal to this one contribute a point at its ends.
  let first_side = select(1u, 0u, at.ty > 0u);
  let last_side = select(1u, 2u, at.ty + 1u < p.ty);
  let corner = (lane == 0u && left) || (lane == EDGE - 1u && right);
  let corner_px = select(0u, POINTS - 1u, lane == 0u);
  let corner_stride = select(1u, 0xffffffffu, lane == 0u);
  let ix = at.tx * EDGE + lane;
  let start = (at.image * p.h * p.w + ix) * p.c;
  for (var c = 0u; c < p.c; c++) {
    let lines = transposed(line_of_outputs(patch_line(own + c, left, right, plane, p.c)), lane);
    var before = Lane();
    var after = Lane();
    for (var side = first_side; side < last_side; side++) {
      let py = select(0u, POINTS - 1u, side == 0u);
      let tile = at.tile + select(p.tx, 0u - p.tx, side == 0u);
      var pixel = patch_pixel(weights, quad_of(dv[((py * POINTS + px) * p.tiles + tile) * p.c + c]));
      var end = Lane();
      if (corner) { end = quad_of(dv[((py * POINTS + corner_px) * p.tiles + tile + corner_stride) * p.c + c]); }
      let ends = patch_from_points_{{EDGE}}(end, Points(), end);
      pixel += select(Lane(), select(ends[EDGE - 1u], ends[0], lane == 0u), corner);
      before = select(before, pixel, side == 0u);
      after = select(pixel, after, side == 0u);
    }
    let pixels = patch_from_points_{{EDGE}}(before, points_of(lines), after); // formula
    for (var oy = 0u; oy < EDGE; oy++) {
      if (lane < EDGE && ix < p.w && at.ty * EDGE + oy < p.h) {
        image_gradient[start + (at.ty * EDGE + oy) * p.w * p.c + c] = pixels[oy] / GRADIENT_SCALE;
      }
    }
  }
}

@compute @workgroup_size(8)
fn gradients(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
             @builtin(subgroup_invocation_id) lane: u32) {
  let p = params;
  let at = place_of(group, groups, p.ty, p.tx);
  if (group.z < p.inputs) {
    if (at.image < p.b) { input_gradient(at, lane, p); }
    return;
  }
  let unit = at.tile - p.inputs * p.ty * p.tx;
  if (unit < p.ic) {
    weight_gradient(unit, lane, p);
  } else if (unit < p.ic + p.oc) {
    bias_gradient(unit - p.ic, lane, p);
  }
}
