// Tanh, the hyperbolic tangent.
//
// What it means: it maps any number to one between -1 and 1. It is a sigmoid that is symmetric around 0.
//
//   y = (e^x - e^-x) / (e^x + e^-x)          dx = dy * (1 - y * y)
//
// Shapes: any. Threads: one per vec4. The last one may access the padding of the buffer.

struct TanhParams { quads: u32 }

// forward
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var<uniform> params: TanhParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= params.quads) { return; }
  // Beyond 20 the result is +-1, and some devices overflow.
  y[i] = tanh(clamp(x[i], vec4f(-20.0), vec4f(20.0))); // formula
}

// backward
@group(0) @binding(0) var<storage, read> b_dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> b_y: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(3) var<uniform> b_params: TanhParams;

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= b_params.quads) { return; }
  dx[i] = b_dy[i] * (vec4f(1.0) - b_y[i] * b_y[i]); // formula
}
