// Stochastic gradient descent, with momentum (Polyak) or Nesterov's look-ahead; Keras's rule.
//
//   without momentum:  w -= lr * g
//   with momentum m:   v = m * v - lr * g;   w += v
//   Nesterov:          v = m * v - lr * g;   w += m * v - lr * g
//
// lr comes from the step state (`rate`), so that a schedule does not need a new pipeline.
// Shapes: gradient, weight and velocity [N] in vec4s. Threads: one per vec4. The last one may access the padding of the
// buffers.

struct SgdParams { quads: u32, momentum: f32, nesterov: u32 }
struct Step { index: u32, seed: u32, rate: f32, slot: u32 }

@group(0) @binding(0) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(1) var<storage, read> step_state: Step;
@group(0) @binding(2) var<storage, read_write> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> velocity: array<vec4f>;
@group(0) @binding(4) var<uniform> params: SgdParams;

@compute @workgroup_size(64)
fn update(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
          @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= params.quads) { return; }
  let pull = step_state.rate * gradient[i];
  // Without momentum, `velocity` is a placeholder.
  if (params.momentum == 0.0) {
    weight[i] -= pull; // formula
    return;
  }
  let v = params.momentum * velocity[i] - pull; // formula
  velocity[i] = v;
  weight[i] += select(v, params.momentum * v - pull, vec4<bool>(params.nesterov == 1u)); // formula
}
