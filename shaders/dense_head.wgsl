// The end of a network in one dispatch: its last dense block, the dense layer of the classes, and softmax. For inference of a few
// faces on adapters with subgroups of exactly 8 invocations (software Vulkan: one subgroup is one SIMD vector of the CPU).
//
// Why: separately, these layers take three dispatches, and launching each of the last two takes longer than its arithmetic. The
// classes need all units of the block, so one workgroup computes these, slice after slice, as few_rows.wgsl does, and keeps them.
// Then each lane multiplies them by the weights of a class. The weights of the block are packed as in few_rows.wgsl; those of the
// classes are not packed.
//
//   u = factor * elu(scale * sum over k of x[n, k] * w[k] + bias) + offset, for each unit
//   logits[c] = class_bias[c] + sum over units i of u[i] * class_weight[i, c]
//   m = max of logits, p[n, c] = exp(logits[c] - m) / sum over k of exp(logits[k] - m)
//
// Shapes: x [B, K], packed [SLICES, STEPS, 4, 8] in vec4s and scales [SLICES * 32] as in few_rows.wgsl, bias, factor and offset
// [UNITS], class_weight [UNITS, CLASSES], class_bias [CLASSES], p [B, CLASSES]. UNITS is a multiple of 4.
// Threads: one subgroup per image.
// Constants: UNITS and CLASSES.
// Parts: elu, packed_weights

enable subgroups;

const UNITS = {{UNITS}}u;
const CLASSES = {{CLASSES}}u;
const SLICES = (UNITS + 31u) / 32u;
alias Lane = vec4f;
alias Word = vec4i;
alias Bits = vec4u;

struct HeadParams { k: u32, steps: u32, alpha: f32 }

// forward
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> packed: array<Word>;
@group(0) @binding(2) var<storage, read> scales: array<Lane>;
@group(0) @binding(3) var<storage, read> bias: array<Lane>;
@group(0) @binding(4) var<storage, read> factor: array<Lane>;
@group(0) @binding(5) var<storage, read> offset: array<Lane>;
@group(0) @binding(6) var<storage, read> class_weight: array<f32>;
@group(0) @binding(7) var<storage, read> class_bias: array<f32>;
@group(0) @binding(8) var<storage, read_write> probabilities: array<f32>;
@group(0) @binding(9) var<uniform> params: HeadParams;

var<workgroup> units: array<Lane, SLICES * 8u>;
var<workgroup> logits: array<f32, CLASSES>;

/// Four sums after adding the products of three values and their weights, which are in two words.
fn advance(sum: Lane, values: vec3f, first: Word, second: Word) -> Lane {
  let two = fma(Lane(values.y), Lane(second), fma(Lane(values.x), Lane(first), sum)); // formula
  return fma(Lane(values.z), third_weight(first, second), two); // formula
}

@compute @workgroup_size(8)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(subgroup_invocation_id) lane: u32) {
  let p = params;
  for (var slice = 0u; slice < SLICES; slice++) {
    var sum = Lane();
    for (var s = 0u; s < p.steps; s++) {
      var value = 0.0; // lane l loads the l-th of six values
      if (lane < 6u && 6u * s + lane < p.k) { value = x[group.z * p.k + 6u * s + lane]; }
      let at = (slice * p.steps + s) * 32u + lane;
      let a = vec3f(subgroupShuffle(value, 0u), subgroupShuffle(value, 1u), subgroupShuffle(value, 2u));
      let b = vec3f(subgroupShuffle(value, 3u), subgroupShuffle(value, 4u), subgroupShuffle(value, 5u));
      sum = advance(sum, a, packed[at], packed[at + 8u]);
      sum = advance(sum, b, packed[at + 16u], packed[at + 24u]);
    }
    let i = slice * 8u + lane;
    if (i < UNITS / 4u) {
      units[i] = factor[i] * elu_of(scales[i] * sum + bias[i], p.alpha) + offset[i]; // formula
    }
  }
  workgroupBarrier();
  for (var c = lane; c < CLASSES; c += 8u) {
    var sum = class_bias[c];
    for (var i = 0u; i < UNITS; i++) { sum += units[i / 4u][i % 4u] * class_weight[i * CLASSES + c]; } // formula
    logits[c] = sum;
  }
  workgroupBarrier();
  var top = logits[0];
  for (var c = 1u; c < CLASSES; c++) { top = max(top, logits[c]); }
  var total = 0.0;
  for (var c = 0u; c < CLASSES; c++) { total += exp(logits[c] - top); } // formula
  for (var c = lane; c < CLASSES; c += 8u) {
    probabilities[group.z * CLASSES + c] = exp(logits[c] - top) / total; // formula
  }
}
