// Leaky ReLU (Maas et al. 2013), with an optional ceiling as in ReLU6.
//
// What it means: for negative inputs, where ReLU has output and gradient 0, a small slope remains, so that no unit stops
// learning. A ceiling keeps the outputs small, which suits arithmetic of low precision.
//
//   y  = min(x, ceiling) if x > 0,   else slope * x
//   dx = dy if 0 < y < ceiling,   0 if y = ceiling,   else slope * dy
//
// With slope 0 and no ceiling it is ReLU. The backward pass needs only the output.
// Shapes: any. Threads: one per vec4. The last one may access the padding of the buffer.

struct LeakyReluParams { quads: u32, slope: f32, ceiling: f32 }

// forward
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var<uniform> params: LeakyReluParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= params.quads) { return; }
  let v = x[i];
  y[i] = select(params.slope * v, min(v, vec4f(params.ceiling)), v > vec4f(0.0)); // formula
}

// backward
@group(0) @binding(0) var<storage, read> b_dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> b_y: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(3) var<uniform> b_params: LeakyReluParams;

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= b_params.quads) { return; }
  let v = b_y[i];
  let slope = select(vec4f(b_params.slope), vec4f(1.0), v > vec4f(0.0)); // formula
  dx[i] = b_dy[i] * select(slope, vec4f(0.0), v >= vec4f(b_params.ceiling)); // formula
}
