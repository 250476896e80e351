// Softmax inside a network: scores become shares that add up to 1. As the last layer it is part of the loss instead: see
// softmax_cross_entropy.wgsl.
//
//   y[r, c]  = exp(x[r, c] - m) / sum over k of exp(x[r, k] - m),   m = max of the row
//   dx[r, c] = y[r, c] * (dy[r, c] - sum over k of dy[r, k] * y[r, k])
//
// Shapes: x, y, dx, dy [rows, C]; rows are all axes but the last. Threads: one per row.

struct SoftmaxParams { rows: u32, c: u32 }

// forward
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: SoftmaxParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let row = (group.y * groups.x + group.x) * 64u + local.x;
  let p = params;
  if (row >= p.rows) { return; }
  let first = row * p.c;
  var top = x[first];
  for (var c = 1u; c < p.c; c++) { top = max(top, x[first + c]); }
  var total = 0.0;
  for (var c = 0u; c < p.c; c++) { total += exp(x[first + c] - top); } // formula
  for (var c = 0u; c < p.c; c++) { y[first + c] = exp(x[first + c] - top) / total; } // formula
}

// backward
@group(0) @binding(0) var<storage, read> b_dy: array<f32>;
@group(0) @binding(1) var<storage, read> b_y: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(0) @binding(3) var<uniform> b_params: SoftmaxParams;

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_id) local: vec3u) {
  let row = (group.y * groups.x + group.x) * 64u + local.x;
  let p = b_params;
  if (row >= p.rows) { return; }
  let first = row * p.c;
  var mean = 0.0;
  for (var c = 0u; c < p.c; c++) { mean += b_dy[first + c] * b_y[first + c]; } // formula
  for (var c = 0u; c < p.c; c++) { dx[first + c] = b_y[first + c] * (b_dy[first + c] - mean); } // formula
}
