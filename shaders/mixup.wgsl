// Mixup (Zhang et al. 2017, arXiv 1710.09412) and CutMix (Yun et al. 2019, arXiv 1905.04899): each image is mixed with another one.
//
// What it means: a face that is 70 % happy and 30 % sad must be classified as exactly that. So the network cannot memorize
// single images, and becomes less overconfident. The loss blends the labels alike: see softmax_cross_entropy.wgsl. CutMix instead
// replaces a rectangle by that of the other image; the share is then the share of the remaining pixels.
//
//   mixup:   mixed[b] = share[b] * images[b] + (1 - share[b]) * images[partner[b]]
//   CutMix:  mixed[b] = images[partner[b]] in the rectangle, images[b] elsewhere
//
// Shapes: images and mixed [B, size]; mix [B, 4]: partner (u32), share (f32), the rectangle's corner and extent: left and
// top, width and height, 16 bits each. Without width there is none. Threads: one per number. No gradient: the input is data.

struct MixParams { b: u32, size: u32, w: u32, channels: u32 }
struct Mix { partner: u32, share: f32, corner: u32, extent: u32 }

@group(0) @binding(0) var<storage, read> images: array<f32>;
@group(0) @binding(1) var<storage, read> mix_of: array<Mix>;
@group(0) @binding(2) var<storage, read_write> mixed: array<f32>;
@group(0) @binding(3) var<uniform> params: MixParams;

@compute @workgroup_size(64)
fn blend(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
         @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = params;
  if (i >= p.b * p.size) { return; }
  let m = mix_of[i / p.size];
  let extent = vec2u(m.extent & 0xffffu, m.extent >> 16u);
  let pixel = (i % p.size) / p.channels;
  // Wraps around to a large number before the corner.
  let inside = vec2u(pixel % p.w, pixel / p.w) - vec2u(m.corner & 0xffffu, m.corner >> 16u);
  let pasted = select(1.0, 0.0, all(inside < extent));
  let share = select(m.share, pasted, extent.x > 0u);
  mixed[i] = share * images[i] + (1.0 - share) * images[m.partner * p.size + i % p.size]; // formula
}
