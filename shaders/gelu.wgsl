// GELU, the Gaussian error linear unit (Hendrycks and Gimpel 2016).
//
// What it means: each value is multiplied by the probability that a normal random number is smaller. The result is like a
// ReLU with a smooth bend. It is the usual activation of transformers and of ConvNeXt.
//
//   P(x) = (1 + erf(x / sqrt(2))) / 2          the normal distribution
//   y    = x * P(x)
//   dx   = dy * (P(x) + x * exp(-x^2 / 2) / sqrt(2 pi))
//
// WGSL has no error function. This one is formula 7.1.26 of Abramowitz and Stegun, off by at most 1.5e-7: the rounding of
// float32. Different x may have the same y, so the backward pass reads x.
// Shapes: any. Threads: one per vec4. The last one may access the padding of the buffer.

struct GeluParams { quads: u32 }

/// The share of the normal distribution below v. `bell` is exp(-v^2 / 2).
fn normal_share(v: vec4f, bell: vec4f) -> vec4f {
  let t = vec4f(1.0) / (vec4f(1.0) + 0.3275911 * 0.70710678 * abs(v));
  let tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * bell;
  return select(0.5 * tail, vec4f(1.0) - 0.5 * tail, v > vec4f(0.0));
}

// forward
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var<uniform> params: GeluParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= params.quads) { return; }
  let v = x[i];
  y[i] = v * normal_share(v, exp(-0.5 * v * v)); // formula
}

// backward
@group(0) @binding(0) var<storage, read> b_dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> b_x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(3) var<uniform> b_params: GeluParams;

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= b_params.quads) { return; }
  let v = b_x[i];
  let bell = exp(-0.5 * v * v);
  dx[i] = b_dy[i] * (normal_share(v, bell) + v * bell * 0.39894228); // formula
}
