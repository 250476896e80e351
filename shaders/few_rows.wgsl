// Batched matrix product of few rows with a matrix of weights that was prepared for it, for inference of a few faces on adapters
// with subgroups of exactly 8 invocations (software Vulkan: one subgroup is one SIMD vector of the CPU). Mathematics as in
// matmul.wgsl; with END, also that of inference_block.wgsl.
//
// Why: each weight that is loaded is multiplied by few rows, a single one in a dense layer. There a load takes as long as
// thirty multiply-adds, so nearly all of the time goes into loading weights. `pack` makes the loads fewer. It scales each
// column by its largest weight to integers of 21 bits and stores three of them in two words. It also brings them into the
// order in which they are read. The error is 2^-21 of the column's largest weight, as small as the rounding errors of the sums
// in float32.
//
//   words a and b of three weights:  w0 = a,  w1 = b,  w2 = (low 11 bits of b) * 2^21 + (low 11 bits of a) * 2^10
//   C[i, r, c] = scale[i, c] * sum over k of A[i, r, k] * w[i, k, c] + bias[c]
//   with END: y = factor * elu(C) + offset
//
// The low 11 bits of w0 and w1 belong to w2, and stay in the words. So pack chooses a and b nearest to the first two weights among
// the words with these low bits. If a weight is not finite, neither are its column's scale and results.
//
// Shapes: A [BATCH, M, K], weight [BATCH, K, N] with b_plane numbers from one matrix to the next, packed
// [BATCH, TILES, STEPS, 4, 8] in vectors of WIDTH columns, scales [BATCH, TILES * 8 * WIDTH], bias, factor and offset [N],
// C [BATCH, M, N]. TILES is N / (8 * WIDTH) rounded up, STEPS K / 6 rounded up. K is even, N a multiple of 4.
// Threads: one subgroup of 8 per matrix and 8 * WIDTH columns; in `product`, QUADS times as many columns.
// Constants: ROWS, that is M, at most 16. QUADS, 1 or 2. END, whether the end of a block follows. WIDTH, the columns per lane:
// 4, or 2 for the weights of conv2d_tiles.wgsl.
// Parts: elu, packed_weights

enable subgroups;

const ROWS = {{ROWS}}u;
const QUADS = {{QUADS}}u;
const END = {{END}};
const GROUPS = (ROWS + 7u) / 8u;
alias Lane = vec{{WIDTH}}f;
alias Word = vec{{WIDTH}}i;
alias Bits = vec{{WIDTH}}u;
const WIDTH = {{WIDTH}}u;

/// A lane's part of one row of the tile; of eight rows; and of three rows of weights.
alias Row = array<Lane, QUADS>;
alias Rows = array<Row, 8>;
alias Weights = array<Lane, 3u * QUADS>;
/// Two words of three weights, for a lane's columns.
alias TwoWords = array<Word, 2>;

struct PackParams { k: u32, n_vectors: u32, b_plane: u32, tiles: u32, steps: u32, taps_of: u32 }
struct ProductParams { k: u32, n_vectors: u32, tiles: u32, steps: u32, has_bias: u32, alpha: f32 }

// pack
@group(0) @binding(0) var<storage, read> weight: array<Lane>;
@group(0) @binding(1) var<storage, read_write> packed: array<Word>;
@group(0) @binding(2) var<storage, read_write> scales: array<Lane>;
@group(0) @binding(3) var<uniform> pack_params: PackParams;

/// The largest integer that all weights are scaled to.
const LARGEST = 2147479552.0;

/// Three rows of weights in two words, from their integers of 32 bits.
fn words_of(first: Word, second: Word, third: Word) -> TwoWords {
  let rounded = third + Word(512);
  let low = (rounded >> Bits(10u)) & Word(0x7ff);
  let high = (rounded >> Bits(21u)) & Word(0x7ff);
  return TwoWords(
    (((first - low + Word(1024)) >> Bits(11u)) << Bits(11u)) + low, // formula
    (((second - high + Word(1024)) >> Bits(11u)) << Bits(11u)) + high, // formula
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
  // Columns past the end repeat the last ones, and are not used.
  let start = group.z * (p.b_plane / WIDTH) + min(tile * 8u + lane, p.n_vectors - 1u);
  // Positive floats are in the same order as their bits as integers. Infinity and NaN come last.
  var largest = Bits();
  for (var k = 0u; k < p.k; k++) { largest = max(largest, bitcast<Bits>(abs(weight[start + k * p.n_vectors]))); }
  let size = bitcast<Lane>(largest);
  let inverse = select(Lane(), LARGEST / size, size > Lane()); // formula
  scales[(group.z * p.tiles + tile) * 8u + lane] = size / LARGEST; // formula
  for (var s = 0u; s < 2u * p.steps; s++) {
    var scaled = array<Word, 3>();
    for (var i = 0u; i < 3u; i++) {
      let k = 3u * s + i;
      if (k < p.k) { scaled[i] = Word(round(weight[start + row_of(k, p.taps_of) * p.n_vectors] * inverse)); }
    }
    let two = words_of(scaled[0], scaled[1], scaled[2]);
    let to = ((group.z * p.tiles + tile) * p.steps * 2u + s) * 16u + lane;
    packed[to] = two[0];
    packed[to + 8u] = two[1];
  }
}

// product
@group(0) @binding(0) var<storage, read> a_pairs: array<vec2f>;
@group(0) @binding(1) var<storage, read> words: array<Word>; // packed
@group(0) @binding(2) var<storage, read> scale_of: array<Lane>; // scales
@group(0) @binding(3) var<storage, read> bias: array<Lane>;
@group(0) @binding(4) var<storage, read> factor: array<Lane>;
@group(0) @binding(5) var<storage, read> offset: array<Lane>;
@group(0) @binding(6) var<storage, read_write> c: array<Lane>;
@group(0) @binding(7) var<uniform> params: ProductParams;

/// One row of the tile after adding the products of three values of k.
fn advance(row: Row, values: vec3f, w: Weights) -> Row {
  var next = Row();
  for (var q = 0u; q < QUADS; q++) {
    let two = fma(Lane(values.y), w[QUADS + q], fma(Lane(values.x), w[q], row[q])); // formula
    next[q] = fma(Lane(values.z), w[2u * QUADS + q], two); // formula
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
    w[q] = Lane(first); // formula
    w[QUADS + q] = Lane(second); // formula
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
    if (p.has_bias == 1u) { shift[q] = bias[min((first_tile + q) * 8u + lane, p.n_vectors - 1u)]; }
  }
  // Each iteration stores the first group, then moves the second up, as in matmul_subgroup.wgsl.
  for (var g = 0u; g < GROUPS; g++) {
    for (var r = 0u; r < 8u; r++) {
      let row = 8u * g + r;
      for (var q = 0u; q < QUADS; q++) {
        let column = (first_tile + q) * 8u + lane;
        if (row >= ROWS || column >= p.n_vectors) { continue; }
        var value = acc[0][r][q] * scale[q] + shift[q]; // formula
        if (END) { value = elu_of(value, p.alpha) * factor[column] + offset[column]; } // formula
        c[(group.z * ROWS + row) * p.n_vectors + column] = value;
      }
    }
    acc[0] = acc[1];
  }
}
