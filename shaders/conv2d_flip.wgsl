// The convolution kernel for the input gradient: taps rotated by 180 degrees, channels swapped.
//
//   out[ky, kx, oc, ic] = w[KH - 1 - ky, KW - 1 - kx, ic, oc]
//
// Shapes: w [KH, KW, IC, OC], out [KH, KW, OC, IC]. Threads: one per number.

struct FlipParams { taps: u32, ic: u32, oc: u32 }

// forward
@group(0) @binding(0) var<storage, read> weight: array<f32>;
@group(0) @binding(1) var<storage, read_write> flipped: array<f32>;
@group(0) @binding(2) var<uniform> params: FlipParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = params;
  if (i >= p.taps * p.ic * p.oc) { return; }
  let c = i % p.ic;
  let o = (i / p.ic) % p.oc;
  let tap = i / (p.ic * p.oc);
  flipped[i] = weight[((p.taps - 1u - tap) * p.ic + c) * p.oc + o]; // formula
}
