// Gradient clipping: a rare huge gradient must not ruin the weights.
//
//   clip_value   g = min(max(g, -limit), limit), element by element (Keras's clipvalue)
//   clip_norm    g = g * min(1, limit / |g|), |g| over all weights together: the direction stays (Keras's
//                global_clipnorm, PyTorch's clip_grad_norm_; Pascanu, Mikolov & Bengio 2013)
//
// Both work in place on the vector of all gradients. Shapes: gradient [N] in vec4s, squares [1] = |g|^2.
// Threads: one per vec4.

struct ClipParams { quads: u32, limit: f32 }

// clip_value
@group(0) @binding(0) var<storage, read_write> gradient: array<vec4f>;
@group(0) @binding(1) var<uniform> params: ClipParams;

@compute @workgroup_size(64)
fn clip_value(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
              @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= params.quads) { return; }
  gradient[i] = clamp(gradient[i], vec4f(-params.limit), vec4f(params.limit)); // formula
}

// clip_norm
@group(0) @binding(0) var<storage, read> squares: array<f32>;
@group(0) @binding(1) var<storage, read_write> n_gradient: array<vec4f>;
@group(0) @binding(2) var<uniform> n_params: ClipParams;

@compute @workgroup_size(64)
fn clip_norm(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
             @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= n_params.quads) { return; }
  n_gradient[i] *= min(1.0, n_params.limit * inverseSqrt(max(squares[0], 1e-30))); // formula
}
