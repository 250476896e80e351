// Batched matrix product with tiles in workgroup memory, for GPUs. Same mathematics as matmul.wgsl.
//
// Why tiles: each number of A is needed for N columns of C and each of B for M rows. The naive kernel fetches it anew each
// time. Here a workgroup of 256 invocations makes 64 x 64 numbers of C: sixteen steps of the inner dimension at a time,
// all of them together bring 64 x 16 numbers of A and 16 x 64 of B into workgroup memory, where everyone can read them
// cheaply. Each number from memory then serves 64 multiplications.
// Each invocation holds 4 x 4 numbers of C in registers: for one step it reads a vec4 of A and a vec4 of B from the tiles
// and makes 16 multiply-adds of them.
//
// The two barriers of a round: nobody may read a tile before all have filled it, nor fill the next one before all have
// read this one.
//
// Shapes: A [BATCH, M, K], for transposed_product [BATCH, K, M], B [BATCH, K, N], for product_transposed [BATCH, N, K],
// bias [N], read if has_bias is 1, C [BATCH, M, N]; any extents, as halves multiples of
// four. What lies past the end counts as 0 and is not stored.
// Constants: FORMAT, how A and B are stored, f32 or f16 (see parts/storage.wgsl); RESULT, how C is.
// Parts: storage

struct MatmulParams { batch: u32, m: u32, k: u32, n: u32, has_bias: u32 }

const TILE = 64u;
const STEPS = 16u;

@group(0) @binding(0) var<storage, read> a: array<Word>;
@group(0) @binding(1) var<storage, read> b: array<Word>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> c: array<Word_{{RESULT}}>;
@group(0) @binding(4) var<uniform> params: MatmulParams;

// Step by step: [STEPS, TILE], so that four rows of A, or four columns of B, are neighbours.
var<workgroup> a_tile: array<f32, STEPS * TILE>;
var<workgroup> b_tile: array<f32, STEPS * TILE>;

struct Tile { batch: u32, row: u32, column: u32 }

/// Which tile a workgroup makes: its batch, first row and first column.
fn tile_of(group: vec3u, groups: vec3u, p: MatmulParams) -> Tile {
  let columns = (p.n + TILE - 1u) / TILE;
  let index = group.y * groups.x + group.x;
  return Tile(group.z, (index / columns) * TILE, (index % columns) * TILE);
}

/// A place in a tile: the row of A or column of B, and the step.
struct Slot { line: u32, step: u32 }

/// The i-th place to fill: neighbours among the invocations fetch neighbours in memory, whether a factor is stored line by
/// line (`along`, [BATCH, lines, K]) or step by step ([BATCH, K, lines]).
fn slot_of(i: u32, along: bool) -> Slot {
  if (along) { return Slot(i / STEPS, i % STEPS); }
  return Slot(i % TILE, i / TILE);
}

/// Where step k of a line lies in a factor of so many lines.
fn address(batch: u32, line: u32, lines: u32, k: u32, p: MatmulParams, along: bool) -> u32 {
  if (along) { return (batch * lines + line) * p.k + k; }
  return (batch * p.k + k) * lines + line;
}

fn load_a(tile: Tile, first: u32, lane: u32, p: MatmulParams, along: bool) {
  for (var place = lane; place < STEPS * TILE; place += 256u) {
    let slot = slot_of(place, along);
    let row = tile.row + slot.line;
    let k = first + slot.step;
    let seen = row < p.m && k < p.k;
    let i = select(0u, address(tile.batch, row, p.m, k, p, along), seen);
    let value = number_of(a[i / IN_WORD], i);
    a_tile[slot.step * TILE + slot.line] = select(0.0, value, seen);
  }
}

fn load_b(tile: Tile, first: u32, lane: u32, p: MatmulParams, along: bool) {
  for (var place = lane; place < STEPS * TILE; place += 256u) {
    let slot = slot_of(place, along);
    let column = tile.column + slot.line;
    let k = first + slot.step;
    let seen = column < p.n && k < p.k;
    let i = select(0u, address(tile.batch, column, p.n, k, p, along), seen);
    let value = number_of(b[i / IN_WORD], i);
    b_tile[slot.step * TILE + slot.line] = select(0.0, value, seen);
  }
}

/// Four rows of four numbers after the STEPS steps in the tiles.
fn advance(acc: ptr<function, array<vec4f, 4>>, lane: u32) {
  let row = (lane / 16u) * 4u;
  let column = (lane % 16u) * 4u;
  for (var k = 0u; k < STEPS; k++) {
    let at = k * TILE + column;
    let values = vec4f(b_tile[at], b_tile[at + 1u], b_tile[at + 2u], b_tile[at + 3u]);
    for (var r = 0u; r < 4u; r++) { (*acc)[r] += a_tile[k * TILE + row + r] * values; }
  }
}

fn store(acc: array<vec4f, 4>, tile: Tile, lane: u32, p: MatmulParams) {
  for (var r = 0u; r < 4u; r++) {
    let row = tile.row + (lane / 16u) * 4u + r;
    for (var s = 0u; s < 4u; s += IN_WORD_{{RESULT}}) {
      let column = tile.column + (lane % 16u) * 4u + s;
      if (row >= p.m || column >= p.n) { continue; }
      var shift = vec2f();
      if (p.has_bias == 1u) { shift = vec2f(bias[column], bias[min(column + 1u, p.n - 1u)]); }
      let at = ((tile.batch * p.m + row) * p.n + column) / IN_WORD_{{RESULT}};
      c[at] = to_word_{{RESULT}}(vec2f(acc[r][s], acc[r][min(s + 1u, 3u)]) + shift);
    }
  }
}

/// One tile of C, of factors that are stored along their lines or not.
fn multiply(group: vec3u, groups: vec3u, lane: u32, a_along: bool, b_along: bool) {
  let p = params;
  let tile = tile_of(group, groups, p);
  if (tile.row >= p.m) { return; }
  var acc = array<vec4f, 4>();
  for (var first = 0u; first < p.k; first += STEPS) {
    load_a(tile, first, lane, p, a_along);
    load_b(tile, first, lane, p, b_along);
    workgroupBarrier();
    advance(&acc, lane);
    workgroupBarrier();
  }
  store(acc, tile, lane, p);
}

// product
@compute @workgroup_size(256)
fn product(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  multiply(group, groups, local.x, true, false);
}

// transposed_product
@compute @workgroup_size(256)
fn transposed_product(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                      @builtin(local_invocation_id) local: vec3u) {
  multiply(group, groups, local.x, false, false);
}

// product_transposed
@compute @workgroup_size(256)
fn product_transposed(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                      @builtin(local_invocation_id) local: vec3u) {
  multiply(group, groups, local.x, true, true);
}
