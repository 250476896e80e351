// Batched matrix product, the naive version: matmul_tiled.wgsl, matmul_threads.wgsl,
// matmul_subgroup.wgsl and matmul_subgroup_matrix.wgsl must agree with it.
//
//   product:             c[i, r, s] = bias[s] + sum over k of a[i, r, k] * b[i, k, s]
//   transposed_product:  c[i, r, s] = bias[s] + sum over k of a[i, k, r] * b[i, k, s]
//   product_transposed:  c[i, r, s] = bias[s] + sum over k of a[i, r, k] * b[i, s, k]
//
// These are the three passes of a layer: y = x w, dw = x^T dy and dx = dy w^T, without transposing anything in memory.
//
// The Winograd convolution (conv2d_winograd.wgsl) needs one product for each of the 36 or 64 points of a transformed tile.
// Threads: one per element of C, which loops over k. They share nothing.
// Shapes: A [BATCH, M, K], transposed [BATCH, K, M], B [BATCH, K, N], transposed [BATCH, N, K], bias [N], read if has_bias
// is 1, C [BATCH, M, N]. The matrices of B start b_plane numbers apart: K * N, or more if a gap between them keeps them from
// evicting each other from the cache.

struct MatmulParams { batch: u32, m: u32, k: u32, n: u32, b_plane: u32, has_bias: u32 }

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> c: array<f32>;
@group(0) @binding(4) var<uniform> params: MatmulParams;

/// One row of A or column of B: the index of its first number, and the distance between neighbours along k.
struct Walk { start: u32, stride: u32 }

/// A row of A, or a column of a transposed B: the factor, which begins at `plane`, is stored as [lines, K].
fn along(plane: u32, line: u32) -> Walk { return Walk(plane + line * params.k, 1u); }

/// A column of B, or a row of a transposed A: the factor is stored as [K, lines].
fn across(plane: u32, line: u32, lines: u32) -> Walk { return Walk(plane + line, lines); }

/// Which number of C an invocation computes.
struct Place { batch: u32, row: u32, column: u32 }

fn place_of(i: u32) -> Place {
  return Place(i / (params.m * params.n), (i / params.n) % params.m, i % params.n);
}

fn multiply(i: u32, in_a: Walk, in_b: Walk) {
  if (i >= params.batch * params.m * params.n) { return; }
  var sum = 0.0;
  if (params.has_bias == 1u) { sum = bias[i % params.n]; }
  for (var k = 0u; k < params.k; k++) { sum += a[in_a.start + k * in_a.stride] * b[in_b.start + k * in_b.stride]; } // formula
  c[i] = sum;
}

// product
@compute @workgroup_size(64)
fn product(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let at = place_of(i);
  multiply(i, along(at.batch * params.m * params.k, at.row), across(at.batch * params.b_plane, at.column, params.n));
}

// transposed_product
@compute @workgroup_size(64)
fn transposed_product(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                      @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let at = place_of(i);
  let a_plane = at.batch * params.m * params.k;
  multiply(i, across(a_plane, at.row, params.m), across(at.batch * params.b_plane, at.column, params.n));
}

// product_transposed
@compute @workgroup_size(64)
fn product_transposed(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                      @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let at = place_of(i);
  multiply(i, along(at.batch * params.m * params.k, at.row), along(at.batch * params.b_plane, at.column));
}
