// Batched matrix product on the matrix units of a GPU (tensor cores, matrix cores, simdgroup matrices), which multiply small
// matrices, such as 16 x 16 by 16 x 16, in one instruction of a whole subgroup. Same mathematics as matmul.wgsl.
//
// Numbers: A and B are float16, as "mixed_float16" stores them. The units multiply them exactly and add in float32, so nothing
// is lost beside the other kernels. They are an experimental feature of Dawn (chromium-experimental-subgroup-matrix), and each
// adapter has its own sizes (adapter.info.subgroupMatrixConfigs).
//
// Tiles: a subgroup holds 2 x 2 small matrices of C, each spread over the registers of its lanes. For each small step of k
// it loads two matrices of A and two of B for four products. Four subgroups, 2 x 2, share a tile of 4 x 4 small matrices.
// For a round of DEPTH values of k, all lanes bring the numbers of A and B to workgroup memory, in rows as they are stored, so
// that neighbouring lanes read neighbouring words. Edges are filled with 0 there, as a small matrix is only loaded whole. It
// is also only stored whole, so C goes through workgroup memory, too, and what lies past its end stays there.
//
// Shapes: A [BATCH, M, K], for transposed_product [BATCH, K, M]; B [BATCH, K, N], for product_transposed [BATCH, N, K];
// bias [N], read if has_bias is 1; C [BATCH, M, N]. M, K and N are multiples of 4. b_plane as in matmul.wgsl. Threads: four
// subgroups per tile; the grid's third dimension counts the products of the batch.
// Constants: HEIGHT, WIDTH, STEP: a small product is [HEIGHT, STEP] x [STEP, WIDTH]. LANES of a subgroup, all alike. RESULT, the
// storage format of C, f32 or f16 (see parts/storage.wgsl); FORMAT, that of A and B, f16.
// Parts: storage

enable f16;
enable subgroups;
enable chromium_experimental_subgroup_matrix;

const HEIGHT = {{HEIGHT}}u;
const WIDTH = {{WIDTH}}u;
const STEP = {{STEP}}u;
const LANES = {{LANES}}u;
const THREADS = 4u * LANES;
/// Rows and columns of C that a workgroup computes.
const ROWS = 4u * HEIGHT;
const COLUMNS = 4u * WIDTH;
/// Values of k in a round.
const DEPTH = 2u * STEP;

alias Left = subgroup_matrix_left<f16, STEP, HEIGHT>;
alias Right = subgroup_matrix_right<f16, WIDTH, STEP>;
alias Result = subgroup_matrix_result<f32, WIDTH, HEIGHT>;

struct MatmulParams { batch: u32, m: u32, k: u32, n: u32, b_plane: u32, has_bias: u32 }

@group(0) @binding(0) var<storage, read> a: array<vec2<f16>>;
@group(0) @binding(1) var<storage, read> b: array<vec2<f16>>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> c: array<Word_{{RESULT}}>;
@group(0) @binding(4) var<uniform> params: MatmulParams;

/// The numbers of A and B of a round, in rows as they are stored.
var<workgroup> a_tile: array<f16, ROWS * DEPTH>;
var<workgroup> b_tile: array<f16, COLUMNS * DEPTH>;
/// A small matrix of C of each subgroup.
var<workgroup> c_tile: array<f32, 4u * HEIGHT * WIDTH>;

struct Tile { batch: u32, row: u32, column: u32 }

/// Which tile a workgroup computes: its index in the batch, its first row and its first column.
fn tile_of(group: vec3u, groups: vec3u, p: MatmulParams) -> Tile {
  let columns = (p.n + COLUMNS - 1u) / COLUMNS;
  let index = group.y * groups.x + group.x;
  return Tile(group.z, index / columns * ROWS, index % columns * COLUMNS);
}

/// A pair of neighbouring numbers of a factor, stored as [lines, K] (`along`) or [K, lines].
struct Place { line: u32, k: u32 }

/// The i-th pair of a round of `lines` lines, counted as they are stored.
fn place_of(i: u32, lines: u32, along: bool) -> Place {
  if (along) { return Place(i / (DEPTH / 2u), 2u * (i % (DEPTH / 2u))); }
  return Place(2u * (i % (lines / 2u)), i / (lines / 2u));
}

/// The index of a pair in memory, if the factor begins at `plane` and has `lines` lines.
fn index_of(plane: u32, place: Place, lines: u32, p: MatmulParams, along: bool) -> u32 {
  if (along) { return (plane + place.line * p.k + place.k) / 2u; }
  return (plane + place.k * lines + place.line) / 2u;
}

/// Brings the numbers of a round, from `first` on, to workgroup memory.
fn fill(tile: Tile, first: u32, lane: u32, p: MatmulParams, a_along: bool, b_along: bool) {
  for (var i = lane; i < ROWS * DEPTH / 2u; i += THREADS) {
    var place = place_of(i, ROWS, a_along);
    place = Place(tile.row + place.line, first + place.k);
    var pair = vec2<f16>();
    if (place.line < p.m && place.k < p.k) { pair = a[index_of(tile.batch * p.m * p.k, place, p.m, p, a_along)]; }
    a_tile[2u * i] = pair.x;
    a_tile[2u * i + 1u] = pair.y;
  }
  for (var i = lane; i < COLUMNS * DEPTH / 2u; i += THREADS) {
    var place = place_of(i, COLUMNS, b_along);
    place = Place(tile.column + place.line, first + place.k);
    var pair = vec2<f16>();
    if (place.line < p.n && place.k < p.k) { pair = b[index_of(tile.batch * p.b_plane, place, p.n, p, b_along)]; }
    b_tile[2u * i] = pair.x;
    b_tile[2u * i + 1u] = pair.y;
  }
}

/// The small matrix of A in the tile, from this row and this k on.
fn left_of(row: u32, k: u32, along: bool) -> Left {
  if (along) { return subgroupMatrixLoad<Left, row_major>(&a_tile, row * DEPTH + k, DEPTH); }
  return subgroupMatrixLoad<Left, col_major>(&a_tile, k * ROWS + row, ROWS);
}

/// The small matrix of B in the tile, from this column and this k on.
fn right_of(column: u32, k: u32, along: bool) -> Right {
  if (along) { return subgroupMatrixLoad<Right, col_major>(&b_tile, column * DEPTH + k, DEPTH); }
  return subgroupMatrixLoad<Right, row_major>(&b_tile, k * COLUMNS + column, COLUMNS);
}

/// Stores a small matrix of C, the part of it that lies in C. All lanes of the workgroup take part.
fn store(result: Result, subgroup: u32, lane: u32, plane: u32, row: u32, column: u32, p: MatmulParams) {
  let own = subgroup * HEIGHT * WIDTH;
  subgroupMatrixStore<row_major>(&c_tile, own, result, WIDTH);
  workgroupBarrier();
  for (var i = lane * IN_WORD_{{RESULT}}; i < HEIGHT * WIDTH; i += LANES * IN_WORD_{{RESULT}}) {
    let r = row + i / WIDTH;
    let s = column + i % WIDTH;
    if (r >= p.m || s >= p.n) { continue; }
    var shift = vec2f();
    if (p.has_bias == 1u) { shift = vec2f(bias[s], bias[min(s + 1u, p.n - 1u)]); }
    let values = vec2f(c_tile[own + i], c_tile[own + min(i + 1u, HEIGHT * WIDTH - 1u)]);
    c[((plane * p.m + r) * p.n + s) / IN_WORD_{{RESULT}}] = to_word_{{RESULT}}(values + shift);
  }
  workgroupBarrier();
}

/// Computes one tile of C. `a_along` and `b_along` tell how the factors are stored (see `Place`).
fn multiply(group: vec3u, groups: vec3u, subgroup: u32, lane: u32, a_along: bool, b_along: bool) {
  let p = params;
  let tile = tile_of(group, groups, p);
  if (tile.row >= p.m) { return; }
  let row = subgroup / 2u * 2u * HEIGHT;
  let column = subgroup % 2u * 2u * WIDTH;
  var acc = array<Result, 4>();
  for (var first = 0u; first < p.k; first += DEPTH) {
    fill(tile, first, subgroup * LANES + lane, p, a_along, b_along);
    workgroupBarrier();
    for (var k = 0u; k < DEPTH; k += STEP) {
      let above = left_of(row, k, a_along);
      let below = left_of(row + HEIGHT, k, a_along);
      let first_right = right_of(column, k, b_along);
      let second_right = right_of(column + WIDTH, k, b_along);
      acc[0] = subgroupMatrixMultiplyAccumulate(above, first_right, acc[0]); // formula
      acc[1] = subgroupMatrixMultiplyAccumulate(above, second_right, acc[1]); // formula
      acc[2] = subgroupMatrixMultiplyAccumulate(below, first_right, acc[2]); // formula
      acc[3] = subgroupMatrixMultiplyAccumulate(below, second_right, acc[3]); // formula
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < 4u; i++) {
    store(acc[i], subgroup, lane, tile.batch, tile.row + row + i / 2u * HEIGHT, tile.column + column + i % 2u * WIDTH, p);
  }
}

// product
@compute @workgroup_size(THREADS)
fn product(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(subgroup_id) subgroup: u32, @builtin(subgroup_invocation_id) lane: u32) {
  multiply(group, groups, subgroup, lane, true, false);
}

// transposed_product
@compute @workgroup_size(THREADS)
fn transposed_product(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                      @builtin(subgroup_id) subgroup: u32, @builtin(subgroup_invocation_id) lane: u32) {
  multiply(group, groups, subgroup, lane, false, false);
}

// product_transposed
@compute @workgroup_size(THREADS)
fn product_transposed(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                      @builtin(subgroup_id) subgroup: u32, @builtin(subgroup_invocation_id) lane: u32) {
  multiply(group, groups, subgroup, lane, true, true);
}
