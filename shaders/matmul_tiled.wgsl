// Batched matrix product with tiles in workgroup memory, for GPUs. Same mathematics as matmul.wgsl.
//
// Why tiles: each number of A is needed for N columns of C, and each of B for M rows. The naive kernel loads it again each
// time. Here a workgroup of 256 invocations computes 64 x 64 numbers of C. For sixteen values of k at a time, its invocations
// together load 64 x 16 numbers of A and 16 x 64 of B into workgroup memory, where all can read them cheaply. So each number
// loaded from memory serves 64 multiplications. Each invocation holds 4 x 4 numbers of C in registers. For each k it reads
// four numbers of A and four of B from the tiles, for 16 multiply-adds.
//
// Each round has two barriers: no invocation may read a tile before all have filled it, nor fill the next one before all
// have read this one.
//
// Shapes: A [BATCH, M, K], for transposed_product [BATCH, K, M]; B [BATCH, K, N], for product_transposed [BATCH, N, K];
// bias [N], read if has_bias is 1; C [BATCH, M, N]. Any extents; with f16, multiples of 4. Numbers past the end count as 0
// and are not stored. b_plane as in matmul.wgsl. Threads: a workgroup of 256 per tile.
// Constants: FORMAT, the storage format of A and B, f32 or f16 (see parts/storage.wgsl); RESULT, that of C.
// Parts: storage

struct MatmulParams { batch: u32, m: u32, k: u32, n: u32, b_plane: u32, has_bias: u32 }

const TILE = 64u;
const DEPTH = 16u;

@group(0) @binding(0) var<storage, read> a: array<Word>;
@group(0) @binding(1) var<storage, read> b: array<Word>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> c: array<Word_{{RESULT}}>;
@group(0) @binding(4) var<uniform> params: MatmulParams;

// Both tiles are [DEPTH, TILE], so that four rows of A, or four columns of B, are neighbours.
var<workgroup> a_tile: array<f32, DEPTH * TILE>;
var<workgroup> b_tile: array<f32, DEPTH * TILE>;

struct Tile { batch: u32, row: u32, column: u32 }

/// Which tile a workgroup computes: its index in the batch, its first row and its first column.
fn tile_of(group: vec3u, groups: vec3u, p: MatmulParams) -> Tile {
  let columns = (p.n + TILE - 1u) / TILE;
  let index = group.y * groups.x + group.x;
  return Tile(group.z, (index / columns) * TILE, (index % columns) * TILE);
}

/// An element of a tile: its row of A or column of B ("line"), and its k.
struct Slot { line: u32, k: u32 }

/// The i-th element to load. Neighbouring invocations load neighbouring memory, whether the factor is stored as
/// [BATCH, lines, K] (`along`) or as [BATCH, K, lines].
fn slot_of(i: u32, along: bool) -> Slot {
  if (along) { return Slot(i / DEPTH, i % DEPTH); }
  return Slot(i % TILE, i / TILE);
}

/// The index of element k of a line in a factor that begins at `plane` and has `lines` lines.
fn address(plane: u32, line: u32, lines: u32, k: u32, p: MatmulParams, along: bool) -> u32 {
  if (along) { return plane + line * p.k + k; }
  return plane + k * lines + line;
}

fn load_a(tile: Tile, first: u32, lane: u32, p: MatmulParams, along: bool) {
  for (var place = lane; place < DEPTH * TILE; place += 256u) {
    let slot = slot_of(place, along);
    let row = tile.row + slot.line;
    let k = first + slot.k;
    let seen = row < p.m && k < p.k;
    let i = select(0u, address(tile.batch * p.m * p.k, row, p.m, k, p, along), seen);
    let value = number_of(a[i / IN_WORD], i);
    a_tile[slot.k * TILE + slot.line] = select(0.0, value, seen);
  }
}

fn load_b(tile: Tile, first: u32, lane: u32, p: MatmulParams, along: bool) {
  for (var place = lane; place < DEPTH * TILE; place += 256u) {
    let slot = slot_of(place, along);
    let column = tile.column + slot.line;
    let k = first + slot.k;
    let seen = column < p.n && k < p.k;
    let i = select(0u, address(tile.batch * p.b_plane, column, p.n, k, p, along), seen);
    let value = number_of(b[i / IN_WORD], i);
    b_tile[slot.k * TILE + slot.line] = select(0.0, value, seen);
  }
}

/// Adds the products of all DEPTH values of k in the tiles to 4 x 4 numbers of C.
fn advance(acc: ptr<function, array<vec4f, 4>>, lane: u32) {
  let row = (lane / 16u) * 4u;
  let column = (lane % 16u) * 4u;
  for (var k = 0u; k < DEPTH; k++) {
    let at = k * TILE + column;
    let values = vec4f(b_tile[at], b_tile[at + 1u], b_tile[at + 2u], b_tile[at + 3u]);
    for (var r = 0u; r < 4u; r++) { (*acc)[r] += a_tile[k * TILE + row + r] * values; } // formula
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

/// Computes one tile of C. `a_along` and `b_along` tell how the factors are stored (see slot_of).
fn multiply(group: vec3u, groups: vec3u, lane: u32, a_along: bool, b_along: bool) {
  let p = params;
  let tile = tile_of(group, groups, p);
  if (tile.row >= p.m) { return; }
  var acc = array<vec4f, 4>();
  for (var first = 0u; first < p.k; first += DEPTH) {
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
