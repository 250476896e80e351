// Winograd's gradient transform of a block of convolution, ELU, batch norm and max pooling: straight from the gradient of
// the block's output, without storing dz, for adapters with subgroups of exactly 8 invocations.
//
// Why fuse: `input_gradient` of elu_norm_pool.wgsl computes dz, which is as large as the convolution's output, and only
// `gradient_transform` of conv2d_winograd_gradient.wgsl reads it. Here the lanes that transform a tile compute its dz
// themselves, line by line. This saves a quarter of the loads and stores of the two kernels. Formulas and names are as there.
//
// The winning place of a window is the first in row-major order whose e equals the winner. With 2 x 2 windows, a lane checks
// its own two places, and gets from the lane above whether one of its places has won. Of the two lanes of a row of windows, one
// loads dy and the other the winners, and they exchange them.
//
// Shapes: e [B, H, W, C], dy and winner [B, OH, OW, C], coefficients [4, C], z [PP, TILES, C], all in vec4s of channels.
// Threads: one subgroup per tile, which loops over the channels.
// Constants: EDGE, 4 or 6. SIZE, 2, or 1 without pooling and dropout. FORMAT, the storage format of Z.
// Parts: winograd_lines, winograd_lanes, storage

enable subgroups;

const SIZE = {{SIZE}}u;
const WINDOWS = EDGE / SIZE;
const NO_WINNER = 3.4028234e38;

struct BlockGradientParams {
  b: u32, h: u32, w: u32, c: u32, oh: u32, ow: u32, ty: u32, tx: u32, tiles: u32, alpha: f32, keep_scale: f32,
}

// transform
@group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> e: array<vec4f>;
@group(0) @binding(2) var<storage, read> winner: array<vec4f>;
@group(0) @binding(3) var<storage, read> coefficients: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> z: array<Quad>;
@group(0) @binding(5) var<uniform> params: BlockGradientParams;

alias Windows = array<Lane, WINDOWS>;

/// The gradient that reaches each pixel of this lane's line of e: that of its window where the pixel won, else 0. `at` is
/// the index of the line's first window, `count` the number of windows.
fn won(line: Outputs, at: u32, count: u32, lane: u32, p: BlockGradientParams) -> Outputs {
  var gradients = Windows();
  for (var i = 0u; i < WINDOWS; i++) {
    let seen = i < count;
    let source = select(0u, at + i * p.c, seen);
    if (lane < EDGE && (SIZE == 1u || lane % 2u == 0u)) {
      gradients[i] = select(Lane(), dy[source] * p.keep_scale, seen);
    } else if (lane < EDGE) {
      gradients[i] = select(Lane(NO_WINNER), winner[source], seen);
    }
  }
  var result = Outputs();
  for (var i = 0u; i < WINDOWS; i++) {
    if (SIZE == 1u) {
      result[i] = gradients[i];
    } else {
      let other = subgroupShuffleXor(gradients[i], 1u);
      let top = lane % 2u == 0u;
      let gradient = select(other, gradients[i], top);
      let best = select(gradients[i], other, top);
      let left = line[2u * i] == best;
      let right = !left & (line[2u * i + 1u] == best);
      let above = subgroupShuffleXor(select(Lane(), Lane(1.0), left | right), 1u);
      let open = vec4<bool>(top) | (above == Lane());
      result[2u * i] = select(Lane(), gradient, left & open);
      result[2u * i + 1u] = select(Lane(), gradient, right & open);
    }
  }
  return result;
}

@compute @workgroup_size(8)
fn transform(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
             @builtin(subgroup_invocation_id) lane: u32) {
  let p = params;
  let at = place_of(group, groups, p.ty, p.tx);
  if (at.tile >= p.tiles) { return; }
  let oy = at.ty * EDGE + lane;
  let left = at.tx * EDGE;
  let inside = lane < EDGE && at.image < p.b && oy < p.h;
  let start = ((at.image * p.h + oy) * p.w + left) * p.c;
  let window = at.ty * WINDOWS + lane / SIZE;
  let windows = ((at.image * p.oh + window) * p.ow + at.tx * WINDOWS) * p.c;
  let count = select(0u, p.ow - at.tx * WINDOWS, inside && window < p.oh && at.tx * WINDOWS < p.ow);
  let to = column_of(lane, at.tile, p.tiles, p.c);
  for (var c = 0u; c < p.c; c++) {
    // Mean, scale, constant and slope of the channels, one from each of four lanes.
    let coefficient = coefficients[min(lane, 3u) * p.c + c];
    let shift = subgroupShuffle(coefficient, 0u);
    let scale = subgroupShuffle(coefficient, 1u);
    let constant = subgroupShuffle(coefficient, 2u);
    let slope = subgroupShuffle(coefficient, 3u);
    var line = Outputs();
    if (lane < EDGE) {
      for (var ox = 0u; ox < EDGE; ox++) {
        let seen = inside && left + ox < p.w;
        line[ox] = select(Lane(), e[select(0u, start + ox * p.c + c, seen)], seen);
      }
    }
    let gradients = won(line, windows + c, count, lane, p);
    var dz = Outputs();
    for (var ox = 0u; ox < EDGE; ox++) {
      let v = line[ox];
      let full = scale * (gradients[ox] - constant - (v - shift) * slope) // formula
        * select(v + p.alpha, Lane(1.0), v > Lane());
      dz[ox] = select(Lane(), full, inside && left + ox < p.w);
    }
    let lines = transposed(line_of_points(gradient_to_points_{{EDGE}}(dz)), lane); // formula
    let points = gradient_to_points_{{EDGE}}(outputs_of(lines)); // formula
    if (lane < POINTS) {
      for (var py = 0u; py < POINTS; py++) { z[to + py * POINTS * p.tiles * p.c + c] = to_quad(GRADIENT_SCALE * points[py]); }
    }
  }
}
