// SiLU, the sigmoid linear unit, also called swish (Elfwing et al. 2017).
//
// What it means: a ReLU with a smooth bend. Large values pass, very negative ones become 0, and a small dip between them
// lets weights recover that ReLU would leave at 0.
//
//   s  = 1 / (1 + exp(-x))
//   y  = x * s
//   dx = dy * s * (1 + x * (1 - s))
//
// Different x may have the same y, so the backward pass reads x.
// Shapes: any. Threads: one per vec4. The last one may access the padding of the buffer.

struct SiluParams { quads: u32 }

// forward
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var<uniform> params: SiluParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= params.quads) { return; }
  y[i] = x[i] / (vec4f(1.0) + exp(-x[i])); // formula
}

// backward
@group(0) @binding(0) var<storage, read> b_dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> b_x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(3) var<uniform> b_params: SiluParams;

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= b_params.quads) { return; }
  let v = b_x[i];
  let s = vec4f(1.0) / (vec4f(1.0) + exp(-v));
  dx[i] = b_dy[i] * s * (vec4f(1.0) + v * (vec4f(1.0) - s)); // formula
}
