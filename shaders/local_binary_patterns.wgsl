// Local binary patterns (Ojala et al. 2002): how often each small texture occurs in each part of a face.
//
// What it means: for each of eight neighbours on a circle around a pixel, a bit tells whether it is at least as bright as the
// pixel. The eight bits are the pixel's pattern: a flat place, an edge, a corner, the end of a line. More light, or more
// contrast, changes no bit. A pattern is uniform if its bits change at most twice on the way around. Of the 256 patterns 58 are
// uniform, and so are most of those in photographs. Each uniform pattern has its own bin, and all others share the last one. The
// histograms of all cells of a grid over the face, in a row, are the classical features for faces: a histogram forgets where a
// texture lies in its cell, the grid does not.
//
//   gray   = round(scale * image + mean)                                 the pixel before preprocessing, 0 to 255
//   s_k    = gray at (x + r cos(k pi / 4), y - r sin(k pi / 4))           k from 0 to 7: counter-clockwise from the right
//   bit k  = s_k >= gray at (x, y)
//   bin    = 0: no bit; 1 + 8 (n - 1) + k: n bits in a row, the first of them k; 57: all bits; 58: not uniform
//   y      = pixels of the cell with this bin / pixels of the cell
//
// Exact: s_k between four pixels is their bilinear mean, with the offset of a diagonal neighbour rounded to 1/256 pixel. Gray
// levels are whole numbers, so s_k * 65536 is a whole number below 2^24, and no bit depends on rounding, not even where both
// sides are equal, as on a flat wall. Rounding gray also removes the rounding errors of the preprocessing.
//
// Shapes: image [B, H, W, 1], mean [H, W], scale [1], gray [B, H, W] (u32), bins [B, H - 2r, W - 2r] (u32), chosen [K] (u32),
// y [B, K]. The feature with the number (cell row * cells + cell column) * 59 + bin is computed if it is chosen. Cells share
// the H - 2r rows and W - 2r columns of bins as evenly as possible. Threads: one per pixel, then one per feature, which
// looks at all pixels of its cell: no atomics, so the order is fixed. No gradient: a bit is a step.

struct PatternParams { b: u32, h: u32, w: u32, radius: u32, diagonal: u32, cells: u32, features: u32 }

// gray
@group(0) @binding(0) var<storage, read> image: array<f32>;
@group(0) @binding(1) var<storage, read> mean: array<f32>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read_write> gray: array<u32>;
@group(0) @binding(4) var<uniform> params: PatternParams;

@compute @workgroup_size(64)
fn restore(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let size = params.h * params.w;
  if (i >= params.b * size) { return; }
  gray[i] = u32(clamp(floor(scale[0] * image[i] + mean[i % size] + 0.5), 0.0, 255.0)); // formula
}

// bins
@group(0) @binding(0) var<storage, read> b_gray: array<u32>;
@group(0) @binding(1) var<storage, read_write> bins: array<u32>;
@group(0) @binding(2) var<uniform> b_params: PatternParams;

// 65536 times the bilinear mean at a place in 1/256 pixel; `first` is the place of the image's first pixel.
fn sample(first: u32, place: vec2u) -> u32 {
  let p = b_params;
  let corner = place >> vec2u(8u);
  let left = corner.x;
  let right = min(left + 1u, p.w - 1u);
  let top = first + corner.y * p.w;
  let bottom = first + min(corner.y + 1u, p.h - 1u) * p.w;
  let near = place & vec2u(255u);
  let far = vec2u(256u) - near;
  return far.y * (far.x * b_gray[top + left] + near.x * b_gray[top + right]) // formula
    + near.y * (far.x * b_gray[bottom + left] + near.x * b_gray[bottom + right]); // formula
}

@compute @workgroup_size(64)
fn patterns(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = b_params;
  let columns = p.w - 2u * p.radius;
  let rows = p.h - 2u * p.radius;
  if (i >= p.b * rows * columns) { return; }
  let first = i / (rows * columns) * p.h * p.w;
  let at = vec2u(i % columns, (i / columns) % rows) + vec2u(p.radius);
  let center = 65536u * b_gray[first + at.y * p.w + at.x];
  let here = 256u * at;
  let r = 256u * p.radius;
  let d = p.diagonal;
  var code = select(0u, 1u, sample(first, here + vec2u(r, 0u)) >= center);
  code |= select(0u, 2u, sample(first, here + vec2u(d, 0u) - vec2u(0u, d)) >= center); // formula
  code |= select(0u, 4u, sample(first, here - vec2u(0u, r)) >= center);
  code |= select(0u, 8u, sample(first, here - vec2u(d, d)) >= center);
  code |= select(0u, 16u, sample(first, here - vec2u(r, 0u)) >= center);
  code |= select(0u, 32u, sample(first, here + vec2u(0u, d) - vec2u(d, 0u)) >= center);
  code |= select(0u, 64u, sample(first, here + vec2u(0u, r)) >= center);
  code |= select(0u, 128u, sample(first, here + vec2u(d, d)) >= center);
  let before = ((code << 1u) | (code >> 7u)) & 255u; // bit k of it is bit k - 1 of the pattern
  let ones = countOneBits(code);
  let run = 8u * ones - 7u + countTrailingZeros(code & ~before); // formula
  let uniform = select(run, select(0u, 57u, ones == 8u), ones == 0u || ones == 8u);
  bins[i] = select(58u, uniform, countOneBits(code ^ before) <= 2u); // formula
}

// histograms
@group(0) @binding(0) var<storage, read> h_bins: array<u32>;
@group(0) @binding(1) var<storage, read> chosen: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> h_params: PatternParams;

@compute @workgroup_size(64)
fn histograms(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
              @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = h_params;
  if (i >= p.b * p.features) { return; }
  let extent = vec2u(p.w, p.h) - vec2u(2u * p.radius);
  let feature = chosen[i % p.features];
  let bin = feature % 59u;
  let cell = vec2u(feature / 59u % p.cells, feature / 59u / p.cells);
  let start = cell * extent / p.cells;
  let end = (cell + vec2u(1u)) * extent / p.cells;
  let first = i / p.features * extent.x * extent.y;
  var count = 0u;
  for (var row = start.y; row < end.y; row++) {
    for (var column = start.x; column < end.x; column++) {
      count += select(0u, 1u, h_bins[first + row * extent.x + column] == bin); // formula
    }
  }
  y[i] = f32(count) / f32((end.x - start.x) * (end.y - start.y)); // formula
}
