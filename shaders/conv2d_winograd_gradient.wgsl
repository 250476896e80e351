// The gradients of conv2d_winograd.wgsl, where the symbols are explained.
//
// Winograd's algorithm is linear in the patch d and in the kernel g, so the chain rule only transposes it:
//
//   y = A^T [ U * V ] A,   U = G g G^T,   V = B^T d B        the forward pass, tile by tile
//   Z = A dy A^T,   dU = sum over tiles of V * Z,   dV = U * Z        (* is element by element)
//   dw = G^T dU G,   dd = B dV B^T
//
// With channels, the products are matrix products again, for each of the PP points: dU = V^T Z and dV = Z U^T. So both
// gradients begin with the same Z, and need nothing but what the forward pass has made already, U and V.
//   gradient_transform  Z[PP, TILES, OC] = A dy A^T. The bias gradient is in it, too: point 1 of a line is the sum of its
//                       outputs, so the plane of the point (1, 1) holds the sum of dy over each tile
//   weight_gradient     dw [3, 3, IC, OC] from dU[PP, IC, OC]
//   input_gradient      dx [B, H, W, C] from dV[PP, TILES, IC]; where patches overlap, their sum. For 'same' padding
//                       alone: then a tile of y lies on the patch's middle, and each thread makes the pixels below its
//                       own tile, to which the eight tiles around it add one line or one corner each
//
// Shapes, threads and constants as in conv2d_winograd.wgsl, dy like y.

const EDGE = {{EDGE}}u;
const POINTS = EDGE + 2u;
alias Lane = vec2f;
alias Outputs = array<Lane, EDGE>;
alias Points = array<Lane, POINTS>;
alias Taps = array<Lane, 3>;

/// H and W are those of the map whose tiles they are: of dy for gradient_transform, of dx for input_gradient.
struct TileParams { b: u32, h: u32, w: u32, c: u32, ty: u32, tx: u32, tiles: u32 }
struct WeightParams { ic: u32, oc: u32 }

/// A y for one line of output gradients: the transpose of from_points_4 of the forward pass.
fn gradient_to_points_4(y: array<Lane, 4>) -> array<Lane, 6> {
  let even = y[0] + y[2];
  let odd = y[1] + y[3];
  let even2 = y[0] + 4.0 * y[2];
  let odd2 = 2.0 * y[1] + 8.0 * y[3];
  return array(y[0], even + odd, even - odd, even2 + odd2, even2 - odd2, y[3]);
}

/// G^T u for one line of points: the transpose of weight_to_points_4.
fn weight_from_points_4(u: array<Lane, 6>) -> array<Lane, 3> {
  let sum1 = (u[1] + u[2]) / -6.0;
  let sum2 = (u[3] + u[4]) / 24.0;
  return array(
    u[0] / 4.0 + sum1 + sum2,
    (u[2] - u[1]) / 6.0 + (u[3] - u[4]) / 12.0,
    sum1 + 4.0 * sum2 + u[5],
  );
}

/// The middle of B p for one line of points, and what the patches before and after have there: `before` is the last
/// point of the one, `after` the first of the other, as an outermost pixel of a patch depends on no other point.
fn patch_from_points_4(before: Lane, p: array<Lane, 6>, after: Lane) -> array<Lane, 4> {
  let sum1 = p[1] + p[2];
  let difference1 = p[1] - p[2];
  let sum2 = p[3] + p[4];
  let difference2 = p[3] - p[4];
  return array(
    4.0 * (p[5] - difference1) - 2.0 * difference2 + before,
    -5.0 * p[0] - 4.0 * sum1 - sum2,
    difference1 + 2.0 * difference2 - 5.0 * p[5],
    p[0] + sum1 + sum2 + 4.0 * after,
  );
}

// The same for EDGE = 6.
fn gradient_to_points_6(y: array<Lane, 6>) -> array<Lane, 8> {
  let even = y[0] + y[2] + y[4];
  let odd = y[1] + y[3] + y[5];
  let even2 = y[0] + 4.0 * y[2] + 16.0 * y[4];
  let odd2 = 2.0 * y[1] + 8.0 * y[3] + 32.0 * y[5];
  let even_half = y[0] + y[2] / 4.0 + y[4] / 16.0;
  let odd_half = y[1] / 2.0 + y[3] / 8.0 + y[5] / 32.0;
  return array(
    y[0],
    even + odd,
    even - odd,
    even2 + odd2,
    even2 - odd2,
    even_half + odd_half,
    even_half - odd_half,
    y[5],
  );
}

fn weight_from_points_6(u: array<Lane, 8>) -> array<Lane, 3> {
  let sum1 = (u[1] + u[2]) / -4.5;
  let sum2 = (u[3] + u[4]) / 90.0;
  let sum_half = (u[5] + u[6]) / 5.625;
  return array(
    u[0] + sum1 + sum2 + 4.0 * sum_half,
    (u[2] - u[1]) / 4.5 + (u[3] - u[4]) / 45.0 + (u[5] - u[6]) / 2.8125,
    sum1 + 4.0 * sum2 + sum_half + u[7],
  );
}

fn patch_from_points_6(before: Lane, p: array<Lane, 8>, after: Lane) -> array<Lane, 6> {
  let sum1 = p[1] + p[2];
  let difference1 = p[1] - p[2];
  let sum2 = p[3] + p[4];
  let difference2 = p[3] - p[4];
  let sum_half = p[5] + p[6];
  let difference_half = p[5] - p[6];
  return array(
    difference1 + 0.5 * difference2 + 2.0 * difference_half - p[7] + before,
    sum1 + 0.25 * sum2 + 4.0 * sum_half - 5.25 * p[0],
    5.25 * p[7] - 4.25 * difference1 - 2.5 * (difference2 + difference_half),
    5.25 * p[0] - 4.25 * sum1 - 1.25 * sum2 - 5.0 * sum_half,
    difference1 + 2.0 * difference2 + 0.5 * difference_half - 5.25 * p[7],
    sum1 + sum2 + sum_half - p[0] + after,
  );
}

// gradient_transform
@group(0) @binding(0) var<storage, read> g_dy: array<Lane>;
@group(0) @binding(1) var<storage, read_write> z: array<Lane>;
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
    lines[oy] = gradient_to_points_{{EDGE}}(d);
  }
  for (var px = 0u; px < POINTS; px++) {
    var column = Outputs();
    for (var oy = 0u; oy < EDGE; oy++) { column[oy] = lines[oy][px]; }
    let points = gradient_to_points_{{EDGE}}(column);
    for (var py = 0u; py < POINTS; py++) { z[(py * POINTS + px) * n + i] = points[py]; }
  }
}

// weight_gradient
@group(0) @binding(0) var<storage, read> du: array<Lane>; // [PP, IC, OC]
@group(0) @binding(1) var<storage, read_write> dw: array<Lane>; // [3, 3, IC, OC]
@group(0) @binding(2) var<uniform> dw_params: WeightParams;

@compute @workgroup_size(64)
fn weight_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                   @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let n = dw_params.ic * dw_params.oc;
  if (i >= n) { return; }
  var lines = array<Taps, POINTS>();
  for (var py = 0u; py < POINTS; py++) {
    var row = Points();
    for (var px = 0u; px < POINTS; px++) { row[px] = du[(py * POINTS + px) * n + i]; }
    lines[py] = weight_from_points_{{EDGE}}(row);
  }
  for (var kx = 0u; kx < 3u; kx++) {
    var column = Points();
    for (var py = 0u; py < POINTS; py++) { column[py] = lines[py][kx]; }
    let taps = weight_from_points_{{EDGE}}(column);
    for (var ky = 0u; ky < 3u; ky++) { dw[(ky * 3u + kx) * n + i] = taps[ky]; }
  }
}

// input_gradient
@group(0) @binding(0) var<storage, read> dv: array<Lane>;
@group(0) @binding(1) var<storage, read_write> image_gradient: array<Lane>;
@group(0) @binding(2) var<uniform> dx_params: TileParams;

/// One line of points of a tile with its neighbours' to both sides; `at` is where the tile's first point lies, `seen`
/// whether there is such a tile, a line of points is `step` long.
fn patch_line(at: u32, py: u32, seen: bool, left: bool, right: bool, n: u32, step: u32) -> Outputs {
  let line = select(0u, at + py * POINTS * n, seen);
  var points = Points();
  for (var px = 0u; px < POINTS; px++) { points[px] = select(Lane(), dv[line + px * n], seen); }
  let both = vec2<bool>(seen && left, seen && right);
  let before = select(Lane(), dv[select(0u, line + (POINTS - 1u) * n - step, both.x)], both.x);
  let after = select(Lane(), dv[select(0u, line + step, both.y)], both.y);
  return patch_from_points_{{EDGE}}(before, points, after);
}

@compute @workgroup_size(64)
fn input_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                  @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = dx_params;
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
    let pixels = patch_from_points_{{EDGE}}(lines[0][ox], column, lines[POINTS + 1u][ox]);
    let ix = tx * EDGE + ox;
    for (var oy = 0u; oy < EDGE; oy++) {
      let iy = ty * EDGE + oy;
      if (iy < p.h && ix < p.w) { image_gradient[((image * p.h + iy) * p.w + ix) * p.c + i % p.c] = pixels[oy]; }
    }
  }
}
