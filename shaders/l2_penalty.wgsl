// L2 penalty (weight decay as a loss term): large weights cost.
//
//   penalty += l * sum of w^2,      dw += 2 * l * w       (Keras's L2(l))
//
// The sum is made in two stages of fixed order: `partial_squares` here, then `add_penalty` on one invocation.
// Shapes: w and dw any; partial [chunks]; penalty [1].

struct PenaltyParams { n: u32, chunks: u32, l: f32 }

// partial_squares
@group(0) @binding(0) var<storage, read> weight: array<f32>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@group(0) @binding(2) var<uniform> params: PenaltyParams;

@compute @workgroup_size(64)
fn partial_squares(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                   @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  let p = params;
  if (i >= p.chunks) { return; }
  var sum = 0.0;
  for (var k = i; k < p.n; k += p.chunks) { sum += weight[k] * weight[k]; }
  partial[i] = sum;
}

// add_penalty
@group(0) @binding(0) var<storage, read> a_partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> penalty: array<f32>;
@group(0) @binding(2) var<uniform> a_params: PenaltyParams;

@compute @workgroup_size(1)
fn add_penalty() {
  var sum = 0.0;
  for (var k = 0u; k < a_params.chunks; k++) { sum += a_partial[k]; }
  penalty[0] += a_params.l * sum;
}

// backward
@group(0) @binding(0) var<storage, read> b_weight: array<f32>;
@group(0) @binding(1) var<storage, read_write> dw: array<f32>;
@group(0) @binding(2) var<uniform> b_params: PenaltyParams;

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  if (i >= b_params.n) { return; }
  dw[i] += 2.0 * b_params.l * b_weight[i];
}
