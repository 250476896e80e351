// Average pooling: each window becomes the mean of what it covers.
//
// What it means: it shrinks the image like max pooling, but every pixel contributes. With one window over the whole image
// (global average pooling), a map becomes one number: how strong a feature is, wherever it is.
//
//   y[n, oy, ox, c] = sum of x over the window / count,   count = pixels of the window that lie in the image
//   dx of a pixel   = sum of dy / count over the windows that cover it
// Padding is not counted, as in Keras. In the backward pass each pixel gathers from its windows, so the order of its sum is
// fixed.
//
// Shapes: x and dx [B, H, W, C], y and dy [B, OH, OW, C]. Threads: one per output lane (forward) or input lane (backward).
// Constants: LANE is f32, or vec4f for four channels at once; C is then counted in fours.

alias Lane = {{LANE}};

struct AveragePoolParams {
  b: u32, h: u32, w: u32, c: u32, oh: u32, ow: u32, kh: u32, kw: u32,
  stride_y: u32, stride_x: u32, pad_top: u32, pad_left: u32,
}

/// How many elements of window `o` along an axis of `extent` lie in the image.
fn covered(o: u32, extent: u32, size: u32, stride: u32, before: u32) -> u32 {
  let first = max(o * stride, before);
  let last = min(o * stride + size, extent + before);
  return last - first;
}

// forward
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read_write> y: array<Lane>;
@group(0) @binding(2) var<uniform> params: AveragePoolParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = params;
  if (i >= p.b * p.oh * p.ow * p.c) { return; }
  let c = i % p.c;
  let ox = (i / p.c) % p.ow;
  let oy = (i / (p.c * p.ow)) % p.oh;
  let n = i / (p.c * p.ow * p.oh);
  var sum = Lane();
  for (var ky = 0u; ky < p.kh; ky++) {
    let iy = oy * p.stride_y + ky - p.pad_top; // wraps to a huge number above the image
    if (iy >= p.h) { continue; }
    for (var kx = 0u; kx < p.kw; kx++) {
      let ix = ox * p.stride_x + kx - p.pad_left;
      if (ix >= p.w) { continue; }
      sum += x[((n * p.h + iy) * p.w + ix) * p.c + c]; // formula
    }
  }
  let count = covered(oy, p.h, p.kh, p.stride_y, p.pad_top) * covered(ox, p.w, p.kw, p.stride_x, p.pad_left);
  y[i] = sum / f32(count); // formula
}

// backward
@group(0) @binding(0) var<storage, read> dy: array<Lane>;
@group(0) @binding(1) var<storage, read_write> dx: array<Lane>;
@group(0) @binding(2) var<uniform> b_params: AveragePoolParams;

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = b_params;
  if (i >= p.b * p.h * p.w * p.c) { return; }
  let c = i % p.c;
  let ix = (i / p.c) % p.w;
  let iy = (i / (p.c * p.w)) % p.h;
  let n = i / (p.c * p.w * p.h);
  var sum = Lane();
  for (var ky = 0u; ky < p.kh; ky++) {
    let sy = iy + p.pad_top - ky; // wraps when the window would start above the padding
    if (sy % p.stride_y != 0u || sy / p.stride_y >= p.oh || ky > iy + p.pad_top) { continue; }
    let oy = sy / p.stride_y;
    for (var kx = 0u; kx < p.kw; kx++) {
      let sx = ix + p.pad_left - kx;
      if (sx % p.stride_x != 0u || sx / p.stride_x >= p.ow || kx > ix + p.pad_left) { continue; }
      let ox = sx / p.stride_x;
      let count = covered(oy, p.h, p.kh, p.stride_y, p.pad_top) * covered(ox, p.w, p.kw, p.stride_x, p.pad_left);
      sum += dy[((n * p.oh + oy) * p.ow + ox) * p.c + c] / f32(count); // formula
    }
  }
  dx[i] = sum;
}
