// ReLU, the rectified linear unit.
//
// What it means: negative values become 0. It is the simplest non-linearity of a network.
//
//   y = max(x, 0)          dx = dy where y > 0, else 0 (the gradient at 0 is taken as 0, as in Keras)
//
// Shapes: any. Threads: one per vec4. The last one may access the padding of the buffer.

struct ReluParams { quads: u32 }

// forward
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var<uniform> params: ReluParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= params.quads) { return; }
  y[i] = max(x[i], vec4f(0.0)); // formula
}

// backward
@group(0) @binding(0) var<storage, read> b_dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> b_y: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(3) var<uniform> b_params: ReluParams;

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= b_params.quads) { return; }
  dx[i] = select(vec4f(0.0), b_dy[i], b_y[i] > vec4f(0.0)); // formula
}
