// A batch from the data set in device memory: images are selected, augmented and preprocessed on the device.
//
// What it means: all training images stay in device memory as bytes (28,709 faces take 66 MB). A step needs a few of them as
// floats, each with a small random change, so that the network sees another version of a face in every epoch. The host draws
// the random numbers and sends 64 bytes per image: its index, an affine map, and the strength of each lighting and camera effect.
// No pixels cross the bus. Each line takes the v of the line above:
//
//   (sx, sy) = (x0 + xx * ox + xy * oy, y0 + yx * ox + yy * oy), clamped to the image
//   v        = bilinear interpolation of the four pixels around (sx, sy), times gain, at most 255
//   v        = 127.5 + contrast * (255 * (v / 255)^gamma - 127.5), within 0 to 255
//   v        = mean of v around the pixel, weighted by exp(-distance^2 / (2 * blur^2)); edge pixels are repeated
//   v        = v + noise * (sum of 16 random bytes - 2040) / 295.6, within 0 to 255: nearly normal, by the central limit theorem
//   v        = what is left of v after JPEG: the cosine transform of each 8 x 8 pixels, rounded to multiples of steps (T.81, A.3)
//   v        = 127.5 in the rectangle that is erased
//   image    = (v - mean[oy, ox]) / divisor, or / divisors[oy, ox]
//
// An image that is only warped has gamma 1, contrast 1, blur 0, noise 0, quality 0 (no JPEG) and an erased
// rectangle without width. The random bytes are a hash of grain, pixel and channel, as in dropout.wgsl. JPEG's steps are those of
// libjpeg for the quality, for luminance in each channel.
//
// Shapes: pixels [N, H, W, stored] bytes, four in a u32; draws [B]; mean [H, W], read if has_mean is 1; divisors [H, W], read if
// has_divisors is 1; images [B, H, W, channels]. Channel c comes from the stored channel c; a gray image, which has only one, fills
// all channels of a network with colour input.
// Threads: a workgroup makes 8 x 8 pixels of one channel. A blur reads pixels around them, and JPEG repeats the last ones where
// the image ends within the 8 x 8. No gradient: the input is data.
// Parts: pcg

struct Draw {
  image: u32, gain: f32, origin: vec2f, matrix: vec4f, // x0, y0; xx, xy, yx, yy
  gamma: f32, contrast: f32, blur: f32, noise: f32,
  grain: u32, quality: u32,
  corner: u32, extent: u32, // of the erased rectangle: left and top, width and height, 16 bits each
}
struct BatchParams { b: u32, h: u32, w: u32, channels: u32, stored: u32, has_mean: u32, has_divisors: u32, divisor: f32 }

@group(0) @binding(0) var<storage, read> pixels: array<u32>;
@group(0) @binding(1) var<storage, read> draws: array<Draw>;
@group(0) @binding(2) var<storage, read> mean: array<f32>;
@group(0) @binding(3) var<storage, read> divisors: array<f32>;
@group(0) @binding(4) var<storage, read_write> images: array<f32>;
@group(0) @binding(5) var<uniform> params: BatchParams;

const SIDE = 8u;
/// Three standard deviations of the strongest blur, 2 pixels.
const REACH = 6u;
const COSINES = array<f32, 9>(1.0, 0.98078528, 0.92387953, 0.83146961, 0.70710678, 0.55557023, 0.38268343, 0.19509032, 0.0);
/// JPEG's table of steps for luminance (T.81, K.1).
const STEPS = array<u32, 64>(
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
  14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
  18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
  49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99);

var<workgroup> around: array<f32, 400>; // the pixels, and REACH on each side
var<workgroup> rows: array<f32, 160>; // the same, blurred along rows
var<workgroup> block: array<f32, 64>;
var<workgroup> half_done: array<f32, 64>; // transformed in one direction
var<workgroup> waves: array<f32, 64>; // wave u at k in 8u + k

fn pixel(at: u32) -> f32 {
  return f32((pixels[at / 4u] >> (8u * (at % 4u))) & 255u);
}

/// Channel c of the stored image, warped and lit, at an output pixel.
fn lit(draw: Draw, c: u32, out: vec2u) -> f32 {
  let p = params;
  let last = vec2f(f32(p.w - 1u), f32(p.h - 1u));
  let o = vec2f(out);
  let source = clamp(vec2f(dot(draw.matrix.xy, o), dot(draw.matrix.zw, o)) + draw.origin, vec2f(0.0), last); // formula
  let corner = floor(source);
  let near = source - corner;
  let at = (draw.image * p.h * p.w + u32(corner.y) * p.w + u32(corner.x)) * p.stored + c;
  let right = select(0u, p.stored, corner.x < last.x);
  let below = select(0u, p.w * p.stored, corner.y < last.y);
  let top = mix(pixel(at), pixel(at + right), near.x);
  let bottom = mix(pixel(at + below), pixel(at + below + right), near.x);
  var v = min(mix(top, bottom, near.y) * draw.gain, 255.0); // formula
  if (draw.gamma != 1.0 || draw.contrast != 1.0) {
    v = clamp(127.5 + draw.contrast * (255.0 * pow(v / 255.0, draw.gamma) - 127.5), 0.0, 255.0); // formula
  }
  return v;
}

/// The Gaussian mean around a pixel of the 8 x 8 from `corner` on: along rows, then along columns.
fn blurred(draw: Draw, c: u32, corner: vec2u, out: vec2u, lane: u32) -> f32 {
  let last = vec2u(params.w, params.h) - 1u;
  let reach = min(u32(ceil(3.0 * draw.blur)), REACH);
  let edge = SIDE + 2u * reach;
  for (var i = lane; i < edge * edge; i += 64u) {
    // Counted from `reach` before the corner, which may lie before the image.
    let at = corner + vec2u(i % edge, i / edge);
    around[i] = lit(draw, c, min(max(at, vec2u(reach)) - reach, last));
  }
  workgroupBarrier();
  for (var i = lane; i < edge * SIDE; i += 64u) {
    let x = min(corner.x + i % SIDE, last.x) - corner.x;
    rows[i] = 0.0;
    for (var k = 0u; k <= 2u * reach; k++) {
      rows[i] += weight(k, reach, draw.blur) * around[(i / SIDE) * edge + x + k]; // formula
    }
  }
  workgroupBarrier();
  let own = out - corner;
  var sum = 0.0;
  var total = 0.0;
  for (var k = 0u; k <= 2u * reach; k++) {
    sum += weight(k, reach, draw.blur) * rows[(own.y + k) * SIDE + own.x];
    total += weight(k, reach, draw.blur);
  }
  return sum / (total * total);
}

fn weight(k: u32, reach: u32, sigma: f32) -> f32 {
  let distance = f32(k) - f32(reach);
  return exp(-distance * distance / (2.0 * sigma * sigma));
}

/// A random number that is nearly standard normal, for one value of the output.
fn grain_at(grain: u32, element: u32) -> f32 {
  let bits = pcg((vec4u(element * 4u) + vec4u(0u, 1u, 2u, 3u)) ^ pcg(vec4u(grain)));
  let pairs = (bits & vec4u(0x00ff00ffu)) + ((bits >> vec4u(8u)) & vec4u(0x00ff00ffu)); // two sums of bytes in each
  let both = pairs.x + pairs.y + pairs.z + pairs.w;
  return (f32((both & 0xffffu) + (both >> 16u)) - 2040.0) / 295.601;
}

/// cos((2k + 1) u pi / 16), scaled so that the eight waves are orthonormal.
fn wave(u: u32, k: u32) -> f32 {
  let turn = ((2u * k + 1u) * u) % 32u; // of 32
  let fold = min(turn, 32u - turn); // cos is even
  let height = select(COSINES[min(fold, 16u - fold)], -COSINES[min(fold, 16u - fold)], fold > 8u);
  return select(0.5, 0.35355339, u == 0u) * height;
}

/// What JPEG leaves of the value of this thread. The transform is separable; each pass sums along one direction.
fn compressed(v: f32, quality: u32, lane: u32) -> f32 {
  let x = lane % SIDE;
  let y = lane / SIDE;
  waves[lane] = wave(y, x);
  block[lane] = v - 128.0;
  workgroupBarrier();
  var sum = 0.0;
  for (var k = 0u; k < SIDE; k++) { sum += waves[SIDE * x + k] * block[SIDE * y + k]; }
  half_done[lane] = sum;
  workgroupBarrier();
  sum = 0.0;
  for (var k = 0u; k < SIDE; k++) { sum += waves[SIDE * y + k] * half_done[SIDE * k + x]; }
  let scale = select(200u - 2u * quality, 5000u / quality, quality < 50u);
  let step = f32(clamp((STEPS[lane] * scale + 50u) / 100u, 1u, 255u));
  block[lane] = step * floor(sum / step + 0.5); // formula
  workgroupBarrier();
  sum = 0.0;
  for (var k = 0u; k < SIDE; k++) { sum += waves[SIDE * k + x] * block[SIDE * y + k]; }
  half_done[lane] = sum;
  workgroupBarrier();
  sum = 128.0;
  for (var k = 0u; k < SIDE; k++) { sum += waves[SIDE * k + y] * half_done[SIDE * k + x]; }
  return clamp(sum, 0.0, 255.0);
}

@compute @workgroup_size(64)
fn pick(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_id) local: vec3u) {
  let p = params;
  let blocks = (vec2u(p.w, p.h) + SIDE - 1u) / SIDE;
  let index = group.y * groups.x + group.x;
  let n = index / (blocks.x * blocks.y * p.channels);
  if (n >= p.b) { return; }
  let channel = index % p.channels;
  let number = (index / p.channels) % (blocks.x * blocks.y);
  let corner = SIDE * vec2u(number % blocks.x, number / blocks.x);
  let lane = local.x;
  let own = corner + vec2u(lane % SIDE, lane / SIDE);
  let out = min(own, vec2u(p.w, p.h) - 1u);
  let c = channel % p.stored;
  let o = out.y * p.w + out.x;
  let draw = draws[n];
  var v = 0.0;
  if (draw.blur > 0.0) { v = blurred(draw, c, corner, out, lane); } else { v = lit(draw, c, out); }
  if (draw.noise > 0.0) { v = clamp(v + draw.noise * grain_at(draw.grain, o * p.stored + c), 0.0, 255.0); } // formula
  if (draw.quality > 0u) { v = compressed(v, draw.quality, lane); }
  let inside = out - vec2u(draw.corner & 0xffffu, draw.corner >> 16u); // wraps around to a large number before the corner
  if (all(inside < vec2u(draw.extent & 0xffffu, draw.extent >> 16u))) { v = 127.5; }
  var shift = 0.0;
  if (p.has_mean == 1u) { shift = mean[o]; }
  var divisor = p.divisor;
  if (p.has_divisors == 1u) { divisor = divisors[o]; }
  if (all(own == out)) { images[(n * p.h * p.w + o) * p.channels + channel] = (v - shift) / divisor; } // formula
}
