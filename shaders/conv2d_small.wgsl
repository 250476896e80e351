// 3 x 3 convolution with stride 1 and 'same' padding of maps of at most 40 pixels, with the end of its block, for inference on
// adapters with subgroups of exactly 8 invocations (software Vulkan: one subgroup is one SIMD vector of the CPU).
//
// Why: conv2d_subgroup.wgsl loads every number of x once for each of the nine taps, and there a load costs as much as many
// multiply-adds. Here the registers of a subgroup hold the whole map of two channels, pixel i in lane i % 8 of register i / 8. So
// each number is loaded once. For a tap in another row the registers are shifted by a row; a tap in another column asks the
// neighbouring lane. The pixels of an output row that lie outside of the map are known when the shader is compiled, and cost
// nothing. `pack` of few_rows.wgsl has scaled the weights, put three of them in two words, and brought them into the order in which a
// subgroup reads them: in their own order each would lie on another page of memory than the one before, and reading them would
// take twice as long.
// Mathematics as in conv2d.wgsl, then that of inference_block.wgsl:
//
//   z[n, oy, ox, o] = bias[o] + sum over ky, kx, c of x[n, oy + ky - 1, ox + kx - 1, c] * weight[ky, kx, c, o]
//   y = max over the window of scale * elu(z) + offset
//
// Shapes: x [B, H, W, IC], packed [OC / 32 rounded up, IC / 2, 3, 4, 32] and scales as in few_rows.wgsl, scale and offset [OC],
// y [B, H / SIZE, W / SIZE, OC], all but x in vec4s of output channels. IC is even.
// Threads: one subgroup per image and 32 output channels.
// Constants: H and W, at most 40 pixels, W at most 8. SIZE, the edge of the pooling window, 1 for no pooling.
// Parts: elu, packed_weights

enable subgroups;

const H = {{H}}u;
const W = {{W}}u;
const SIZE = {{SIZE}}u;
const PIXELS = H * W;
const BLOCKS = (PIXELS + 7u) / 8u;
alias Lane = vec4f;

/// A map of two channels.
alias Map = array<vec2f, 5>;
/// Eight pixels of z for the lane's four channels.
alias Pixels = array<vec4f, 8>;
/// Three neighbouring registers of a map.
alias Near = array<vec2f, 3>;

struct SmallParams { ic: u32, oc4: u32, has_bias: u32, alpha: f32 }

// block
@group(0) @binding(0) var<storage, read> x: array<vec2f>;
@group(0) @binding(1) var<storage, read> packed: array<vec4i>;
@group(0) @binding(2) var<storage, read> scales: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read> scale: array<vec4f>;
@group(0) @binding(5) var<storage, read> offset: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(7) var<uniform> params: SmallParams;

/// All pixels of z, so that windows can be read by their number. A lane uses only its own elements.
var<workgroup> pixels: array<vec4f, BLOCKS * 64u>;

/// The map one row further up (ky = 0) or down (ky = 2); rows from outside are 0.
fn shifted(map: Map, ky: u32, lane: u32) -> Map {
  if (ky == 1u) { return map; }
  var result = Map();
  let up = ky == 0u;
  let source = select(lane + W, lane - W, up) % 8u;
  let other = select(lane + W >= 8u, lane < W, up);
  for (var j = 0u; j < BLOCKS; j++) {
    var beside = vec2f();
    if (up && j > 0u) { beside = map[max(j, 1u) - 1u]; }
    if (!up && j + 1u < BLOCKS) { beside = map[min(j + 1u, BLOCKS - 1u)]; }
    result[j] = select(subgroupShuffle(map[j], source), subgroupShuffle(beside, source), vec2<bool>(other));
  }
  return result;
}

/// z of pixel 8 * block + i after adding the products of a tap. i and kx are constants wherever this is called.
fn advance(z: vec4f, block: u32, i: u32, kx: u32, near: Near, first: vec4f, second: vec4f) -> vec4f {
  let pixel = 8u * block + i;
  if (pixel >= PIXELS || (kx == 0u && pixel % W == 0u) || (kx == 2u && pixel % W == W - 1u)) { return z; }
  var value = vec2f();
  if (i + kx == 0u) {
    value = subgroupShuffle(near[0], 7u);
  } else if (i + kx == 9u) {
    value = subgroupShuffle(near[2], 0u);
  } else {
    value = subgroupShuffle(near[1], i + kx - 1u);
  }
  return z + value.x * first + value.y * second; // formula
}

fn advance_block(z: ptr<function, Pixels>, block: u32, kx: u32, near: Near, first: vec4f, second: vec4f) {
  (*z)[0] = advance((*z)[0], block, 0u, kx, near, first, second);
  (*z)[1] = advance((*z)[1], block, 1u, kx, near, first, second);
  (*z)[2] = advance((*z)[2], block, 2u, kx, near, first, second);
  (*z)[3] = advance((*z)[3], block, 3u, kx, near, first, second);
  (*z)[4] = advance((*z)[4], block, 4u, kx, near, first, second);
  (*z)[5] = advance((*z)[5], block, 5u, kx, near, first, second);
  (*z)[6] = advance((*z)[6], block, 6u, kx, near, first, second);
  (*z)[7] = advance((*z)[7], block, 7u, kx, near, first, second);
}

fn advance_map(z: ptr<function, array<Pixels, 5>>, kx: u32, map: Map, first: vec4f, second: vec4f) {
  advance_block(&(*z)[0], 0u, kx, Near(vec2f(), map[0], map[1]), first, second);
  if (BLOCKS > 1u) { advance_block(&(*z)[1], 1u, kx, Near(map[0], map[1], map[2]), first, second); }
  if (BLOCKS > 2u) { advance_block(&(*z)[2], 2u, kx, Near(map[1], map[2], map[3]), first, second); }
  if (BLOCKS > 3u) { advance_block(&(*z)[3], 3u, kx, Near(map[2], map[3], map[4]), first, second); }
  if (BLOCKS > 4u) { advance_block(&(*z)[4], 4u, kx, Near(map[3], map[4], vec2f()), first, second); }
}

@compute @workgroup_size(8)
fn block(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
         @builtin(subgroup_invocation_id) lane: u32) {
  let p = params;
  let tile = group.y * groups.x + group.x;
  let channels = tile * 8u + lane;
  let quad = min(channels, p.oc4 - 1u); // a lane without channels computes the last ones and stores nothing
  let image = group.z * PIXELS;
  var z = array<Pixels, 5>();
  for (var c = 0u; c < p.ic / 2u; c++) {
    var map = Map();
    for (var j = 0u; j < BLOCKS; j++) {
      if (8u * j + lane < PIXELS) { map[j] = x[(image + 8u * j + lane) * (p.ic / 2u) + c]; }
    }
    for (var ky = 0u; ky < 3u; ky++) {
      let row = shifted(map, ky, lane);
      let at = ((tile * (p.ic / 2u) + c) * 3u + ky) * 32u + lane;
      let own = array(packed[at], packed[at + 8u], packed[at + 16u], packed[at + 24u]);
      advance_map(&z, 0u, row, vec4f(own[0]), vec4f(own[2]));
      advance_map(&z, 1u, row, vec4f(own[1]), vec4f(own[3]));
      advance_map(&z, 2u, row, third_weight(own[0], own[1]), third_weight(own[2], own[3]));
    }
  }
  // A block per turn: always the first one, after which the others move up.
  for (var j = 0u; j < BLOCKS; j++) {
    for (var i = 0u; i < 8u; i++) { pixels[(8u * j + i) * 8u + lane] = z[0][i]; }
    for (var k = 0u; k + 1u < BLOCKS; k++) { z[k] = z[k + 1u]; }
  }
  let unit = scales[tile * 8u + lane];
  let factor = scale[quad];
  let sign = select(vec4f(-1.0), vec4f(1.0), factor >= vec4f()); // the smallest of z is minus the largest of -z
  var shift = vec4f();
  if (p.has_bias == 1u) { shift = bias[quad]; }
  let windows = (H / SIZE) * (W / SIZE);
  for (var window = 0u; window < windows; window++) {
    let corner = (window / (W / SIZE)) * SIZE * W + (window % (W / SIZE)) * SIZE;
    var best = vec4f(-3.4028234e38);
    for (var k = 0u; k < SIZE * SIZE; k++) {
      best = max(best, sign * pixels[(corner + (k / SIZE) * W + k % SIZE) * 8u + lane]);
    }
    let value = best * sign * unit + shift; // formula
    if (channels < p.oc4) {
      y[(group.z * windows + window) * p.oc4 + quad] = elu_of(value, p.alpha) * factor + offset[quad]; // formula
    }
  }
}
