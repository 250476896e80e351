// The kernel that turns a convolution into its input gradient: taps turned by 180 degrees, channels swapped.
//
//   out[ky, kx, oc, ic] = w[KH - 1 - ky, KW - 1 - kx, ic, oc]      with `turn` 1
//   out[ky, kx, oc, ic] = w[ky, kx, ic, oc]                        with `turn` 0
//
// With a single tap either is the transpose of a dense layer's weights. Winograd's algorithm needs channels swapped alone.
// Shapes: w [KH, KW, IC, OC], out [KH, KW, OC, IC].
// Threads: `forward` one a number; `forward_quads`, for channels in multiples of 4, one a block of 4 x 4 channels of one
// tap, which reads four vec4s and writes the four of the transpose.

struct FlipParams { taps: u32, ic: u32, oc: u32, turn: u32 }

// forward
@group(0) @binding(0) var<storage, read> weight: array<f32>;
@group(0) @binding(1) var<storage, read_write> flipped: array<f32>;
@group(0) @binding(2) var<uniform> params: FlipParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  let p = params;
  if (i >= p.taps * p.ic * p.oc) { return; }
  let c = i % p.ic;
  let o = (i / p.ic) % p.oc;
  let tap = i / (p.ic * p.oc);
  flipped[i] = weight[(select(tap, p.taps - 1u - tap, p.turn == 1u) * p.ic + c) * p.oc + o];
}

// forward_quads
@group(0) @binding(0) var<storage, read> quads: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> flipped_quads: array<vec4f>;
@group(0) @binding(2) var<uniform> quad_params: FlipParams;

@compute @workgroup_size(64)
fn forward_quads(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                 @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  let p = quad_params;
  let ic4 = p.ic / 4u;
  let oc4 = p.oc / 4u;
  if (i >= p.taps * ic4 * oc4) { return; }
  let c = i % ic4;
  let o = (i / ic4) % oc4;
  let tap = i / (ic4 * oc4);
  let row = (select(tap, p.taps - 1u - tap, p.turn == 1u) * p.ic + c * 4u) * oc4 + o;
  let block = transpose(mat4x4f(quads[row], quads[row + oc4], quads[row + 2u * oc4], quads[row + 3u * oc4]));
  let to = (tap * p.oc + o * 4u) * ic4 + c;
  flipped_quads[to] = block[0];
  flipped_quads[to + ic4] = block[1];
  flipped_quads[to + 2u * ic4] = block[2];
  flipped_quads[to + 3u * ic4] = block[3];
}
