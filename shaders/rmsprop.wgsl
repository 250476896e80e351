// RMSprop (Hinton's lecture 6e): each weight's update is divided by the recent magnitude of its gradients; Keras's rule.
//
//   v = rho * v + (1 - rho) * g^2
//   centered:   a = rho * a + (1 - rho) * g,  d = v - a^2;   otherwise d = v
//   r = lr * g / sqrt(d + epsilon)
//   momentum m: u = m * u + r,  w -= u;                      otherwise w -= r
//
// lr comes from the step state (`rate`). State tensors that are not in use are placeholders and are not accessed.
// Shapes: gradient, weight and state [N] in vec4s. Threads: one per vec4. The last one may access the padding of the buffers.

struct RmspropParams { quads: u32, rho: f32, epsilon: f32, momentum: f32, centered: u32 }
struct Step { index: u32, seed: u32, rate: f32, slot: u32 }

@group(0) @binding(0) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(1) var<storage, read> step_state: Step;
@group(0) @binding(2) var<storage, read_write> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> square: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> average: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> velocity: array<vec4f>;
@group(0) @binding(6) var<uniform> params: RmspropParams;

@compute @workgroup_size(64)
fn update(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
          @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = params;
  if (i >= p.quads) { return; }
  let g = gradient[i];
  let v = p.rho * square[i] + (1.0 - p.rho) * g * g; // formula
  square[i] = v;
  var d = v;
  if (p.centered == 1u) {
    let a = p.rho * average[i] + (1.0 - p.rho) * g; // formula
    average[i] = a;
    d -= a * a;
  }
  var u = step_state.rate * g / sqrt(d + p.epsilon); // formula
  if (p.momentum > 0.0) {
    u += p.momentum * velocity[i]; // formula
    velocity[i] = u;
  }
  weight[i] -= u; // formula
}
