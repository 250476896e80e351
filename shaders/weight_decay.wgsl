// Decoupled weight decay (Loshchilov & Hutter 2019, arXiv 1711.05101); Keras's rule.
//
// What it means: every step pulls all weights a little towards 0, so a weight stays large only if the data keep pushing it. An L2
// penalty does this through the gradient, which Adam then divides by its recent magnitude: weights with large gradients hardly
// decay. Here the pull is apart from the gradient, and equally strong for all.
//
//   w -= w * decay,   decay = weight_decay * learning rate
//
// The decay comes before the update by the gradient. The host computes `decay` for each step, because schedules change the
// learning rate.
// Shapes: weight [N] in vec4s, decay [1]. Threads: one per vec4. The last one may access the padding of the buffer.

struct DecayParams { quads: u32 }

@group(0) @binding(0) var<storage, read> decay: array<f32>;
@group(0) @binding(1) var<storage, read_write> weight: array<vec4f>;
@group(0) @binding(2) var<uniform> params: DecayParams;

@compute @workgroup_size(64)
fn update(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
          @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= params.quads) { return; }
  weight[i] -= weight[i] * decay[0]; // formula
}
