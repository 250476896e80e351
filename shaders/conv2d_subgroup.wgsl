// 2-D convolution as an implicit matrix product, for adapters with subgroups of exactly 8 invocations
// (software Vulkan: one subgroup is one SIMD vector of the CPU). Same mathematics as conv2d.wgsl.
//
// The idea: y = A * W. Row r of A is the patch under output pixel r (it is not stored; its addresses are computed). W is
// the kernel viewed as a [KH * KW * IC, OC] matrix. A workgroup is one subgroup and computes a tile of ROWS pixels x COLS
// channels in registers. For each index k of the inner dimension
//   - the lanes together load one column of A: lane l the values of rows l, 8 + l, ...: ROWS / 8 loads;
//   - each lane loads the vec4s of row k of W for its own channels: COLS / 32 loads;
//   - subgroupShuffle passes every row's value to all lanes: ROWS * COLS / 32 vec4 multiply-adds.
// On such an adapter loads are expensive and multiply-adds cheap. So large tiles win, even if they spill registers. There
// is no workgroup memory and no barrier. `forward` processes two k per iteration of its loop, as matmul_subgroup.wgsl does.
//
// The input gradient for stride 1 is the same product: `forward` with dy, the kernel rotated by 180 degrees and its
// channels swapped (conv2d_flip.wgsl makes that copy), and padding K - 1 - pad.
//
// weight_gradient: dw = A^T * dy. Its rows are (ky, kx, ic), and the sum runs over all pixels. The sum is long and the grid
// of tiles small. So the image rows are divided into `splits` parts with a partial result each, which reduce.wgsl adds in a
// fixed order: the same bits every time.
//
// Constants: BLOCKS = ROWS / 8, at most 5; QUADS = COLS / 32.
// Shapes as in conv2d.wgsl; OC a multiple of 4. Tiles may extend past the end; those rows and channels are not stored.
// Threads: one subgroup of 8 per tile.

enable subgroups;

const BLOCKS = {{BLOCKS}}u;
const QUADS = {{QUADS}}u;
const LANES = 8u;
const ROWS = BLOCKS * LANES;

/// A lane's part of one row of the tile, and of two rows of W.
alias Row = array<vec4f, QUADS>;
alias TwoRows = array<vec4f, 2u * QUADS>;

struct ConvParams {
  b: u32, h: u32, w: u32, ic: u32, oh: u32, ow: u32, oc: u32,
  kh: u32, kw: u32, stride_y: u32, stride_x: u32, pad_top: u32, pad_left: u32, has_bias: u32,
}

// forward
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(4) var<uniform> params: ConvParams;

/// Eight rows of the tile.
alias Rows = array<Row, 8>;

/// One row of the tile after adding the products of two values of k.
fn advance(row: Row, values: vec2f, w: TwoRows) -> Row {
  var next = Row();
  for (var q = 0u; q < QUADS; q++) { next[q] = fma(vec4f(values.y), w[QUADS + q], fma(vec4f(values.x), w[q], row[q])); } // formula
  return next;
}

/// The same for eight rows. Lane l holds the values of row l.
fn advance_block(acc: ptr<function, Rows>, a: vec2f, w: TwoRows) {
  (*acc)[0] = advance((*acc)[0], subgroupShuffle(a, 0u), w);
  (*acc)[1] = advance((*acc)[1], subgroupShuffle(a, 1u), w);
  (*acc)[2] = advance((*acc)[2], subgroupShuffle(a, 2u), w);
  (*acc)[3] = advance((*acc)[3], subgroupShuffle(a, 3u), w);
  (*acc)[4] = advance((*acc)[4], subgroupShuffle(a, 4u), w);
  (*acc)[5] = advance((*acc)[5], subgroupShuffle(a, 5u), w);
  (*acc)[6] = advance((*acc)[6], subgroupShuffle(a, 6u), w);
  (*acc)[7] = advance((*acc)[7], subgroupShuffle(a, 7u), w);
}

@compute @workgroup_size(8)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(subgroup_invocation_id) lane: u32) {
  let p = params;
  let oc4 = p.oc / 4u;
  let column_tiles = (oc4 + QUADS * LANES - 1u) / (QUADS * LANES);
  let tile = group.y * groups.x + group.x;
  let first_row = (tile / column_tiles) * ROWS;
  let pixels = p.b * p.oh * p.ow;
  if (first_row >= pixels) { return; }
  let first_quad = (tile % column_tiles) * QUADS * LANES + lane;

  // Where the lane's rows are in the input. Rows past the end lie outside of it.
  var image = array<u32, BLOCKS>();
  var top = array<u32, BLOCKS>();
  var left = array<u32, BLOCKS>();
  for (var r = 0u; r < BLOCKS; r++) {
    let row = first_row + r * LANES + lane;
    image[r] = (row / (p.ow * p.oh)) * p.h;
    top[r] = select(p.h, ((row / p.ow) % p.oh) * p.stride_y - p.pad_top, row < pixels);
    left[r] = (row % p.ow) * p.stride_x - p.pad_left;
  }
  // A lane whose channels are past the end loads the last ones and stores nothing.
  var quad = array<u32, QUADS>();
  for (var q = 0u; q < QUADS; q++) { quad[q] = min(first_quad + q * LANES, oc4 - 1u); }

  var acc = array<Rows, 5>();
  for (var ky = 0u; ky < p.kh; ky++) {
    for (var kx = 0u; kx < p.kw; kx++) {
      var address = array<u32, BLOCKS>();
      var inside = array<bool, BLOCKS>();
      for (var r = 0u; r < BLOCKS; r++) {
        let iy = top[r] + ky;
        let ix = left[r] + kx;
        inside[r] = iy < p.h && ix < p.w;
        address[r] = ((image[r] + iy) * p.w + ix) * p.ic;
      }
      let tap = (ky * p.kw + kx) * p.ic;
      for (var c = 0u; c < p.ic; c += 2u) {
        // Past the last channel: the last row of W again, times 0.
        let two = c + 1u < p.ic;
        let first = (tap + c) * oc4;
        let second = select(first, first + oc4, two);
        var w = TwoRows();
        for (var q = 0u; q < QUADS; q++) {
          w[q] = weight[first + quad[q]];
          w[QUADS + q] = weight[second + quad[q]];
        }
        var a = array<vec2f, 5>();
        for (var r = 0u; r < BLOCKS; r++) {
          if (inside[r]) {
            let at = address[r] + c;
            a[r] = vec2f(x[at], select(0.0, x[at + 1u], two));
          }
        }
        advance_block(&acc[0], a[0], w);
        if (BLOCKS > 1u) { advance_block(&acc[1], a[1], w); }
        if (BLOCKS > 2u) { advance_block(&acc[2], a[2], w); }
        if (BLOCKS > 3u) { advance_block(&acc[3], a[3], w); }
        if (BLOCKS > 4u) { advance_block(&acc[4], a[4], w); }
      }
    }
  }
  var shift = Row();
  if (p.has_bias == 1u) {
    for (var q = 0u; q < QUADS; q++) { shift[q] = bias[quad[q]]; }
  }
  // Each iteration stores the first block, then moves the others up. Unrolled, the code would take longer to fetch than to run.
  for (var r = 0u; r < BLOCKS; r++) {
    for (var l = 0u; l < LANES; l++) {
      let row = first_row + r * LANES + l;
      for (var q = 0u; q < QUADS; q++) {
        if (row < pixels && first_quad + q * LANES < oc4) { y[row * oc4 + quad[q]] = acc[0][l][q] + shift[q]; }
      }
    }
    for (var i = 0u; i + 1u < BLOCKS; i++) { acc[i] = acc[i + 1u]; }
  }
}

// weight_gradient
struct WeightGradientParams {
  b: u32, h: u32, w: u32, ic: u32, oh: u32, ow: u32, oc: u32,
  kh: u32, kw: u32, stride_y: u32, stride_x: u32, pad_top: u32, pad_left: u32, splits: u32,
}
@group(0) @binding(0) var<storage, read> dw_x: array<f32>;
@group(0) @binding(1) var<storage, read> dw_dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> partial: array<vec4f>; // [splits, KH * KW * IC, OC]
@group(0) @binding(3) var<uniform> dw_params: WeightGradientParams;

@compute @workgroup_size(8)
fn weight_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                   @builtin(subgroup_invocation_id) lane: u32) {
  let p = dw_params;
  let oc4 = p.oc / 4u;
  let column_tiles = (oc4 + QUADS * LANES - 1u) / (QUADS * LANES);
  let rows = p.kh * p.kw * p.ic;
  let row_tiles = (rows + ROWS - 1u) / ROWS;
  let index = group.y * groups.x + group.x;
  let split = index / (row_tiles * column_tiles);
  if (split >= p.splits) { return; }
  let tile = index % (row_tiles * column_tiles);
  let first_row = (tile / column_tiles) * ROWS;
  let first_quad = (tile % column_tiles) * QUADS * LANES + lane;

  var channel = array<u32, BLOCKS>();
  var top = array<u32, BLOCKS>();
  var left = array<u32, BLOCKS>();
  for (var r = 0u; r < BLOCKS; r++) {
    let row = min(first_row + r * LANES + lane, rows - 1u);
    channel[r] = row % p.ic;
    left[r] = (row / p.ic) % p.kw - p.pad_left;
    top[r] = row / (p.ic * p.kw) - p.pad_top;
  }
  var quad = array<u32, QUADS>();
  for (var q = 0u; q < QUADS; q++) { quad[q] = min(first_quad + q * LANES, oc4 - 1u); }

  // This split's share of the image rows of the batch.
  let lines = p.b * p.oh;
  let last_line = (split + 1u) * lines / p.splits;
  var acc = array<vec4f, ROWS * QUADS>();
  for (var line = split * lines / p.splits; line < last_line; line++) {
    let n = line / p.oh;
    let oy = line % p.oh;
    var address = array<u32, BLOCKS>();
    var inside_y = array<bool, BLOCKS>();
    for (var r = 0u; r < BLOCKS; r++) {
      let iy = oy * p.stride_y + top[r];
      inside_y[r] = iy < p.h;
      address[r] = ((n * p.h + iy) * p.w + left[r]) * p.ic + channel[r];
    }
    for (var ox = 0u; ox < p.ow; ox++) {
      var d = array<vec4f, QUADS>();
      for (var q = 0u; q < QUADS; q++) { d[q] = dw_dy[(line * p.ow + ox) * oc4 + quad[q]]; }
      for (var r = 0u; r < BLOCKS; r++) {
        let ok = inside_y[r] && ox * p.stride_x + left[r] < p.w;
        let a = select(0.0, dw_x[select(0u, address[r] + ox * p.stride_x * p.ic, ok)], ok);
        for (var q = 0u; q < QUADS; q++) {
          let t = (r * QUADS + q) * LANES;
          acc[t] = fma(vec4f(subgroupShuffle(a, 0u)), d[q], acc[t]); // formula
          acc[t + 1u] = fma(vec4f(subgroupShuffle(a, 1u)), d[q], acc[t + 1u]);
          acc[t + 2u] = fma(vec4f(subgroupShuffle(a, 2u)), d[q], acc[t + 2u]);
          acc[t + 3u] = fma(vec4f(subgroupShuffle(a, 3u)), d[q], acc[t + 3u]);
          acc[t + 4u] = fma(vec4f(subgroupShuffle(a, 4u)), d[q], acc[t + 4u]);
          acc[t + 5u] = fma(vec4f(subgroupShuffle(a, 5u)), d[q], acc[t + 5u]);
          acc[t + 6u] = fma(vec4f(subgroupShuffle(a, 6u)), d[q], acc[t + 6u]);
          acc[t + 7u] = fma(vec4f(subgroupShuffle(a, 7u)), d[q], acc[t + 7u]);
        }
      }
    }
  }
  for (var q = 0u; q < QUADS; q++) {
    let column = first_quad + q * LANES;
    if (column >= oc4) { continue; }
    for (var r = 0u; r < BLOCKS; r++) {
      for (var l = 0u; l < LANES; l++) {
        let row = first_row + r * LANES + l;
        if (row < rows) { partial[(split * rows + row) * oc4 + column] = acc[(r * QUADS + q) * LANES + l]; }
      }
    }
  }
}
