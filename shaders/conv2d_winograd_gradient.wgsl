// The gradients of conv2d_winograd.wgsl, which explains the symbols.
//
// Winograd's algorithm is linear in the patch d and in the kernel g, so its gradients are its transposes:
//
//   y = A^T [ U * V ] A,   U = G g G^T,   V = B^T d B        the forward pass, tile by tile
//   Z = A dy A^T,   dU = sum over tiles of V * Z,   dV = U * Z        (* is element by element)
//   dw = G^T dU G,   dd = B dV B^T
//
// With channels, the products are again matrix products for each of the PP points: dU = V^T Z and dV = Z U^T. So both
// gradients start from the same Z, and reuse U and V of the forward pass.
//   gradient_transform  Z[PP, TILES, OC] = A dy A^T
//   gradients           three independent results, in one dispatch:
//     dw [3, 3, IC, OC] = G^T dU G, from dU[PP, IC, OC]
//     dx [B, H, W, C] = B dV B^T, from dV[PP, TILES, IC], summed where patches overlap; or no dx. Only for 'same' padding: each
//       tile of y then lies in the centre of its patch. A thread computes the pixels of its own tile, to which the eight tiles
//       around it contribute one line or one corner each
//     db [OC], the sums of dy. Point 1 of a line is the sum of the line, so the plane of Z's point (1, 1) holds the sum of dy over
//       each tile
//
// Shapes, threads and constants as in conv2d_winograd.wgsl; dy is shaped like y.
// Parts: winograd_lines, storage

alias Lane = vec2f;

/// H and W are those of the tiled map: dy in gradient_transform, dx in gradients.
struct TileParams { b: u32, h: u32, w: u32, c: u32, ty: u32, tx: u32, tiles: u32 }
struct GradientParams {
  b: u32, h: u32, w: u32, c: u32, ty: u32, tx: u32, tiles: u32, inputs: u32, ic: u32, oc: u32,
}

// gradient_transform
@group(0) @binding(0) var<storage, read> g_dy: array<Lane>;
@group(0) @binding(1) var<storage, read_write> z: array<Pair>;
@group(0) @binding(2) var<uniform> g_params: TileParams;

@compute @workgroup_size(64)
fn gradient_transform(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                      @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = g_params;
  let n = p.tiles * p.c;
  if (i >= n) { return; }
  let tile = i / p.c;
  let image = tile / (p.ty * p.tx);
  let top = ((tile / p.tx) % p.ty) * EDGE;
  let left = (tile % p.tx) * EDGE;
  var lines = array<Points, EDGE>();
  for (var oy = 0u; oy < EDGE; oy++) {
    let row = ((image * p.h + top + oy) * p.w + left) * p.c + i % p.c;
    let inside = image < p.b && top + oy < p.h;
    var d = Outputs();
    for (var ox = 0u; ox < EDGE; ox++) {
      let seen = inside && left + ox < p.w;
      d[ox] = select(Lane(), g_dy[select(0u, row + ox * p.c, seen)], seen);
    }
    lines[oy] = gradient_to_points_{{EDGE}}(d); // formula
  }
  for (var px = 0u; px < POINTS; px++) {
    var column = Outputs();
    for (var oy = 0u; oy < EDGE; oy++) { column[oy] = lines[oy][px]; }
    let points = gradient_to_points_{{EDGE}}(column); // formula
    for (var py = 0u; py < POINTS; py++) { z[(py * POINTS + px) * n + i] = to_pair(GRADIENT_SCALE * points[py]); }
  }
}

// gradients: the first `inputs` workgroups compute dx, the next ones dw, and the last ones db, for two output channels each
@group(0) @binding(0) var<storage, read> dv: array<Pair>;
@group(0) @binding(1) var<storage, read> du: array<Lane>; // [PP, IC, OC]
@group(0) @binding(2) var<storage, read> dy_points: array<Pair>; // Z
@group(0) @binding(3) var<storage, read_write> image_gradient: array<Lane>;
@group(0) @binding(4) var<storage, read_write> dw: array<Lane>; // [3, 3, IC, OC]
@group(0) @binding(5) var<storage, read_write> db: array<Lane>;
@group(0) @binding(6) var<uniform> params: GradientParams;

fn weight_gradient(i: u32, p: GradientParams) {
  let n = p.ic * p.oc;
  if (i >= n) { return; }
  var lines = array<Taps, POINTS>();
  for (var py = 0u; py < POINTS; py++) {
    var row = Points();
    for (var px = 0u; px < POINTS; px++) { row[px] = du[(py * POINTS + px) * n + i]; }
    lines[py] = weight_from_points_{{EDGE}}(row); // formula
  }
  for (var kx = 0u; kx < 3u; kx++) {
    var column = Points();
    for (var py = 0u; py < POINTS; py++) { column[py] = lines[py][kx]; }
    let taps = weight_from_points_{{EDGE}}(column); // formula
    for (var ky = 0u; ky < 3u; ky++) { dw[(ky * 3u + kx) * n + i] = taps[ky] / GRADIENT_SCALE; }
  }
}

/// Each thread's sum over its share of the tiles.
var<workgroup> shares: array<Lane, 64>;

fn bias_gradient(oc: u32, thread: u32, p: GradientParams) {
  var sum = Lane();
  for (var tile = thread; tile < p.tiles; tile += 64u) { sum += pair_of(dy_points[((POINTS + 1u) * p.tiles + tile) * p.oc + oc]); } // formula
  shares[thread] = sum;
  workgroupBarrier();
  for (var apart = 32u; apart > 0u; apart /= 2u) {
    if (thread < apart) { shares[thread] += shares[thread + apart]; }
    workgroupBarrier();
  }
  if (thread == 0u) { db[oc] = shares[0] / GRADIENT_SCALE; }
}

/// One line of a patch, with the contributions of the tiles to the left and right. `at` is the index of the tile's first
/// point, `seen` whether the tile exists, `stride` the distance to the next tile, `n` that to the next point.
fn patch_line(at: u32, py: u32, seen: bool, left: bool, right: bool, n: u32, stride: u32) -> Outputs {
  let line = select(0u, at + py * POINTS * n, seen);
  var points = Points();
  for (var px = 0u; px < POINTS; px++) { points[px] = select(Lane(), pair_of(dv[line + px * n]), seen); }
  let both = vec2<bool>(seen && left, seen && right);
  let before = select(Lane(), pair_of(dv[select(0u, line + (POINTS - 1u) * n - stride, both.x)]), both.x);
  let after = select(Lane(), pair_of(dv[select(0u, line + stride, both.y)]), both.y);
  return patch_from_points_{{EDGE}}(before, points, after); // formula
}

fn input_gradient(i: u32, p: GradientParams) {
  let n = p.tiles * p.c;
  let tile = i / p.c;
  if (tile >= p.b * p.ty * p.tx) { return; }
  let ty = (tile / p.tx) % p.ty;
  let tx = tile % p.tx;
  let left = tx > 0u;
  let right = tx + 1u < p.tx;
  var lines = array<Outputs, POINTS + 2u>();
  lines[0] = patch_line(i - p.tx * p.c, POINTS - 1u, ty > 0u, left, right, n, p.c);
  for (var py = 0u; py < POINTS; py++) { lines[py + 1u] = patch_line(i, py, true, left, right, n, p.c); }
  lines[POINTS + 1u] = patch_line(i + p.tx * p.c, 0u, ty + 1u < p.ty, left, right, n, p.c);
  let image = tile / (p.ty * p.tx);
  for (var ox = 0u; ox < EDGE; ox++) {
    var column = Points();
    for (var py = 0u; py < POINTS; py++) { column[py] = lines[py + 1u][ox]; }
    let pixels = patch_from_points_{{EDGE}}(lines[0][ox], column, lines[POINTS + 1u][ox]); // formula
    let ix = tx * EDGE + ox;
    for (var oy = 0u; oy < EDGE; oy++) {
      let iy = ty * EDGE + oy;
      if (iy < p.h && ix < p.w) { image_gradient[((image * p.h + iy) * p.w + ix) * p.c + i % p.c] = pixels[oy] / GRADIENT_SCALE; }
    }
  }
}

@compute @workgroup_size(64)
fn gradients(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
             @builtin(local_invocation_id) local: vec3u) {
  let p = params;
  let index = group.y * groups.x + group.x;
  let behind = index - p.inputs;
  let for_weights = (p.ic * p.oc + 63u) / 64u;
  if (index < p.inputs) {
    input_gradient(index * 64u + local.x, p);
  } else if (behind < for_weights) {
    weight_gradient(behind * 64u + local.x, p);
  } else if (behind < for_weights + p.oc) {
    bias_gradient(behind - for_weights, local.x, p);
  }
}
