// Batched matrix product in registers, for adapters with subgroups of exactly 8 invocations (software Vulkan: one
// subgroup is one SIMD vector of the CPU). Same mathematics as matmul.wgsl.
//
// One workgroup is one subgroup and makes a tile of 16 (`product`) or 32 (`transposed_product`) rows of C by
// 32 * QUADS columns; lane l holds the columns 4 l .. 4 l + 3 of every 32. The inner dimension advances two steps at a
// time:
//   - each lane loads a vec2 of A of each row l, 8 + l, ... (`product`), or for two steps the vec4 of the rows
//     4 l .. 4 l + 3 (`transposed_product`);
//   - each lane loads its own vec4s of two rows of B;
//   - subgroupBroadcast hands every row's values to all lanes: two vec4 multiply-adds for each row and vec4.
// Why so: a load or a store costs as much as many multiply-adds here, so a large tile wins, even one that spills out of
// the CPU's registers. And a variable that lives through a loop is written under a lane mask, one extra instruction a
// write: two steps a write are better than one. Four would be better still, if the values of B did not spill then.
//
// Shapes: A [BATCH, M, K] (product) or [BATCH, K, M] (transposed_product), B [BATCH, K, N], bias [N], C [BATCH, M, N];
// K even, N a multiple of 4, for transposed_product M too. Tiles may stick out; what lies past the end is not stored.
// Constants: QUADS, 1 or 2.

enable subgroups;

const QUADS = {{QUADS}}u;
const WIDTH = QUADS * 8u;

/// A lane's part of one row of the tile, and of two rows of B.
alias Row = array<vec4f, QUADS>;
alias Steps = array<vec4f, 2u * QUADS>;
/// Eight rows.
alias Block = array<Row, 8>;

struct MatmulParams { batch: u32, m: u32, k: u32, n: u32, has_bias: u32 }

@group(0) @binding(0) var<storage, read> a_pairs: array<vec2f>;
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> c: array<vec4f>;
@group(0) @binding(4) var<uniform> params: MatmulParams;

/// One row after two steps.
fn advance(row: Row, values: vec2f, steps: Steps) -> Row {
  var next: Row;
  for (var q = 0u; q < QUADS; q++) { next[q] = row[q] + values.x * steps[q] + values.y * steps[QUADS + q]; }
  return next;
}

/// Eight rows; lane l holds the two values of row l.
fn advance_block(acc: ptr<function, Block>, rows: vec2f, steps: Steps) {
  (*acc)[0] = advance((*acc)[0], subgroupBroadcast(rows, 0u), steps);
  (*acc)[1] = advance((*acc)[1], subgroupBroadcast(rows, 1u), steps);
  (*acc)[2] = advance((*acc)[2], subgroupBroadcast(rows, 2u), steps);
  (*acc)[3] = advance((*acc)[3], subgroupBroadcast(rows, 3u), steps);
  (*acc)[4] = advance((*acc)[4], subgroupBroadcast(rows, 4u), steps);
  (*acc)[5] = advance((*acc)[5], subgroupBroadcast(rows, 5u), steps);
  (*acc)[6] = advance((*acc)[6], subgroupBroadcast(rows, 6u), steps);
  (*acc)[7] = advance((*acc)[7], subgroupBroadcast(rows, 7u), steps);
}

struct Tile { batch: u32, row: u32, quad: u32 }

/// Which tile of `rows` rows a workgroup makes: its batch, its first row, and its first column / 4.
fn tile_of(index: u32, rows: u32, p: MatmulParams) -> Tile {
  let columns = (p.n / 4u + WIDTH - 1u) / WIDTH;
  let tiles = columns * ((p.m + rows - 1u) / rows);
  let t = index % tiles;
  return Tile(index / tiles, (t / columns) * rows, (t % columns) * WIDTH);
}

/// The lane's part of two rows of B, from the row that starts at `at`; columns past the end repeat the last ones.
fn load_steps(at: u32, quad: u32, n4: u32) -> Steps {
  var steps: Steps;
  for (var q = 0u; q < QUADS; q++) {
    let column = min(quad + q * 8u, n4 - 1u);
    steps[q] = b[at + column];
    steps[QUADS + q] = b[at + n4 + column];
  }
  return steps;
}

/// Stores row `row` of batch `batch`, if it is one.
fn store_row(values: Row, batch: u32, row: u32, quad: u32, p: MatmulParams) {
  if (row >= p.m) { return; }
  let n4 = p.n / 4u;
  for (var q = 0u; q < QUADS; q++) {
    let column = quad + q * 8u;
    if (column >= n4) { continue; }
    var shift = vec4f(0.0);
    if (p.has_bias == 1u) { shift = bias[column]; }
    c[(batch * p.m + row) * n4 + column] = values[q] + shift;
  }
}

// product
@compute @workgroup_size(8)
fn product(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_index) lane: u32) {
  let p = params;
  let tile = tile_of(group.y * groups.x + group.x, 16u, p);
  if (tile.batch >= p.batch) { return; }
  let quad = tile.quad + lane; // the lane's own first four columns
  let k2 = p.k / 2u;
  let n4 = p.n / 4u;
  // Rows past the end repeat the last one.
  let row0 = (tile.batch * p.m + min(tile.row + lane, p.m - 1u)) * k2;
  let row1 = (tile.batch * p.m + min(tile.row + 8u + lane, p.m - 1u)) * k2;
  var acc0: Block;
  var acc1: Block;
  for (var k = 0u; k < k2; k++) {
    let steps = load_steps((tile.batch * p.k + 2u * k) * n4, quad, n4);
    advance_block(&acc0, a_pairs[row0 + k], steps);
    advance_block(&acc1, a_pairs[row1 + k], steps);
  }
  for (var l = 0u; l < 8u; l++) {
    store_row(acc0[l], tile.batch, tile.row + l, quad, p);
    store_row(acc1[l], tile.batch, tile.row + 8u + l, quad, p);
  }
}

// transposed_product: acc_j[l] belongs to row 4 l + j
@compute @workgroup_size(8)
fn transposed_product(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                      @builtin(local_invocation_index) lane: u32) {
  let p = params;
  let tile = tile_of(group.y * groups.x + group.x, 32u, p);
  if (tile.batch >= p.batch) { return; }
  let quad = tile.quad + lane; // the lane's own first four columns
  let m4 = p.m / 4u;
  let n4 = p.n / 4u;
  let row = tile.batch * p.k * m4 + min(tile.row / 4u + lane, m4 - 1u);
  var acc0: Block;
  var acc1: Block;
  var acc2: Block;
  var acc3: Block;
  for (var k = 0u; k < p.k; k += 2u) {
    let steps = load_steps((tile.batch * p.k + k) * n4, quad, n4);
    let first = a[row + k * m4];
    let second = a[row + (k + 1u) * m4];
    advance_block(&acc0, vec2f(first.x, second.x), steps);
    advance_block(&acc1, vec2f(first.y, second.y), steps);
    advance_block(&acc2, vec2f(first.z, second.z), steps);
    advance_block(&acc3, vec2f(first.w, second.w), steps);
  }
  for (var l = 0u; l < 8u; l++) {
    store_row(acc0[l], tile.batch, tile.row + 4u * l, quad, p);
    store_row(acc1[l], tile.batch, tile.row + 4u * l + 1u, quad, p);
    store_row(acc2[l], tile.batch, tile.row + 4u * l + 2u, quad, p);
    store_row(acc3[l], tile.batch, tile.row + 4u * l + 3u, quad, p);
  }
}
