// ELU, the exponential linear unit (Clevert et al. 2015).
//
// What it means: positive values pass through, negative ones saturate smoothly at -alpha. So the mean stays near 0, and the
// gradient is never exactly 0.
//
//   y  = x            if x > 0,   else alpha * (exp(x) - 1)
//   dx = dy           if y > 0,   else dy * (y + alpha)      since alpha * exp(x) = y + alpha: only y is kept
//
// Shapes: any. Threads: one per vec4. The last one may access the padding of the buffer.

struct EluParams { quads: u32, alpha: f32 }

// forward
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var<uniform> params: EluParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= params.quads) { return; }
  let v = x[i];
  // exp of the clamped value, because `select` evaluates both branches: this one must not overflow to infinity.
  y[i] = select(params.alpha * (exp(min(v, vec4f(0.0))) - 1.0), v, v > vec4f(0.0)); // formula
}

// backward
@group(0) @binding(0) var<storage, read> b_dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> b_y: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(3) var<uniform> b_params: EluParams;

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= b_params.quads) { return; }
  let v = b_y[i];
  dx[i] = b_dy[i] * select(v + b_params.alpha, vec4f(1.0), v > vec4f(0.0)); // formula
}
