// Parametric ReLU (He et al. 2015): a leaky ReLU whose slope for negative inputs is learnt.
//
// What it means: each channel, or each position, learns how much of its negative values to let pass.
//
//   y      = x if x > 0,   else alpha * x
//   dx     = dy if x > 0,  else alpha * dy
//   dalpha = sum of dy * min(x, 0) over all values that share the alpha
//
// The sum is a sum over columns (shaders/reduce.wgsl) of `terms`, which the backward pass writes.
// Shapes: x, y and terms [rows, width], alpha [width]. Threads: one per value.

struct PreluParams { size: u32, width: u32 }

// forward
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> alpha: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> params: PreluParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= params.size) { return; }
  y[i] = select(alpha[i % params.width] * x[i], x[i], x[i] > 0.0); // formula
}

// backward
@group(0) @binding(0) var<storage, read> b_dy: array<f32>;
@group(0) @binding(1) var<storage, read> b_x: array<f32>;
@group(0) @binding(2) var<storage, read> b_alpha: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
@group(0) @binding(4) var<storage, read_write> terms: array<f32>;
@group(0) @binding(5) var<uniform> b_params: PreluParams;

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= b_params.size) { return; }
  dx[i] = b_dy[i] * select(b_alpha[i % b_params.width], 1.0, b_x[i] > 0.0); // formula
  terms[i] = b_dy[i] * min(b_x[i], 0.0); // formula
}
