// Dense (fully connected) layer, the naive version: one invocation computes one number.
//
// What it means: every output is a weighted sum of every input.
//
//   y[b, o]  = bias[o] + sum over i of x[b, i] * w[i, o]
//   dx[b, i] = sum over o of dy[b, o] * w[i, o]
//   dw[i, o] = sum over b of x[b, i] * dy[b, o]
//   dbias[o] = sum over b of dy[b, o]: a column sum, see reduce.wgsl
//
// Shapes: x [B, IC], w [IC, OC], bias [OC], y and dy [B, OC]. Threads: one per output.
// These are matrix products, so large layers run faster on matmul_subgroup.wgsl or matmul_tiled.wgsl.

struct DenseParams { b: u32, ic: u32, oc: u32 }

// forward
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<uniform> params: DenseParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = params;
  if (i >= p.b * p.oc) { return; }
  var sum = 0.0;
  for (var k = 0u; k < p.ic; k++) { sum += x[(i / p.oc) * p.ic + k] * weight[k * p.oc + i % p.oc]; } // formula
  y[i] = sum + bias[i % p.oc]; // formula
}

// input_gradient
@group(0) @binding(0) var<storage, read> dx_dy: array<f32>;
@group(0) @binding(1) var<storage, read> dx_weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(0) @binding(3) var<uniform> dx_params: DenseParams;

@compute @workgroup_size(64)
fn input_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                  @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = dx_params;
  if (i >= p.b * p.ic) { return; }
  var sum = 0.0;
  for (var o = 0u; o < p.oc; o++) { sum += dx_dy[(i / p.ic) * p.oc + o] * dx_weight[(i % p.ic) * p.oc + o]; } // formula
  dx[i] = sum;
}

// weight_gradient
@group(0) @binding(0) var<storage, read> dw_x: array<f32>;
@group(0) @binding(1) var<storage, read> dw_dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dw: array<f32>;
@group(0) @binding(3) var<uniform> dw_params: DenseParams;

@compute @workgroup_size(64)
fn weight_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                   @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = dw_params;
  if (i >= p.ic * p.oc) { return; }
  var sum = 0.0;
  for (var n = 0u; n < p.b; n++) { sum += dw_x[n * p.ic + i / p.oc] * dw_dy[n * p.oc + i % p.oc]; } // formula
  dw[i] = sum;
}
