// Mixup (Zhang et al. 2017, arXiv 1710.09412): each image becomes a blend of itself and another one of the batch.
//
// What it means: a face that is 70 % happy and 30 % sad must be classified as exactly that. So the network cannot memorize
// single images, and becomes less overconfident. The loss blends the labels alike: see softmax_cross_entropy.wgsl.
//
//   mixed[b] = share[b] * images[b] + (1 - share[b]) * images[partner[b]]
//
// Shapes: images and mixed [B, size]; mix [B, 2]: partner (u32), share (f32). Threads: one per number. No gradient: the
// input is data.

struct MixParams { b: u32, size: u32 }

@group(0) @binding(0) var<storage, read> images: array<f32>;
@group(0) @binding(1) var<storage, read> mix_of: array<vec2u>;
@group(0) @binding(2) var<storage, read_write> mixed: array<f32>;
@group(0) @binding(3) var<uniform> params: MixParams;

@compute @workgroup_size(64)
fn blend(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
         @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = params;
  if (i >= p.b * p.size) { return; }
  let m = mix_of[i / p.size];
  let share = bitcast<f32>(m.y);
  mixed[i] = share * images[i] + (1.0 - share) * images[m.x * p.size + i % p.size]; // formula
}
