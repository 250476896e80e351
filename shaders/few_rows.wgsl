// Batched matrix product of few rows with a matrix of weights that was prepared for it, for inference of a few faces on adapters
// with subgroups of exactly 8 invocations (software Vulkan: one subgroup is one SIMD vector of the CPU). Mathematics as in
// matmul.wgsl; with END, also that of inference_block.wgsl.
//
// Why: each weight that is loaded is multiplied by few rows, a single one in a dense layer. There a load takes as long as thirty
// multiply-adds, so nearly all of the time goes into loading weights. `pack` makes the loads fewer. It scales each column by its largest
// weight to integers of 21 bits and stores three of them in two words. It also brings them into the order in which they
// are read. The error is 2^-21 of the column's largest weight, as small as the rounding errors of the sums in float32.
//
//   words a and b of three weights:  w0 = a,  w1 = b,  w2 = (low 11 bits of b) * 2^21 + (low 11 bits of a) * 2^10
//   C[i, r, c] = scale[i, c] * sum over k of A[i, r, k] * w[i, k, c] + bias[c]
//   with END: y = factor * elu(C) + offset
//
// The first two weights keep the bits of the third one as their lowest: pack has rounded them so that these are right.
// A weight that is not finite makes its column's scale so, and all results of the column.
//
// Shapes: A [BATCH, M, K], weight [BATCH, K, N] with b_plane numbers from one matrix to the next, packed
// [BATCH, TILES, STEPS, 4, 8] in vec4s, scales [BATCH, TILES * 32], bias, factor and offset [N], C [BATCH, M, N].
// TILES is N / 32 rounded up, STEPS K / 6 rounded up. K is even, N a multiple of 4.
// Threads: one subgroup of 8 per matrix and 32 columns, in `product` per matrix and 32 * QUADS columns.
// Constants: ROWS, that is M, at most 16. QUADS, 1 or 2. END, whether the end of a block follows.
// Parts: elu, packed_weights

enable subgroups;

const ROWS = {{ROWS}}u;
const QUADS = {{QUADS}}u;
const END = {{END}};
const GROUPS = (ROWS + 7u) / 8u;
alias Lane = vec4f;

/// A lane's part of one row of the tile; of eight rows; and of three rows of weights.
alias Row = array<vec4f, QUADS>;
alias Rows = array<Row, 8>;
alias Weights = array<vec4f, 3u * QUADS>;
/// Two words of three weights, for four columns.
alias Words = array<vec4i, 2>;

struct PackParams { k: u32, n4: u32, b_plane: u32, tiles: u32, steps: u32, taps_of: u32 }
struct ProductParams { k: u32, n4: u32, tiles: u32, steps: u32, has_bias: u32, alpha: f32 }

// pack
@group(0) @binding(0) var<storage, read> weight: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> packed: array<vec4i>;
@group(0) @binding(2) var<storage, read_write> scales: array<vec4f>;
@group(0) @binding(3) var<uniform> pack_params: PackParams;

/// The largest integer that all weights are scaled to.
const LARGEST = 2147479552.0;

/// Three rows of weights in two words, from their integers of 32 bits.
fn words_of(first: vec4i, second: vec4i, third: vec4i) -> Words {
  let rounded = third + vec4i(512);
  let low = (rounded >> vec4u(10u)) & vec4i(0x7ff);
  let high = (rounded >> vec4u(21u)) & vec4i(0x7ff);
  return Words(
    (((first - low + vec4i(1024)) >> vec4u(11u)) << vec4u(11u)) + low, // formula
    (((second - high + vec4i(1024)) >> vec4u(11u)) << vec4u(11u)) + high, // formula
  );
}

/// Where the k-th row to be packed is. In the weights of a 3 x 3 convolution with `taps_of` input channels, six rows are those of
/// two channels for three taps beside each other, in this order.
fn row_of(k: u32, taps_of: u32) -> u32 {
  if (taps_of == 0u) { return k; }
  let tap = (k / 6u % 3u) * 3u + k % 3u;
  return tap * taps_of + (k / 18u) * 2u + k % 6u / 3u;
}

@compute @workgroup_size(8)
fn pack(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(subgroup_invocation_id) lane: u32) {
  let p = pack_params;
  let tile = group.y * groups.x + group.x;
  if (tile >= p.tiles) { return; }
  // Columns past the end are those of the last ones again, and are not used.
  let start = group.z * (p.b_plane / 4u) + min(tile * 8u + lane, p.n4 - 1u);
  // Positive floats and their bits are in the same order, and what is not finite comes last.
  var largest = vec4u();
  for (var k = 0u; k < p.k; k++) { largest = max(largest, bitcast<vec4u>(abs(weight[start + k * p.n4]))); }
  let size = bitcast<vec4f>(largest);
  let inverse = select(vec4f(), LARGEST / size, size > vec4f()); // formula
  scales[(group.z * p.tiles + tile) * 8u + lane] = size / LARGEST; // formula
  for (var s = 0u; s < 2u * p.steps; s++) {
    var scaled = array<vec4i, 3>();
    for (var i = 0u; i < 3u; i++) {
      let k = 3u * s + i;
      if (k < p.k) { scaled[i] = vec4i(round(weight[start + row_of(k, p.taps_of) * p.n4] * inverse)); }
    }
    let two = words_of(scaled[0], scaled[1], scaled[2]);
    let to = ((group.z * p.tiles + tile) * p.steps * 2u + s) * 16u + lane;
    packed[to] = two[0];
    packed[to + 8u] = two[1];
  }
}

// product
@group(0) @binding(0) var<storage, read> a_pairs: array<vec2f>;
@group(0) @binding(1) var<storage, read> words: array<vec4i>; // packed
@group(0) @binding(2) var<storage, read> scale_of: array<vec4f>; // scales
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read> factor: array<vec4f>;
@group(0) @binding(5) var<storage, read> offset: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> c: array<vec4f>;
@group(0) @binding(7) var<uniform> params: ProductParams;

/// One row of the tile after adding the products of three values of k.
fn advance(row: Row, values: vec3f, w: Weights) -> Row {
  var next = Row();
  for (var q = 0u; q < QUADS; q++) {
    next[q] = row[q] + values.x * w[q] + values.y * w[QUADS + q] + values.z * w[2u * QUADS + q]; // formula
  }
  return next;
}

/// The same for the rows of a group. Lane l holds the values of row l.
fn advance_group(acc: ptr<function, Rows>, first: u32, a: vec3f, w: Weights) {
  (*acc)[0] = advance((*acc)[0], subgroupShuffle(a, 0u), w);
  if (first + 1u < ROWS) { (*acc)[1] = advance((*acc)[1], subgroupShuffle(a, 1u), w); }
  if (first + 2u < ROWS) { (*acc)[2] = advance((*acc)[2], subgroupShuffle(a, 2u), w); }
  if (first + 3u < ROWS) { (*acc)[3] = advance((*acc)[3], subgroupShuffle(a, 3u), w); }
  if (first + 4u < ROWS) { (*acc)[4] = advance((*acc)[4], subgroupShuffle(a, 4u), w); }
  if (first + 5u < ROWS) { (*acc)[5] = advance((*acc)[5], subgroupShuffle(a, 5u), w); }
  if (first + 6u < ROWS) { (*acc)[6] = advance((*acc)[6], subgroupShuffle(a, 6u), w); }
  if (first + 7u < ROWS) { (*acc)[7] = advance((*acc)[7], subgroupShuffle(a, 7u), w); }
}

/// Three rows of weights for the lane's columns. `at` is where the words of each of its vec4s are.
fn weights_at(at: array<u32, QUADS>) -> Weights {
  var w = Weights();
  for (var q = 0u; q < QUADS; q++) {
    let first = words[at[q]];
    let second = words[at[q] + 8u];
    w[q] = vec4f(first); // formula
    w[QUADS + q] = vec4f(second); // formula
    w[2u * QUADS + q] = third_weight(first, second); // formula
  }
  return w;
}

@compute @workgroup_size(8)
fn product(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(subgroup_invocation_id) lane: u32) {
  let p = params;
  let first_tile = (group.y * groups.x + group.x) * QUADS;
  if (first_tile >= p.tiles) { return; }
  var at = array<u32, QUADS>();
  for (var q = 0u; q < QUADS; q++) {
    at[q] = (group.z * p.tiles + min(first_tile + q, p.tiles - 1u)) * p.steps * 32u + lane;
  }
  let pairs = p.k / 2u;
  var acc = array<Rows, 2>();
  for (var s = 0u; s < p.steps; s++) {
    var a = array<array<vec2f, 3>, 2>();
    for (var g = 0u; g < GROUPS; g++) {
      let row = 8u * g + lane;
      for (var i = 0u; i < 3u; i++) {
        if (row < ROWS && 3u * s + i < pairs) { a[g][i] = a_pairs[(group.z * ROWS + row) * pairs + 3u * s + i]; }
      }
    }
    for (var half = 0u; half < 2u; half++) {
      let w = weights_at(at);
      for (var q = 0u; q < QUADS; q++) { at[q] += 16u; }
      var values = array<vec3f, 2>();
      for (var g = 0u; g < GROUPS; g++) {
        values[g] = select(vec3f(a[g][1].y, a[g][2]), vec3f(a[g][0], a[g][1].x), half == 0u);
      }
      advance_group(&acc[0], 0u, values[0], w);
      if (GROUPS > 1u) { advance_group(&acc[1], 8u, values[1], w); }
    }
  }
  var scale = Row();
  var shift = Row();
  for (var q = 0u; q < QUADS; q++) {
    scale[q] = scale_of[(group.z * p.tiles + min(first_tile + q, p.tiles - 1u)) * 8u + lane];
    if (p.has_bias == 1u) { shift[q] = bias[min((first_tile + q) * 8u + lane, p.n4 - 1u)]; }
  }
  // Always the first group, after which the second moves up, as in matmul_subgroup.wgsl.
  for (var g = 0u; g < GROUPS; g++) {
    for (var r = 0u; r < 8u; r++) {
      let row = 8u * g + r;
      for (var q = 0u; q < QUADS; q++) {
        let column = (first_tile + q) * 8u + lane;
        if (row >= ROWS || column >= p.n4) { continue; }
        var value = acc[0][r][q] * scale[q] + shift[q]; // formula
        if (END) { value = elu_of(value, p.alpha) * factor[column] + offset[column]; } // formula
        c[(group.z * ROWS + row) * p.n4 + column] = value;
      }
    }
    acc[0] = acc[1];
  }
}
