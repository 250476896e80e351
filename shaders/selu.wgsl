// SELU, the scaled exponential linear unit (Klambauer et al. 2017).
//
// What it means: an ELU with two constants, chosen so that values with mean 0 and variance 1 keep them from layer to layer.
// A network of such units normalises itself.
//
//   y  = scale * x if x > 0,   else scale * alpha * (exp(x) - 1)
//   dx = scale * dy if y > 0,  else (y + scale * alpha) * dy
//
// For x <= 0 the derivative is scale * alpha * exp(x) = y + scale * alpha, so the backward pass needs only the output.
// Shapes: any. Threads: one per vec4. The last one may access the padding of the buffer.

struct SeluParams { quads: u32 }

const SCALE = 1.05070098735548;
const SCALED_ALPHA = 1.75809934084738; // SCALE * 1.67326324235438

// forward
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var<uniform> params: SeluParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= params.quads) { return; }
  let v = x[i];
  y[i] = select(SCALED_ALPHA * (exp(v) - vec4f(1.0)), SCALE * v, v > vec4f(0.0)); // formula
}

// backward
@group(0) @binding(0) var<storage, read> b_dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> b_y: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(3) var<uniform> b_params: SeluParams;

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= b_params.quads) { return; }
  let v = b_y[i];
  dx[i] = b_dy[i] * select(v + vec4f(SCALED_ALPHA), vec4f(SCALE), v > vec4f(0.0)); // formula
}
