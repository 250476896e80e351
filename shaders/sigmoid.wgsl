// Sigmoid, the logistic function.
//
// What it means: any number becomes one between 0 and 1, as if it were a probability of its own.
//
//   y = 1 / (1 + exp(-x))          dx = dy * y * (1 - y)
//
// Threads: one a vec4. The last one may reach into the padding of the buffer, which nobody reads.

struct SigmoidParams { quads: u32 }

// forward
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var<uniform> params: SigmoidParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= params.quads) { return; }
  y[i] = vec4f(1.0) / (vec4f(1.0) + exp(-x[i]));
}

// backward
@group(0) @binding(0) var<storage, read> b_dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> b_y: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(3) var<uniform> b_params: SigmoidParams;

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= b_params.quads) { return; }
  dx[i] = b_dy[i] * b_y[i] * (vec4f(1.0) - b_y[i]);
}
