// Adam (Kingma & Ba 2014): momentum divided by the recent magnitude of the gradients; Keras's rule.
//
//   m = b1 * m + (1 - b1) * g
//   v = b2 * v + (1 - b2) * g^2
//   w -= lr_t * m / (sqrt(v) + epsilon),  lr_t = lr * sqrt(1 - b2^t) / (1 - b1^t)
//   amsgrad: sqrt of the largest v so far instead of sqrt(v)
//
// m and v start at 0, so they are too small at first; lr_t corrects that. The host computes lr_t in float64 and passes it in
// the step state (`rate`).
// Shapes: gradient, weight and state [N] in vec4s. Threads: one per vec4. The last one may access the padding of the buffers.

struct AdamParams { quads: u32, beta1: f32, beta2: f32, epsilon: f32, amsgrad: u32 }
struct Step { index: u32, seed: u32, rate: f32, slot: u32 }

@group(0) @binding(0) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(1) var<storage, read> step_state: Step;
@group(0) @binding(2) var<storage, read_write> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> moment: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> square: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> largest: array<vec4f>;
@group(0) @binding(6) var<uniform> params: AdamParams;

@compute @workgroup_size(64)
fn update(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
          @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = params;
  if (i >= p.quads) { return; }
  let g = gradient[i];
  // m + (g - m) (1 - b) is the same average, with one rounding less than b m + (1 - b) g.
  let m = moment[i] + (g - moment[i]) * (1.0 - p.beta1); // formula
  let v = square[i] + (g * g - square[i]) * (1.0 - p.beta2); // formula
  moment[i] = m;
  square[i] = v;
  var d = v;
  if (p.amsgrad == 1u) {
    d = max(largest[i], v);
    largest[i] = d;
  }
  weight[i] -= step_state.rate * m / (sqrt(d) + p.epsilon); // formula
}
