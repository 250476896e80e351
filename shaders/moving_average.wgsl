// Exponential moving average of the weights (Polyak & Juditsky 1992; Keras's use_ema).
//
// What it means: during training the weights oscillate around a good solution. Their average is closer to it, and often
// classifies better.
//
//   average += (weight - average) * (1 - momentum)
//
// Shapes: weight and average [N] in vec4s. Threads: one per vec4.

struct AverageParams { quads: u32, momentum: f32 }

@group(0) @binding(0) var<storage, read> weight: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> average: array<vec4f>;
@group(0) @binding(2) var<uniform> params: AverageParams;

@compute @workgroup_size(64)
fn update(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
          @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= params.quads) { return; }
  average[i] += (weight[i] - average[i]) * (1.0 - params.momentum); // formula
}
