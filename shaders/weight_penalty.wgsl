// L1 and L2 penalties (weight decay as a loss term): large weights increase the loss.
//
//   penalty += sum of l1 * |w| + l2 * w^2,      dw += l1 * sign(w) + 2 * l2 * w       (Keras's L1, L2 and L1L2)
//
// L2 pulls weights to 0 in proportion to their size, and makes all of them small. L1 pulls all with the same force, and
// brings many to 0. The sum has two stages of fixed order: `partial_sums`, then `add_penalty`. With l1 = 0 and l2 = 1 it is
// the square of the 2-norm, which gradient_clip.wgsl needs.
// Shapes: w and dw any; partial [chunks]; penalty [1]. Threads: `partial_sums` one per chunk, `add_penalty` a single one,
// `backward` one per weight.

struct PenaltyParams { n: u32, chunks: u32, l1: f32, l2: f32 }

// partial_sums
@group(0) @binding(0) var<storage, read> weight: array<f32>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@group(0) @binding(2) var<uniform> params: PenaltyParams;

@compute @workgroup_size(64)
fn partial_sums(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = params;
  if (i >= p.chunks) { return; }
  var sum = 0.0;
  for (var k = i; k < p.n; k += p.chunks) { sum += p.l1 * abs(weight[k]) + p.l2 * weight[k] * weight[k]; } // formula
  partial[i] = sum;
}

// add_penalty
@group(0) @binding(0) var<storage, read> a_partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> penalty: array<f32>;
@group(0) @binding(2) var<uniform> a_params: PenaltyParams;

@compute @workgroup_size(1)
fn add_penalty() {
  var sum = 0.0;
  for (var k = 0u; k < a_params.chunks; k++) { sum += a_partial[k]; } // formula
  penalty[0] += sum;
}

// backward
@group(0) @binding(0) var<storage, read> b_weight: array<f32>;
@group(0) @binding(1) var<storage, read_write> dw: array<f32>;
@group(0) @binding(2) var<uniform> b_params: PenaltyParams;

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = b_params;
  if (i >= p.n) { return; }
  dw[i] += p.l1 * sign(b_weight[i]) + 2.0 * p.l2 * b_weight[i]; // formula
}
