// Sigmoid, the logistic function.
//
// What it means: it maps any number to one between 0 and 1, like a probability.
//
//   y = 1 / (1 + exp(-x))          dx = dy * y * (1 - y)
//
// Shapes: any. Threads: one per vec4. The last one may access the padding of the buffer.

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
  y[i] = vec4f(1.0) / (vec4f(1.0) + exp(-x[i])); // formula
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
  dx[i] = b_dy[i] * b_y[i] * (vec4f(1.0) - b_y[i]); // formula
}
