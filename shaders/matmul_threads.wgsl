// Batched matrix product with a tile of C in the registers of each thread, for CPUs without subgroups of 8 (software
// Vulkan with other vectors, SwiftShader). Same mathematics as matmul.wgsl.
//
// Why: on a CPU a load costs as much as many multiply-adds, and a barrier even more, so neither the naive kernel nor
// tiles in workgroup memory are fast. Here each thread computes ROWS x 8 numbers of C, and needs nothing from other threads.
// For two values of k it loads 2 * ROWS numbers of A and 16 of B, for 16 * ROWS multiply-adds. With 8 rows that is four
// multiply-adds per number loaded; the naive kernel has half a one.
//
// Shapes: A [BATCH, M, K], for transposed_product [BATCH, K, M]; B [BATCH, K, N], for product_transposed [BATCH, N, K];
// bias [N], read if has_bias is 1; C [BATCH, M, N]. K is even, N a multiple of 4, for transposed_product M too. Tiles may
// extend past the end of C: they load the last row or column again, and do not store it. b_plane is as in matmul.wgsl,
// and a multiple of 4.
// Threads: one per tile, 32 in a workgroup. The grid's third dimension counts the products of the batch.
// Constants: ROWS, 4 or 8. FORMAT, the storage format of A and B, f32 or f16 (see parts/storage.wgsl). RESULT, that of C.
// Parts: storage

const ROWS = {{ROWS}}u;

struct MatmulParams { batch: u32, m: u32, k: u32, n: u32, b_plane: u32, has_bias: u32 }

@group(0) @binding(0) var<storage, read> a_pairs: array<Pair>;
@group(0) @binding(0) var<storage, read> a: array<Quad>;
@group(0) @binding(1) var<storage, read> b_pairs: array<Pair>;
@group(0) @binding(1) var<storage, read> b: array<Quad>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> c: array<Quad_{{RESULT}}>;
@group(0) @binding(4) var<uniform> params: MatmulParams;

/// For each row of the tile, its two numbers of A.
alias Rows = array<vec2f, 8>;
/// Where lines begin, as indices of pairs.
alias Starts = array<u32, 8>;
/// Eight columns of two rows of B: two vec4s of the first, then two of the second.
alias Columns = array<vec4f, 4>;
/// Row r of the tile is in the elements 2 r and 2 r + 1.
alias Acc = array<vec4f, 16>;

/// The product of the batch, the first row and the first column of a thread's tile. Past the last tile, `row` >= M.
struct Tile { batch: u32, row: u32, column: u32 }

fn tile_of(group: vec3u, groups: vec3u, lane: u32, p: MatmulParams) -> Tile {
  let columns = (p.n + 7u) / 8u;
  let index = (group.y * groups.x + group.x) * 32u + lane;
  let line = index / columns;
  return Tile(group.z, line * ROWS, (index - line * columns) * 8u);
}

/// The new value of a vec4 of a row. `columns` are its columns in two rows of B.
fn add_to(sum: vec4f, row: vec2f, first: vec4f, second: vec4f) -> vec4f { return fma(vec4f(row.y), second, fma(vec4f(row.x), first, sum)); } // formula

fn advance_four(acc: ptr<function, Acc>, rows: Rows, columns: Columns) {
  (*acc)[0] = add_to((*acc)[0], rows[0], columns[0], columns[2]);
  (*acc)[1] = add_to((*acc)[1], rows[0], columns[1], columns[3]);
  (*acc)[2] = add_to((*acc)[2], rows[1], columns[0], columns[2]);
  (*acc)[3] = add_to((*acc)[3], rows[1], columns[1], columns[3]);
  (*acc)[4] = add_to((*acc)[4], rows[2], columns[0], columns[2]);
  (*acc)[5] = add_to((*acc)[5], rows[2], columns[1], columns[3]);
  (*acc)[6] = add_to((*acc)[6], rows[3], columns[0], columns[2]);
  (*acc)[7] = add_to((*acc)[7], rows[3], columns[1], columns[3]);
}

/// Adds the products of two values of k. Every place in an array is a constant here: SwiftShader, which unrolls no loops, then keeps
/// the tile in registers.
fn advance(acc: ptr<function, Acc>, rows: Rows, columns: Columns) {
  advance_four(acc, rows, columns);
  if (ROWS > 4u) {
    (*acc)[8] = add_to((*acc)[8], rows[4], columns[0], columns[2]);
    (*acc)[9] = add_to((*acc)[9], rows[4], columns[1], columns[3]);
    (*acc)[10] = add_to((*acc)[10], rows[5], columns[0], columns[2]);
    (*acc)[11] = add_to((*acc)[11], rows[5], columns[1], columns[3]);
    (*acc)[12] = add_to((*acc)[12], rows[6], columns[0], columns[2]);
    (*acc)[13] = add_to((*acc)[13], rows[6], columns[1], columns[3]);
    (*acc)[14] = add_to((*acc)[14], rows[7], columns[0], columns[2]);
    (*acc)[15] = add_to((*acc)[15], rows[7], columns[1], columns[3]);
  }
}

/// Where a line of a factor that begins at `plane` and is stored as [lines, K] begins, as an index of pairs; past the end, the
/// last line.
fn start_of(plane: u32, line: u32, lines: u32, p: MatmulParams) -> u32 {
  return (plane + min(line, lines - 1u) * p.k) / 2u;
}

/// Where eight lines begin, from this one on.
fn starts_of(plane: u32, line: u32, lines: u32, p: MatmulParams) -> Starts {
  return Starts(
    start_of(plane, line, lines, p), start_of(plane, line + 1u, lines, p),
    start_of(plane, line + 2u, lines, p), start_of(plane, line + 3u, lines, p),
    start_of(plane, line + 4u, lines, p), start_of(plane, line + 5u, lines, p),
    start_of(plane, line + 6u, lines, p), start_of(plane, line + 7u, lines, p),
  );
}

fn load_rows(starts: Starts, pair: u32) -> Rows {
  var rows = Rows();
  rows[0] = pair_of(a_pairs[starts[0] + pair]);
  rows[1] = pair_of(a_pairs[starts[1] + pair]);
  rows[2] = pair_of(a_pairs[starts[2] + pair]);
  rows[3] = pair_of(a_pairs[starts[3] + pair]);
  if (ROWS > 4u) {
    rows[4] = pair_of(a_pairs[starts[4] + pair]);
    rows[5] = pair_of(a_pairs[starts[5] + pair]);
    rows[6] = pair_of(a_pairs[starts[6] + pair]);
    rows[7] = pair_of(a_pairs[starts[7] + pair]);
  }
  return rows;
}

/// The same of a transposed A. `at` is the index of the tile's first quad of rows, `quads` the distance to the next k.
fn load_transposed_rows(at: u32, last: u32, quads: u32) -> Rows {
  let a0 = quad_of(a[at]);
  let b0 = quad_of(a[at + quads]);
  var a1 = vec4f();
  var b1 = vec4f();
  if (ROWS > 4u) {
    let next = at + min(1u, last);
    a1 = quad_of(a[next]);
    b1 = quad_of(a[next + quads]);
  }
  return Rows(
    vec2f(a0.x, b0.x), vec2f(a0.y, b0.y), vec2f(a0.z, b0.z), vec2f(a0.w, b0.w),
    vec2f(a1.x, b1.x), vec2f(a1.y, b1.y), vec2f(a1.z, b1.z), vec2f(a1.w, b1.w),
  );
}

fn load_columns(at: u32, next: u32, quads: u32) -> Columns {
  return Columns(quad_of(b[at]), quad_of(b[at + next]), quad_of(b[at + quads]), quad_of(b[at + quads + next]));
}

/// The same of a transposed B.
fn load_transposed_columns(starts: Starts, pair: u32) -> Columns {
  let v0 = pair_of(b_pairs[starts[0] + pair]);
  let v1 = pair_of(b_pairs[starts[1] + pair]);
  let v2 = pair_of(b_pairs[starts[2] + pair]);
  let v3 = pair_of(b_pairs[starts[3] + pair]);
  let v4 = pair_of(b_pairs[starts[4] + pair]);
  let v5 = pair_of(b_pairs[starts[5] + pair]);
  let v6 = pair_of(b_pairs[starts[6] + pair]);
  let v7 = pair_of(b_pairs[starts[7] + pair]);
  return Columns(
    vec4f(v0.x, v1.x, v2.x, v3.x), vec4f(v4.x, v5.x, v6.x, v7.x),
    vec4f(v0.y, v1.y, v2.y, v3.y), vec4f(v4.y, v5.y, v6.y, v7.y),
  );
}

/// Distance to the second quad of a line; 0 where the line ends with the first one, whose numbers are then read twice.
fn next_quad(first: u32, numbers: u32) -> u32 { return select(0u, 1u, first + 4u < numbers); }

fn store(acc: Acc, tile: Tile, p: MatmulParams) {
  let quad = tile.column / 4u;
  let two = tile.column + 4u < p.n;
  var shift = array<vec4f, 2>();
  if (p.has_bias == 1u) { shift = array(bias[quad], bias[quad + next_quad(tile.column, p.n)]); }
  for (var r = 0u; r < ROWS; r++) {
    if (tile.row + r >= p.m) { break; }
    let at = (tile.batch * p.m + tile.row + r) * (p.n / 4u) + quad;
    c[at] = to_quad_{{RESULT}}(acc[2u * r] + shift[0]);
    if (two) { c[at + 1u] = to_quad_{{RESULT}}(acc[2u * r + 1u] + shift[1]); }
  }
}

// product
@compute @workgroup_size(32)
fn product(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let p = params;
  let tile = tile_of(group, groups, local.x, p);
  if (tile.row >= p.m) { return; }
  let starts = starts_of(tile.batch * p.m * p.k, tile.row, p.m, p);
  let quads = p.n / 4u;
  let next = next_quad(tile.column, p.n);
  var at = (tile.batch * p.b_plane + tile.column) / 4u;
  var acc = Acc();
  for (var pair = 0u; pair < p.k / 2u; pair++) {
    advance(&acc, load_rows(starts, pair), load_columns(at, next, quads));
    at += 2u * quads;
  }
  store(acc, tile, p);
}

// transposed_product
@compute @workgroup_size(32)
fn transposed_product(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                      @builtin(local_invocation_id) local: vec3u) {
  let p = params;
  let tile = tile_of(group, groups, local.x, p);
  if (tile.row >= p.m) { return; }
  let a_quads = p.m / 4u;
  let last = (p.m - tile.row) / 4u - 1u;
  let quads = p.n / 4u;
  let next = next_quad(tile.column, p.n);
  var a_at = tile.batch * p.k * a_quads + tile.row / 4u;
  var at = (tile.batch * p.b_plane + tile.column) / 4u;
  var acc = Acc();
  for (var pair = 0u; pair < p.k / 2u; pair++) {
    advance(&acc, load_transposed_rows(a_at, last, a_quads), load_columns(at, next, quads));
    a_at += 2u * a_quads;
    at += 2u * quads;
  }
  store(acc, tile, p);
}

// product_transposed
@compute @workgroup_size(32)
fn product_transposed(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                      @builtin(local_invocation_id) local: vec3u) {
  let p = params;
  let tile = tile_of(group, groups, local.x, p);
  if (tile.row >= p.m) { return; }
  let starts = starts_of(tile.batch * p.m * p.k, tile.row, p.m, p);
  let columns = starts_of(tile.batch * p.b_plane, tile.column, p.n, p);
  var acc = Acc();
  for (var pair = 0u; pair < p.k / 2u; pair++) {
    advance(&acc, load_rows(starts, pair), load_transposed_columns(columns, pair));
  }
  store(acc, tile, p);
}
