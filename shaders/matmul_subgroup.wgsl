// Batched matrix product in registers, for adapters with subgroups of exactly 8 invocations (software Vulkan: one
// subgroup is one SIMD vector of the CPU). Same mathematics as matmul.wgsl.
//
// One workgroup is one subgroup and makes a tile of 32 rows x 32 columns of C: 32 vec4 accumulators a lane, of which
// lane l holds columns 4 l .. 4 l + 3. The inner dimension advances four steps at a time:
//   - each lane loads vec4s of A: four blocks of eight rows, four steps of each (`product`), or for four steps the
//     four rows 4 l .. 4 l + 3 (`transposed_product`);
//   - each lane loads its own vec4 of four rows of B;
//   - subgroupBroadcast hands every row's values to all lanes: 32 rows x 4 steps of vec4 multiply-adds.
// Why four steps: on this adapter a variable that lives through a loop is written under a lane mask, one extra
// instruction a write. Four multiply-adds for each write, and vec4 loads in place of scalar ones, are worth a third.
//
// Shapes: A [BATCH, M, K] (product) or [BATCH, K, M] (transposed_product), B [BATCH, K, N], bias [N], C [BATCH, M, N];
// K and N multiples of 4, for transposed_product M too. Tiles may stick out; what lies past the end is not stored.

enable subgroups;

struct MatmulParams { batch: u32, m: u32, k: u32, n: u32, has_bias: u32 }

@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> c: array<vec4f>;
@group(0) @binding(4) var<uniform> params: MatmulParams;

/// One row's accumulator after four steps: sum + row . steps.
fn advance(sum: vec4f, row: vec4f, steps: array<vec4f, 4>) -> vec4f {
  return sum + row.x * steps[0] + row.y * steps[1] + row.z * steps[2] + row.w * steps[3];
}

/// Eight rows; lane l holds the four values of row l.
fn advance_block(acc: ptr<function, array<vec4f, 8>>, rows: vec4f, steps: array<vec4f, 4>) {
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

/// Which tile a workgroup makes: its batch, its first row, and its first column / 4.
fn tile_of(index: u32, p: MatmulParams) -> Tile {
  let columns = (p.n + 31u) / 32u;
  let tiles = columns * ((p.m + 31u) / 32u);
  let t = index % tiles;
  return Tile(index / tiles, (t / columns) * 32u, (t % columns) * 8u);
}

// product
@compute @workgroup_size(8)
fn product(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_index) lane: u32) {
  let p = params;
  let tile = tile_of(group.y * groups.x + group.x, p);
  if (tile.batch >= p.batch) { return; }
  let quad = tile.quad + lane; // the lane's own four columns
  let k4 = p.k / 4u;
  let n4 = p.n / 4u;
  // Rows and columns past the end repeat the last one.
  let base = tile.batch * p.m;
  let last = p.m - 1u;
  let row0 = (base + min(tile.row + lane, last)) * k4;
  let row1 = (base + min(tile.row + 8u + lane, last)) * k4;
  let row2 = (base + min(tile.row + 16u + lane, last)) * k4;
  let row3 = (base + min(tile.row + 24u + lane, last)) * k4;
  let column = tile.batch * p.k * n4 + min(quad, n4 - 1u);
  var acc0: array<vec4f, 8>;
  var acc1: array<vec4f, 8>;
  var acc2: array<vec4f, 8>;
  var acc3: array<vec4f, 8>;
  for (var k = 0u; k < k4; k++) {
    let at = column + k * 4u * n4;
    let steps = array(b[at], b[at + n4], b[at + 2u * n4], b[at + 3u * n4]);
    advance_block(&acc0, a[row0 + k], steps);
    advance_block(&acc1, a[row1 + k], steps);
    advance_block(&acc2, a[row2 + k], steps);
    advance_block(&acc3, a[row3 + k], steps);
  }
  if (quad >= n4) { return; }
  var shift = vec4f(0.0);
  if (p.has_bias == 1u) { shift = bias[quad]; }
  let to = (base + tile.row) * n4 + quad;
  let rows = p.m - tile.row;
  for (var l = 0u; l < 8u; l++) {
    if (l < rows) { c[to + l * n4] = acc0[l] + shift; }
    if (8u + l < rows) { c[to + (8u + l) * n4] = acc1[l] + shift; }
    if (16u + l < rows) { c[to + (16u + l) * n4] = acc2[l] + shift; }
    if (24u + l < rows) { c[to + (24u + l) * n4] = acc3[l] + shift; }
  }
}

// transposed_product: acc_j[l] belongs to row 4 l + j
@compute @workgroup_size(8)
fn transposed_product(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                      @builtin(local_invocation_index) lane: u32) {
  let p = params;
  let tile = tile_of(group.y * groups.x + group.x, p);
  if (tile.batch >= p.batch) { return; }
  let quad = tile.quad + lane; // the lane's own four columns
  let m4 = p.m / 4u;
  let n4 = p.n / 4u;
  let row = tile.batch * p.k * m4 + min(tile.row / 4u + lane, m4 - 1u);
  let column = tile.batch * p.k * n4 + min(quad, n4 - 1u);
  var acc0: array<vec4f, 8>;
  var acc1: array<vec4f, 8>;
  var acc2: array<vec4f, 8>;
  var acc3: array<vec4f, 8>;
  for (var k = 0u; k < p.k; k += 4u) {
    let at = column + k * n4;
    let steps = array(b[at], b[at + n4], b[at + 2u * n4], b[at + 3u * n4]);
    let first = row + k * m4;
    // Four steps of four rows in, four rows of four steps out; within a lane that only renames registers.
    let rows = transpose(mat4x4f(a[first], a[first + m4], a[first + 2u * m4], a[first + 3u * m4]));
    advance_block(&acc0, rows[0], steps);
    advance_block(&acc1, rows[1], steps);
    advance_block(&acc2, rows[2], steps);
    advance_block(&acc3, rows[3], steps);
  }
  if (quad >= n4) { return; }
  var shift = vec4f(0.0);
  if (p.has_bias == 1u) { shift = bias[quad]; }
  let to = (tile.batch * p.m + tile.row) * n4 + quad;
  let rows_left = p.m - tile.row;
  for (var l = 0u; l < 8u; l++) {
    if (4u * l >= rows_left) { break; }
    c[to + 4u * l * n4] = acc0[l] + shift;
    c[to + (4u * l + 1u) * n4] = acc1[l] + shift;
    c[to + (4u * l + 2u) * n4] = acc2[l] + shift;
    c[to + (4u * l + 3u) * n4] = acc3[l] + shift;
  }
}
