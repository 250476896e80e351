// Batched matrix product with a tile of C in the registers of each thread, for processors without subgroups of 8 (software
// Vulkan with other vectors, SwiftShader). Same mathematics as matmul.wgsl.
//
// Why: on a processor a load costs as much as many multiply-adds, and a barrier even more, so neither the naive kernel nor
// tiles in workgroup memory are fast. Here each thread computes ROWS x 8 numbers of C, and needs nothing from other threads.
// For two values of k it loads 2 * ROWS numbers of A and 16 of B, for 16 * ROWS multiply-adds: with 8 rows a number loaded
// serves eight of them, and in the naive kernel a half.
//
// Shapes: A [BATCH, M, K], for transposed_product [BATCH, K, M]; B [BATCH, K, N], for product_transposed [BATCH, N, K];
// bias [N], read if has_bias is 1; C [BATCH, M, N]. K is even, N a multiple of 4, for transposed_product M too. Tiles may
// extend past the end of C: they load the last row or column again, and do not store it.
// Threads: one per tile, 32 in a workgroup. The grid's third dimension counts the products of the batch.
// Constants: ROWS, 4 or 8. FORMAT, the storage format of A and B, f32 or f16 (see parts/storage.wgsl). RESULT, that of C.
// Parts: storage

const ROWS = {{ROWS}}u;

struct MatmulParams { batch: u32, m: u32, k: u32, n: u32, has_bias: u32 }

@group(0) @binding(0) var<storage, read> a_pairs: array<Pair>;
@group(0) @binding(0) var<storage, read> a: array<Quad>;
@group(0) @binding(1) var<storage, read> b_pairs: array<Pair>;
@group(0) @binding(1) var<storage, read> b: array<Quad>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> c: array<Quad_{{RESULT}}>;
@group(0) @binding(4) var<uniform> params: MatmulParams;

/// For each row of the tile, its two numbers of A.
alias Rows = array<vec2f, ROWS>;
/// Eight columns of two rows of B: two vec4s of the first, then two of the second.
alias Columns = array<vec4f, 4>;
/// Row r of the tile is in the elements 2 r and 2 r + 1.
alias Acc = array<vec4f, 2u * ROWS>;

/// The product of the batch, the first row and the first column of a thread's tile. Past the last tile, `row` >= M.
struct Tile { batch: u32, row: u32, column: u32 }

fn tile_of(group: vec3u, groups: vec3u, lane: u32, p: MatmulParams) -> Tile {
  let columns = (p.n + 7u) / 8u;
  let index = (group.y * groups.x + group.x) * 32u + lane;
  let line = index / columns;
  return Tile(group.z, line * ROWS, (index - line * columns) * 8u);
}

/// Adds the products of two values of k.
fn advance(acc: ptr<function, Acc>, rows: Rows, columns: Columns) {
  for (var r = 0u; r < ROWS; r++) {
    (*acc)[2u * r] += rows[r].x * columns[0] + rows[r].y * columns[2]; // formula
    (*acc)[2u * r + 1u] += rows[r].x * columns[1] + rows[r].y * columns[3]; // formula
  }
}

/// Where a line of a factor that is stored as [BATCH, lines, K] begins, as an index of pairs; past the end, the last line.
fn start_of(batch: u32, line: u32, lines: u32, p: MatmulParams) -> u32 {
  return (batch * lines + min(line, lines - 1u)) * (p.k / 2u);
}

/// Where the rows of the tile begin.
fn row_starts(tile: Tile, p: MatmulParams) -> array<u32, ROWS> {
  var starts = array<u32, ROWS>();
  for (var r = 0u; r < ROWS; r++) { starts[r] = start_of(tile.batch, tile.row + r, p.m, p); }
  return starts;
}

/// Where the columns of the tile begin in a transposed B.
fn column_starts(tile: Tile, p: MatmulParams) -> array<u32, 8> {
  var starts = array<u32, 8>();
  for (var j = 0u; j < 8u; j++) { starts[j] = start_of(tile.batch, tile.column + j, p.n, p); }
  return starts;
}

fn load_rows(starts: array<u32, ROWS>, pair: u32) -> Rows {
  var rows = Rows();
  for (var r = 0u; r < ROWS; r++) { rows[r] = pair_of(a_pairs[starts[r] + pair]); }
  return rows;
}

/// The same of a transposed A. `at` is the index of the tile's first quad of rows, `quads` the distance to the next k.
fn load_transposed_rows(at: u32, last: u32, quads: u32) -> Rows {
  var rows = Rows();
  for (var q = 0u; q < ROWS / 4u; q++) {
    let place = at + min(q, last);
    let first = quad_of(a[place]);
    let second = quad_of(a[place + quads]);
    for (var j = 0u; j < 4u; j++) { rows[4u * q + j] = vec2f(first[j], second[j]); }
  }
  return rows;
}

fn load_columns(at: u32, next: u32, quads: u32) -> Columns {
  return Columns(quad_of(b[at]), quad_of(b[at + next]), quad_of(b[at + quads]), quad_of(b[at + quads + next]));
}

/// The same of a transposed B.
fn load_transposed_columns(starts: array<u32, 8>, pair: u32) -> Columns {
  var columns = Columns();
  for (var j = 0u; j < 8u; j++) {
    let values = pair_of(b_pairs[starts[j] + pair]);
    columns[j / 4u][j % 4u] = values.x;
    columns[2u + j / 4u][j % 4u] = values.y;
  }
  return columns;
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
  let starts = row_starts(tile, p);
  let quads = p.n / 4u;
  let next = next_quad(tile.column, p.n);
  var at = tile.batch * p.k * quads + tile.column / 4u;
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
  var at = tile.batch * p.k * quads + tile.column / 4u;
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
  let starts = row_starts(tile, p);
  let columns = column_starts(tile, p);
  var acc = Acc();
  for (var pair = 0u; pair < p.k / 2u; pair++) {
    advance(&acc, load_rows(starts, pair), load_transposed_columns(columns, pair));
  }
  store(acc, tile, p);
}
