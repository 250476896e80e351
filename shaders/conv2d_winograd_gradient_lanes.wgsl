// The transforms of conv2d_winograd_gradient.wgsl, which explains them, for adapters with subgroups of exactly 8 invocations:
// a line of a tile in each lane, as in conv2d_winograd_lanes.wgsl, which explains that.
//
// Shapes, symbols and params as there, channels in vec4s: `c` and `oc` count vec4s.
// Threads: one subgroup a tile, or an input channel of the weights, goes through the channels one after the other.
// Constants: EDGE, 4 or 6.
// Parts: winograd_lanes

enable subgroups;

/// H and W are those of the map whose tiles they are: of dy for gradient_transform, of dx for input_gradient.
struct TileParams { b: u32, h: u32, w: u32, c: u32, ty: u32, tx: u32, tiles: u32 }
struct WeightParams { ic: u32, oc: u32 }

// gradient_transform
@group(0) @binding(0) var<storage, read> g_dy: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> z: array<vec4f>;
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
  let row = column(TILE, lane);
  for (var c = 0u; c < p.c; c++) {
    var line = Line();
    if (lane < EDGE) {
      for (var ox = 0u; ox < EDGE; ox++) {
        let seen = inside && left + ox < p.w;
        line[ox] = select(vec4f(), g_dy[select(0u, start + ox * p.c + c, seen)], seen);
      }
    }
    let points = across(row, along_columns(TILE, line), EDGE);
    if (lane < POINTS) {
      let to = line_of(lane, at.tile, p.tiles, p.c) + c;
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
                   @builtin(subgroup_invocation_id) lane: u32) {
  let ic = group.y * groups.x + group.x;
  let p = dw_params;
  if (ic >= p.ic) { return; }
  let n = p.ic * p.oc;
  let row = column(KERNEL, lane);
  let py = min(lane, POINTS - 1u);
  for (var i = ic * p.oc; i < (ic + 1u) * p.oc; i++) {
    var line = Line();
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
  var points = Line();
  for (var px = 0u; px < POINTS; px++) { points[px] = dv[at + px * plane]; }
  let before = select(vec4f(), dv[select(0u, at + (POINTS - 1u) * plane - step, left)], left);
  let after = select(vec4f(), dv[select(0u, at + step, right)], right);
  let all = along_columns(PATCH, points);
  var middle = Line();
  for (var ox = 0u; ox < EDGE; ox++) { middle[ox] = all[ox + 1u]; }
  middle[0] += PATCH[POINTS - 1u][POINTS - 1u] * before;
  middle[EDGE - 1u] += PATCH[0][0] * after;
  return middle;
}

@compute @workgroup_size(8)
fn input_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                  @builtin(subgroup_invocation_id) lane: u32) {
  let p = dx_params;
  let at = place_of(group, groups, p.ty, p.tx);
  if (at.image >= p.b) { return; }
  let left = at.tx > 0u;
  let right = at.tx + 1u < p.tx;
  let plane = p.tiles * p.c;
  let own = line_of(lane, at.tile, p.tiles, p.c);
  // The first lane takes the last line of the patch above, the last one that makes pixels the first line of the one below.
  let above = lane == 0u && at.ty > 0u;
  let below = lane == EDGE - 1u && at.ty + 1u < p.ty;
  let other = select((at.tile + p.tx) * p.c, (POINTS - 1u) * POINTS * plane + (at.tile - p.tx) * p.c, above);
  let factor = select(PATCH[0][0], PATCH[POINTS - 1u][POINTS - 1u], above);
  let row = column(PATCH, min(lane + 1u, POINTS - 1u));
  let iy = at.ty * EDGE + lane;
  let start = ((at.image * p.h + iy) * p.w + at.tx * EDGE) * p.c;
  // Two turns of the loop take half the code of two calls.
  let lines = select(1u, 2u, p.ty > 1u);
  for (var c = 0u; c < p.c; c++) {
    var pixels = Line();
    for (var k = 0u; k < lines; k++) {
      var line = Line();
      if (k == 0u || above || below) { line = patch_line(select(other, own, k == 0u) + c, left, right, plane, p.c); }
      if (k == 0u) {
        pixels = across(row, line, POINTS);
      } else {
        for (var ox = 0u; ox < EDGE; ox++) { pixels[ox] += select(vec4f(), factor * line[ox], above || below); }
      }
    }
    for (var ox = 0u; ox < EDGE; ox++) {
      if (lane < EDGE && iy < p.h && at.tx * EDGE + ox < p.w) { image_gradient[start + ox * p.c + c] = pixels[ox]; }
    }
  }
}
