// Batched matrix product with tiles in workgroup memory, for GPUs. Same mathematics as matmul.wgsl.
//
// Why tiles: each number of A is needed for N columns of C, and each of B for M rows. The naive kernel loads it again each
// time. Here a workgroup computes a tile of SIDE x SIDE numbers of C. For sixteen values of k at a time, a round, its
// invocations together load the numbers of A and B into workgroup memory, where all can read them cheaply. So each number
// loaded from memory serves SIDE multiplications. Each invocation holds EDGE x EDGE numbers of C in registers. For
// each k it reads EDGE numbers of A and of B from the tiles, as vec4s: with EDGE 4 eight numbers for 16 multiply-adds, with
// EDGE 8 sixteen for 64. But then only a quarter as many invocations hide the latency of memory.
//
// Banks: workgroup memory has 32 banks, each of which serves one address at a time. Invocations that load rows of A store
// neighbouring k. If the numbers of one k filled 16 vec4s, all of them would begin in the same bank; one vec4 more sets them
// apart.
//
// Waiting: a round has two barriers, as no invocation may read a tile before all have filled it, nor fill the next one before
// all have read this one. While a round computes, the loads of the next one are in flight.
//
// Splits: a product with few tiles and many rounds leaves most of a GPU idle. Dense [28, 2304] x [2304, 64] is one tile of
// 144 rounds. So the grid may have several parts, each of which computes the sum over its share of the rounds; C has a
// matrix for each part, and reduce.wgsl adds them in order.
//
// Shapes: A [BATCH, M, K], for transposed_product [BATCH, K, M]; B [BATCH, K, N], for product_transposed [BATCH, N, K];
// bias [N], read if has_bias is 1; C [PARTS, BATCH, M, N]. Any extents; with f16, multiples of 4. Numbers past the end count
// as 0 and are not stored. b_plane as in matmul.wgsl. Threads: a workgroup of THREADS per tile; the grid's third dimension
// counts the products of the batch, in each part.
// Constants: SIDE, 32 or 64. EDGE, 4 or 8. THREADS = (SIDE / EDGE)^2. FORMAT, the storage format of A
// and B, f32 or f16 (see parts/storage.wgsl); RESULT, that of C.
// Parts: storage

struct MatmulParams { batch: u32, m: u32, k: u32, n: u32, b_plane: u32, has_bias: u32 }

const SIDE = {{SIDE}}u;
const EDGE = {{EDGE}}u;
const THREADS = {{THREADS}}u;
const DEPTH = 16u;
/// Invocations along a side of a tile.
const ACROSS = SIDE / EDGE;
/// Vec4s of rows, and of columns, of an invocation, ACROSS vec4s apart.
const QUADS = EDGE / 4u;
/// From one k of a tile to the next, in vec4s.
const LINE = SIDE / 4u + 1u;

/// What an invocation loads of one factor for a round: vec4s of four rows of A, or of four columns of B, for one k.
const LOADS = SIDE / 4u * DEPTH / THREADS;
alias Loads = array<vec4f, LOADS>;
/// Rows of C: QUADS vec4s each.
alias Acc = array<vec4f, EDGE * QUADS>;

@group(0) @binding(0) var<storage, read> a: array<Word>;
@group(0) @binding(1) var<storage, read> b: array<Word>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> c: array<Word_{{RESULT}}>;
@group(0) @binding(4) var<uniform> params: MatmulParams;

var<workgroup> a_tile: array<vec4f, DEPTH * LINE>;
var<workgroup> b_tile: array<vec4f, DEPTH * LINE>;

struct Tile { batch: u32, row: u32, column: u32 }

/// Which tile a workgroup computes: its index in the batch, its first row and its first column.
fn tile_of(group: vec3u, groups: vec3u, p: MatmulParams) -> Tile {
  let columns = (p.n + SIDE - 1u) / SIDE;
  let index = group.y * groups.x + group.x;
  return Tile(group.z % p.batch, (index / columns) * SIDE, (index % columns) * SIDE);
}

/// A vec4 of a tile: its rows of A or columns of B ("lines"), and its k.
struct Slot { quad: u32, k: u32 }

/// The i-th vec4 to load. Neighbouring invocations load neighbouring memory, whether the factor is
/// stored as [BATCH, lines, K] (`along`) or as [BATCH, K, lines].
fn slot_of(i: u32, along: bool) -> Slot {
  if (along) { return Slot(i / DEPTH, i % DEPTH); }
  return Slot(i % (SIDE / 4u), i / (SIDE / 4u));
}

/// Four neighbouring lines of a factor that begins at `plane` and has `lines` lines, for one k: where their numbers are, and
/// which of them exist.
struct Four { at: vec4u, seen: vec4<bool> }

fn four_of(plane: u32, line: u32, lines: u32, k: u32, p: MatmulParams, along: bool) -> Four {
  let four = line + vec4u(0u, 1u, 2u, 3u);
  let seen = (four < vec4u(lines)) & vec4<bool>(k < p.k);
  if (along) { return Four(select(vec4u(), plane + four * p.k + k, seen), seen); }
  return Four(select(vec4u(), plane + k * lines + four, seen), seen);
}

fn load_a(tile: Tile, first: u32, lane: u32, p: MatmulParams, along: bool) -> Loads {
  var loads = Loads();
  for (var i = 0u; i < LOADS; i++) {
    let slot = slot_of(lane + i * THREADS, along);
    let four = four_of(tile.batch * p.m * p.k, tile.row + 4u * slot.quad, p.m, first + slot.k, p, along);
    let at = four.at;
    loads[i] = select(vec4f(), vec4f(
      number_of(a[at.x / IN_WORD], at.x), number_of(a[at.y / IN_WORD], at.y),
      number_of(a[at.z / IN_WORD], at.z), number_of(a[at.w / IN_WORD], at.w),
    ), four.seen);
  }
  return loads;
}

fn load_b(tile: Tile, first: u32, lane: u32, p: MatmulParams, along: bool) -> Loads {
  var loads = Loads();
  for (var i = 0u; i < LOADS; i++) {
    let slot = slot_of(lane + i * THREADS, along);
    let four = four_of(tile.batch * p.b_plane, tile.column + 4u * slot.quad, p.n, first + slot.k, p, along);
    let at = four.at;
    loads[i] = select(vec4f(), vec4f(
      number_of(b[at.x / IN_WORD], at.x), number_of(b[at.y / IN_WORD], at.y),
      number_of(b[at.z / IN_WORD], at.z), number_of(b[at.w / IN_WORD], at.w),
    ), four.seen);
  }
  return loads;
}

/// Puts what was loaded in its place in the tiles.
fn fill(from_a: Loads, from_b: Loads, lane: u32, a_along: bool, b_along: bool) {
  for (var i = 0u; i < LOADS; i++) {
    let in_a = slot_of(lane + i * THREADS, a_along);
    let in_b = slot_of(lane + i * THREADS, b_along);
    a_tile[in_a.k * LINE + in_a.quad] = from_a[i];
    b_tile[in_b.k * LINE + in_b.quad] = from_b[i];
  }
}

/// Adds the products of all DEPTH values of k in the tiles.
fn advance(acc: ptr<function, Acc>, lane: u32) {
  for (var k = 0u; k < DEPTH; k++) {
    var columns = array<vec4f, QUADS>();
    for (var q = 0u; q < QUADS; q++) { columns[q] = b_tile[k * LINE + lane % ACROSS + q * ACROSS]; }
    for (var i = 0u; i < QUADS; i++) {
      let rows = a_tile[k * LINE + lane / ACROSS + i * ACROSS];
      for (var r = 0u; r < 4u; r++) {
        for (var q = 0u; q < QUADS; q++) {
          let at = (4u * i + r) * QUADS + q;
          (*acc)[at] = fma(vec4f(rows[r]), columns[q], (*acc)[at]); // formula
        }
      }
    }
  }
}

/// Stores a tile in matrix `plane` of C.
fn store(acc: Acc, tile: Tile, plane: u32, lane: u32, has_bias: bool, p: MatmulParams) {
  for (var r = 0u; r < EDGE; r++) {
    let row = tile.row + 4u * (lane / ACROSS + r / 4u * ACROSS) + r % 4u;
    for (var q = 0u; q < QUADS; q++) {
      for (var s = 0u; s < 4u; s += IN_WORD_{{RESULT}}) {
        let column = tile.column + 4u * (lane % ACROSS + q * ACROSS) + s;
        if (row >= p.m || column >= p.n) { continue; }
        var shift = vec2f();
        if (has_bias) { shift = vec2f(bias[column], bias[min(column + 1u, p.n - 1u)]); }
        let at = ((plane * p.m + row) * p.n + column) / IN_WORD_{{RESULT}};
        let values = acc[r * QUADS + q];
        c[at] = to_word_{{RESULT}}(vec2f(values[s], values[min(s + 1u, 3u)]) + shift);
      }
    }
  }
}

/// Computes a part of one tile of C. `a_along` and `b_along` tell how the factors are stored (see slot_of).
fn multiply(group: vec3u, groups: vec3u, lane: u32, a_along: bool, b_along: bool) {
  let p = params;
  let tile = tile_of(group, groups, p);
  if (tile.row >= p.m) { return; }
  let part = group.z / p.batch;
  let parts = groups.z / p.batch;
  let rounds = (p.k + DEPTH - 1u) / DEPTH;
  let first = part * rounds / parts;
  let last = (part + 1u) * rounds / parts;
  var from_a = Loads();
  var from_b = Loads();
  var acc = Acc();
  for (var round = first; round <= last; round++) {
    if (round < last) {
      from_a = load_a(tile, round * DEPTH, lane, p, a_along);
      from_b = load_b(tile, round * DEPTH, lane, p, b_along);
    }
    if (round > first) { advance(&acc, lane); } // computes the previous round while these loads are in flight
    workgroupBarrier();
    fill(from_a, from_b, lane, a_along, b_along);
    workgroupBarrier();
  }
  store(acc, tile, group.z, lane, p.has_bias == 1u && part == 0u, p);
}

// product
@compute @workgroup_size({{THREADS}})
fn product(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  multiply(group, groups, local.x, true, false);
}

// transposed_product
@compute @workgroup_size({{THREADS}})
fn transposed_product(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                      @builtin(local_invocation_id) local: vec3u) {
  multiply(group, groups, local.x, false, false);
}

// product_transposed
@compute @workgroup_size({{THREADS}})
fn product_transposed(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                      @builtin(local_invocation_id) local: vec3u) {
  multiply(group, groups, local.x, true, true);
}
