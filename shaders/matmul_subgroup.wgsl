// Batched matrix product in registers, for adapters whose subgroups all have the same number of invocations, called lanes
// (software Vulkan: one subgroup is one SIMD vector of the CPU, 8 lanes of 256 bits; GPUs have 32 or 64). Same mathematics as
// matmul.wgsl.
//
// One workgroup is one subgroup and computes a tile of C: 4 * BLOCKS rows by 4 * LANES * QUADS columns. Lane l holds the
// columns 4 l .. 4 l + 3 of every 4 * LANES. The loop processes two values of k per iteration:
//   - each lane loads two columns of the rows 4 l .. 4 l + 3 of A: four vec2s, or two vec4s if A is transposed;
//   - each lane loads its vec4s of two rows of B, or if B is transposed, a vec2 for each of its columns;
//   - subgroupShuffle passes every row's values to all lanes: two vec4 multiply-adds per row and vec4. subgroupBroadcast is
//     meant for this, but software Vulkan compiles it to four instructions, and a shuffle to one.
// Why: a load or store costs as much as many multiply-adds here. So large tiles win, even if they spill out of the CPU's
// registers. Also, a variable that lives across iterations is written under a lane mask, one extra instruction per write, so
// two values of k per iteration are better than one. With four, the values of B would spill.
//
// Shapes: A [BATCH, M, K], for transposed_product [BATCH, K, M]; B [BATCH, K, N], for product_transposed [BATCH, N, K];
// bias [N]; C [BATCH, M, N]. K is even, N a multiple of 4, for transposed_product M too. Tiles may extend past the end of C;
// those numbers are not stored. b_plane is as in matmul.wgsl, and a multiple of 4. Threads: one subgroup per tile.
// Constants: LANES, 4 to 64. QUADS, 1 or 2. BLOCKS, 1 to 8 and at most LANES: 8 is fastest for many rows, fewer where such
// tiles would extend past the end.
// FORMAT, the storage format of A and B, f32 or f16 (see parts/storage.wgsl). RESULT, that of C.
// Parts: storage

enable subgroups;

const LANES = {{LANES}}u;
const QUADS = {{QUADS}}u;
const BLOCKS = {{BLOCKS}}u;
const ROWS = 4u * BLOCKS;
const WIDTH = QUADS * LANES;

/// A lane's part of one row of the tile, and of two rows of B.
alias Row = array<vec4f, QUADS>;
alias TwoRows = array<vec4f, 2u * QUADS>;
/// Four rows of the tile. One lane loads their values of A for all lanes.
alias Rows = array<Row, 4>;

struct MatmulParams { batch: u32, m: u32, k: u32, n: u32, b_plane: u32, has_bias: u32 }

@group(0) @binding(0) var<storage, read> a_pairs: array<Pair>;
@group(0) @binding(0) var<storage, read> a: array<Quad>;
@group(0) @binding(1) var<storage, read> b_pairs: array<Pair>;
@group(0) @binding(1) var<storage, read> b: array<Quad>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> c: array<Quad_{{RESULT}}>;
@group(0) @binding(4) var<uniform> params: MatmulParams;

/// One row of the tile after adding the products of two values of k.
fn advance(row: Row, values: vec2f, b_rows: TwoRows) -> Row {
  var next = Row();
  for (var q = 0u; q < QUADS; q++) { next[q] = fma(vec4f(values.y), b_rows[QUADS + q], fma(vec4f(values.x), b_rows[q], row[q])); } // formula
  return next;
}

/// The same for four rows. `first` and `second` hold their values of A for the two k.
fn advance_rows(acc: ptr<function, Rows>, first: vec4f, second: vec4f, b_rows: TwoRows) {
  for (var j = 0u; j < 4u; j++) { (*acc)[j] = advance((*acc)[j], vec2f(first[j], second[j]), b_rows); }
}

/// The same for the whole tile: lane l holds the values of A for the rows 4 l .. 4 l + 3. All loads come before this;
/// interleaving them costs a quarter of the speed.
fn advance_tile(acc: ptr<function, array<Rows, 8>>, first: vec4f, second: vec4f, b_rows: TwoRows) {
  advance_rows(&(*acc)[0], subgroupShuffle(first, 0u), subgroupShuffle(second, 0u), b_rows);
  if (BLOCKS > 1u) {
    advance_rows(&(*acc)[1], subgroupShuffle(first, 1u), subgroupShuffle(second, 1u), b_rows);
  }
  if (BLOCKS > 2u) {
    advance_rows(&(*acc)[2], subgroupShuffle(first, 2u), subgroupShuffle(second, 2u), b_rows);
  }
  if (BLOCKS > 3u) {
    advance_rows(&(*acc)[3], subgroupShuffle(first, 3u), subgroupShuffle(second, 3u), b_rows);
  }
  if (BLOCKS > 4u) {
    advance_rows(&(*acc)[4], subgroupShuffle(first, 4u), subgroupShuffle(second, 4u), b_rows);
  }
  if (BLOCKS > 5u) {
    advance_rows(&(*acc)[5], subgroupShuffle(first, 5u), subgroupShuffle(second, 5u), b_rows);
  }
  if (BLOCKS > 6u) {
    advance_rows(&(*acc)[6], subgroupShuffle(first, 6u), subgroupShuffle(second, 6u), b_rows);
  }
  if (BLOCKS > 7u) {
    advance_rows(&(*acc)[7], subgroupShuffle(first, 7u), subgroupShuffle(second, 7u), b_rows);
  }
}

struct Tile { batch: u32, row: u32, quad: u32 }

/// Which tile a workgroup computes: its index in the batch, its first row, and its first column / 4.
fn tile_of(group: vec3u, groups: vec3u, p: MatmulParams) -> Tile {
  let columns = (p.n / 4u + WIDTH - 1u) / WIDTH;
  let index = group.y * groups.x + group.x;
  let line = index / columns; // the only division: it costs as much as fifty multiply-adds
  return Tile(group.z, line * ROWS, (index - line * columns) * WIDTH);
}

/// The lane's vec4 columns; the last one again past the end.
fn columns_of(quad: u32, n4: u32) -> array<u32, QUADS> {
  var columns = array<u32, QUADS>();
  for (var q = 0u; q < QUADS; q++) { columns[q] = min(quad + q * LANES, n4 - 1u); }
  return columns;
}

/// The lane's part of two rows of B. `at` is the index of the first one's start.
fn load_b_rows(at: u32, columns: array<u32, QUADS>, n4: u32) -> TwoRows {
  var b_rows = TwoRows();
  for (var q = 0u; q < QUADS; q++) {
    b_rows[q] = quad_of(b[at + columns[q]]);
    b_rows[QUADS + q] = quad_of(b[at + n4 + columns[q]]);
  }
  return b_rows;
}

/// The start of each of the lane's columns of a transposed B, as an index of pairs; the last one again past the end.
fn lines_of(tile: Tile, lane: u32, p: MatmulParams) -> array<u32, 4u * QUADS> {
  var lines = array<u32, 4u * QUADS>();
  for (var j = 0u; j < 4u * QUADS; j++) {
    let column = 4u * (tile.quad + lane + j / 4u * LANES) + j % 4u;
    lines[j] = tile.batch * (p.b_plane / 2u) + min(column, p.n - 1u) * (p.k / 2u);
  }
  return lines;
}

/// Rows 2 k and 2 k + 1 of B for these columns.
fn load_b_columns(lines: array<u32, 4u * QUADS>, k: u32) -> TwoRows {
  var b_rows = TwoRows();
  for (var j = 0u; j < 4u * QUADS; j++) {
    let pair = pair_of(b_pairs[lines[j] + k]);
    b_rows[j / 4u][j % 4u] = pair.x;
    b_rows[QUADS + j / 4u][j % 4u] = pair.y;
  }
  return b_rows;
}

/// The start of each row of A that the lane loads, as an index of pairs; the last one again past the end.
fn rows_of(tile: Tile, lane: u32, p: MatmulParams) -> vec4u {
  let rows = min(vec4u(tile.row + 4u * lane) + vec4u(0u, 1u, 2u, 3u), vec4u(p.m - 1u));
  return (tile.batch * p.m + rows) * (p.k / 2u);
}

/// Whether the lane loads rows of A. Lanes without rows skip the loads, because each lane's loads take time. Where more than
/// half of the lanes have rows, the test costs more than it saves.
fn has_rows(lane: u32) -> bool { return 2u * BLOCKS > LANES || lane < BLOCKS; }

/// Columns 2 k and 2 k + 1 of these rows of A.
fn load_rows(rows: vec4u, k: u32, lane: u32) -> array<vec4f, 2> {
  if (!has_rows(lane)) { return array<vec4f, 2>(); }
  let own = array(
    pair_of(a_pairs[rows.x + k]), pair_of(a_pairs[rows.y + k]),
    pair_of(a_pairs[rows.z + k]), pair_of(a_pairs[rows.w + k]),
  );
  return array(
    vec4f(own[0].x, own[1].x, own[2].x, own[3].x),
    vec4f(own[0].y, own[1].y, own[2].y, own[3].y),
  );
}

/// Stores the part of the tile that lies in C. Each iteration stores the first block of four rows, then moves the others up.
/// Without the moving, the unrolled code would take 80 kB, and longer to fetch than to run.
fn store(tile_rows: array<Rows, 8>, tile: Tile, quad: u32, p: MatmulParams) {
  let n4 = p.n / 4u;
  let rows = p.m - tile.row;
  var acc = tile_rows;
  var shift = Row();
  if (p.has_bias == 1u) {
    for (var q = 0u; q < QUADS; q++) { shift[q] = bias[min(quad + q * LANES, n4 - 1u)]; }
  }
  var to = (tile.batch * p.m + tile.row) * n4 + quad;
  for (var r = 0u; r < min(ROWS, rows); r += 4u) {
    for (var j = 0u; j < 4u; j++) {
      for (var q = 0u; q < QUADS; q++) {
        if (r + j < rows && quad + q * LANES < n4) { c[to + j * n4 + q * LANES] = to_quad_{{RESULT}}(acc[0][j][q] + shift[q]); }
      }
    }
    to += 4u * n4;
    for (var i = 0u; i + 1u < BLOCKS; i++) { acc[i] = acc[i + 1u]; }
  }
}

// product
@compute @workgroup_size({{LANES}})
fn product(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(subgroup_invocation_id) lane: u32) {
  let p = params;
  let tile = tile_of(group, groups, p);
  if (tile.row >= p.m) { return; }
  let n4 = p.n / 4u;
  let plane = tile.batch * p.b_plane / 4u;
  let columns = columns_of(tile.quad + lane, n4);
  let rows = rows_of(tile, lane, p);
  var acc = array<Rows, 8>();
  for (var k = 0u; k < p.k / 2u; k++) {
    let b_rows = load_b_rows(plane + 2u * k * n4, columns, n4);
    let own = load_rows(rows, k, lane);
    advance_tile(&acc, own[0], own[1], b_rows);
  }
  store(acc, tile, tile.quad + lane, p);
}

// transposed_product
@compute @workgroup_size({{LANES}})
fn transposed_product(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                      @builtin(subgroup_invocation_id) lane: u32) {
  let p = params;
  let tile = tile_of(group, groups, p);
  if (tile.row >= p.m) { return; }
  let m4 = p.m / 4u;
  let n4 = p.n / 4u;
  let plane = tile.batch * p.b_plane / 4u;
  let columns = columns_of(tile.quad + lane, n4);
  let row = tile.batch * p.k * m4 + min(tile.row / 4u + lane, m4 - 1u);
  var acc = array<Rows, 8>();
  for (var k = 0u; k < p.k; k += 2u) {
    let b_rows = load_b_rows(plane + k * n4, columns, n4);
    var own = array<vec4f, 2>();
    if (has_rows(lane)) { own = array(quad_of(a[row + k * m4]), quad_of(a[row + (k + 1u) * m4])); }
    advance_tile(&acc, own[0], own[1], b_rows);
  }
  store(acc, tile, tile.quad + lane, p);
}

// product_transposed
@compute @workgroup_size({{LANES}})
fn product_transposed(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                      @builtin(subgroup_invocation_id) lane: u32) {
  let p = params;
  let tile = tile_of(group, groups, p);
  if (tile.row >= p.m) { return; }
  let lines = lines_of(tile, lane, p);
  let rows = rows_of(tile, lane, p);
  var acc = array<Rows, 8>();
  for (var k = 0u; k < p.k / 2u; k++) {
    let b_rows = load_b_columns(lines, k);
    let own = load_rows(rows, k, lane);
    advance_tile(&acc, own[0], own[1], b_rows);
  }
  store(acc, tile, tile.quad + lane, p);
}
