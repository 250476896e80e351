// 3 x 3 convolution with stride 1, with the end of its block, for inference of a few faces on adapters with subgroups of exactly 8
// invocations (software Vulkan: one subgroup is one SIMD vector of the CPU).
//
// Why: conv2d_subgroup.wgsl loads every number of x once for each of the nine taps, and there a load costs as much as many
// multiply-adds. Here a subgroup computes a tile of the output, six pixels wide. With its neighbours, a row of the patch under the
// tile has eight pixels, one for each lane. So a register holds a row, and each number is loaded once. For a window, the pixels of
// the next row are in the next register, and those beside each other are in neighbouring lanes. Winograd's algorithm multiplies
// less, but takes three dispatches, and launching them takes as long as millions of multiply-adds.
//
// `pack` of few_rows.wgsl has scaled the weights, put three of them in two words, and brought them into the order in which a
// subgroup reads them. In the order of the original tensor, consecutive reads would be on different pages of memory and take twice
// as long.
// Mathematics as in conv2d.wgsl, then that of inference_block.wgsl:
//
//   z[n, oy, ox, o] = bias[o] + sum over ky, kx, c of x[n, oy + ky - pad_top, ox + kx - pad_left, c] * weight[ky, kx, c, o]
//   y = max over the window of scale * elu(z) + offset
//
// Shapes: x [B, H, W, IC], packed [SLICES, IC / 2, 3, 4, 8] and scales as in few_rows.wgsl, scale and offset [OC], y [B, OH, OW, OC]
// with OH and OW counted in windows, all but x in vectors of WIDTH output channels. IC is even. SLICES is OC / (8 * WIDTH) rounded up.
// Threads: one subgroup per image, slice of 8 * WIDTH output channels, and tile. An image has `down` rows of `across` tiles.
// Constants: ROWS of a tile, at most 6. SIZE, the edge of the pooling window, 1 for no pooling; it divides ROWS and 6. WIDTH, 2 or 4:
// channels per lane. ALONE, whether tiles have no neighbours to the left and right, so that x is 0 there.
// Parts: elu, packed_weights

enable subgroups;

const ROWS = {{ROWS}}u;
const SIZE = {{SIZE}}u;
const ALONE = {{ALONE}};
const COLUMNS = 6u;
/// Windows of a tile.
const DOWN = ROWS / SIZE;
const ACROSS = COLUMNS / SIZE;
alias Lane = vec{{WIDTH}}f;
alias Word = vec{{WIDTH}}i;
alias Bits = vec{{WIDTH}}u;

/// The rows of a patch, of two channels: pixel i in lane i. Only the first ROWS + 2 are used.
alias Patch = array<vec2f, 8>;
/// A row of a tile of z, for the lane's channels; and the tile, of which only the first ROWS are used.
alias Row = array<Lane, COLUMNS>;
alias Tile = array<Row, 6>;
/// The weights of three taps beside each other, for one input channel.
alias Taps = array<Lane, 3>;

struct TileParams {
  h: u32, w: u32, ic: u32, oh: u32, ow: u32, oc_vectors: u32, pad_top: u32, pad_left: u32, down: u32, across: u32,
  has_bias: u32, alpha: f32,
}

// block
@group(0) @binding(0) var<storage, read> x: array<vec2f>;
@group(0) @binding(1) var<storage, read> packed: array<Word>;
@group(0) @binding(2) var<storage, read> scales: array<Lane>;
@group(0) @binding(3) var<storage, read> bias: array<Lane>;
@group(0) @binding(4) var<storage, read> scale: array<Lane>;
@group(0) @binding(5) var<storage, read> offset: array<Lane>;
@group(0) @binding(6) var<storage, read_write> y: array<Lane>;
@group(0) @binding(7) var<uniform> params: TileParams;

/// All pixels of z, so that windows can be read by their number. A lane uses only its own elements.
var<workgroup> pixels: array<Lane, ROWS * COLUMNS * 8u>;

/// z of pixel i of a row after adding the products of a tap. i and kx are constants wherever this is called.
fn advance(z: Lane, i: u32, kx: u32, row: vec2f, first: Lane, second: Lane) -> Lane {
  if (ALONE && (i + kx == 0u || i + kx == 7u)) { return z; }
  let value = subgroupShuffle(row, i + kx);
  return fma(Lane(value.y), second, fma(Lane(value.x), first, z)); // formula
}

fn advance_by_tap(z: ptr<function, Row>, kx: u32, row: vec2f, first: Lane, second: Lane) {
  (*z)[0] = advance((*z)[0], 0u, kx, row, first, second);
  (*z)[1] = advance((*z)[1], 1u, kx, row, first, second);
  (*z)[2] = advance((*z)[2], 2u, kx, row, first, second);
  (*z)[3] = advance((*z)[3], 3u, kx, row, first, second);
  (*z)[4] = advance((*z)[4], 4u, kx, row, first, second);
  (*z)[5] = advance((*z)[5], 5u, kx, row, first, second);
}

/// A row of the tile after adding the products of three taps and two channels.
fn advance_row(z: ptr<function, Row>, row: vec2f, first: Taps, second: Taps) {
  advance_by_tap(z, 0u, row, first[0], second[0]);
  advance_by_tap(z, 1u, row, first[1], second[1]);
  advance_by_tap(z, 2u, row, first[2], second[2]);
}

/// The weights of three taps, from two words.
fn taps_in(first: Word, second: Word) -> Taps {
  return Taps(Lane(first), Lane(second), third_weight(first, second));
}

@compute @workgroup_size(8)
fn block(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
         @builtin(subgroup_invocation_id) lane: u32) {
  let p = params;
  let index = group.y * groups.x + group.x;
  let slice = index / (p.down * p.across);
  let tile = index % (p.down * p.across);
  let ty = tile / p.across;
  let tx = tile % p.across;
  let channels = slice * 8u + lane;
  let own_channels = min(channels, p.oc_vectors - 1u); // a lane without channels computes the last ones and stores nothing
  let pairs = p.ic / 2u;
  let top = ty * ROWS - p.pad_top; // wraps to a huge number above the image
  let ix = tx * COLUMNS - p.pad_left + lane;
  let start = ((group.z * p.h + top) * p.w + ix) * pairs;
  var z = Tile();
  for (var c = 0u; c < pairs; c++) {
    var patch_rows = Patch();
    for (var j = 0u; j < ROWS + 2u; j++) {
      if (ix < p.w && top + j < p.h) { patch_rows[j] = x[start + j * p.w * pairs + c]; }
    }
    for (var ky = 0u; ky < 3u; ky++) {
      let at = ((slice * pairs + c) * 3u + ky) * 32u + lane;
      let first = taps_in(packed[at], packed[at + 8u]);
      let second = taps_in(packed[at + 16u], packed[at + 24u]);
      advance_row(&z[0], patch_rows[0], first, second);
      if (ROWS > 1u) { advance_row(&z[1], patch_rows[1], first, second); }
      if (ROWS > 2u) { advance_row(&z[2], patch_rows[2], first, second); }
      if (ROWS > 3u) { advance_row(&z[3], patch_rows[3], first, second); }
      if (ROWS > 4u) { advance_row(&z[4], patch_rows[4], first, second); }
      if (ROWS > 5u) { advance_row(&z[5], patch_rows[5], first, second); }
      for (var j = 0u; j < ROWS + 1u; j++) { patch_rows[j] = patch_rows[j + 1u]; }
    }
  }
  // Each iteration stores the first row, then moves the others up.
  for (var j = 0u; j < ROWS; j++) {
    for (var i = 0u; i < COLUMNS; i++) { pixels[(COLUMNS * j + i) * 8u + lane] = z[0][i]; }
    for (var k = 0u; k + 1u < ROWS; k++) { z[k] = z[k + 1u]; }
  }
  let unit = scales[slice * 8u + lane];
  let factor = scale[own_channels];
  let sign = select(Lane(-1.0), Lane(1.0), factor >= Lane()); // the smallest of z is minus the largest of -z
  var shift = Lane();
  if (p.has_bias == 1u) { shift = bias[own_channels]; }
  for (var window = 0u; window < DOWN * ACROSS; window++) {
    let wy = window / ACROSS;
    let wx = window % ACROSS;
    var best = Lane(-3.4028234e38);
    for (var k = 0u; k < SIZE * SIZE; k++) {
      best = max(best, sign * pixels[((wy * SIZE + k / SIZE) * COLUMNS + wx * SIZE + k % SIZE) * 8u + lane]);
    }
    let value = best * sign * unit + shift; // formula
    let oy = ty * DOWN + wy;
    let ox = tx * ACROSS + wx;
    if (channels < p.oc_vectors && oy < p.oh && ox < p.ow) {
      let to = ((group.z * p.oh + oy) * p.ow + ox) * p.oc_vectors + channels;
      y[to] = elu_of(value, p.alpha) * factor + offset[own_channels]; // formula
    }
  }
}
