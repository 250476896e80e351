// A batch from the data set in device memory: images are selected, augmented and preprocessed on the device.
//
// What it means: all training images stay in device memory as bytes (28,709 faces take 66 MB). A step needs a few of them as
// floats, each with a small random change, so that the network sees another version of a face in every epoch. The host draws
// the random numbers and sends 32 bytes per image: its index, an affine map, and a gain. No pixels cross the bus.
//
//   (sx, sy) = (x0 + xx * ox + xy * oy, y0 + yx * ox + yy * oy), clamped to the image
//   v        = bilinear interpolation of the four pixels around (sx, sy), times gain, at most 255
//   image    = (v - mean[oy, ox]) / divisor
//
// Shapes: pixels [N, H, W, stored] bytes, four in a u32; draws [B, 8]: image (u32), gain, x0, y0, xx, xy, yx, yy (f32);
// mean [H, W], read if has_mean is 1; images [B, H, W, channels]. Channel c comes from the stored channel c, or from the only
// one: a gray image for a network with colour input. Threads: one per output value. No gradient: the input is data.

struct BatchParams { b: u32, h: u32, w: u32, channels: u32, stored: u32, has_mean: u32, divisor: f32 }

@group(0) @binding(0) var<storage, read> pixels: array<u32>;
@group(0) @binding(1) var<storage, read> draws: array<vec4u>;
@group(0) @binding(2) var<storage, read> mean: array<f32>;
@group(0) @binding(3) var<storage, read_write> images: array<f32>;
@group(0) @binding(4) var<uniform> params: BatchParams;

fn pixel(at: u32) -> f32 {
  return f32((pixels[at / 4u] >> (8u * (at % 4u))) & 255u);
}

@compute @workgroup_size(64)
fn pick(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = params;
  let size = p.h * p.w;
  if (i >= p.b * size * p.channels) { return; }
  let n = i / (size * p.channels);
  let o = (i / p.channels) % size;
  let c = (i % p.channels) % p.stored;
  let out = vec2f(f32(o % p.w), f32(o / p.w));
  let first = draws[2u * n];
  let matrix = bitcast<vec4f>(draws[2u * n + 1u]);
  let origin = vec2f(bitcast<f32>(first.z), bitcast<f32>(first.w));
  let last = vec2f(f32(p.w - 1u), f32(p.h - 1u));
  let source = clamp(vec2f(dot(matrix.xy, out), dot(matrix.zw, out)) + origin, vec2f(0.0), last); // formula
  let corner = floor(source);
  let near = source - corner;
  let at = (first.x * size + u32(corner.y) * p.w + u32(corner.x)) * p.stored + c;
  let right = select(0u, p.stored, corner.x < last.x);
  let below = select(0u, p.w * p.stored, corner.y < last.y);
  let top = mix(pixel(at), pixel(at + right), near.x);
  let bottom = mix(pixel(at + below), pixel(at + below + right), near.x);
  let value = min(mix(top, bottom, near.y) * bitcast<f32>(first.y), 255.0); // formula
  var shift = 0.0;
  if (p.has_mean == 1u) { shift = mean[o]; }
  images[i] = (value - shift) / p.divisor; // formula
}
