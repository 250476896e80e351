// Max pooling: only the largest value of each window remains.
//
// What it means: the image shrinks, and a feature counts wherever in the window it is.
//
//   y[n, oy, ox, c] = max over the window of x; `argmax` is the position of the maximum in the window, ky * kw + kx
//   dx of a pixel   = sum of dy over the windows whose maximum it is
// Of equal values, the first in row-major order wins. In the backward pass each input pixel gathers from the windows that
// cover it. So overlapping windows need no atomics, and the order of the sum is fixed. Where the windows tile the image
// (the stride is the window, no padding), `backward_tiles` is faster: each window writes its own pixels.
//
// Shapes: x [B, H, W, C], y and argmax [B, OH, OW, C]. Threads: one per output lane (forward) or input lane (backward), or
// one per window and lane (backward_tiles), including incomplete windows at the border, whose pixels get 0.
// Constants: LANE and INDEX are f32 and u32, or vec4f and vec4u for four channels at once; C is then counted in fours.

alias Lane = {{LANE}};
alias Index = {{INDEX}};

struct PoolParams {
  b: u32, h: u32, w: u32, c: u32, oh: u32, ow: u32, kh: u32, kw: u32,
  stride_y: u32, stride_x: u32, pad_top: u32, pad_left: u32,
}

// forward
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read_write> y: array<Lane>;
@group(0) @binding(2) var<storage, read_write> argmax: array<Index>;
@group(0) @binding(3) var<uniform> params: PoolParams;

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
  var best = Lane(-3.4028234e38);
  var place = Index();
  for (var ky = 0u; ky < p.kh; ky++) {
    let iy = oy * p.stride_y + ky - p.pad_top; // wraps to a huge number above the image
    if (iy >= p.h) { continue; }
    for (var kx = 0u; kx < p.kw; kx++) {
      let ix = ox * p.stride_x + kx - p.pad_left;
      if (ix >= p.w) { continue; }
      let v = x[((n * p.h + iy) * p.w + ix) * p.c + c];
      let better = v > best;
      best = select(best, v, better); // formula
      place = select(place, Index(ky * p.kw + kx), better);
    }
  }
  y[i] = best;
  argmax[i] = place;
}

// backward
@group(0) @binding(0) var<storage, read> b_dy: array<Lane>;
@group(0) @binding(1) var<storage, read> b_argmax: array<Index>;
@group(0) @binding(2) var<storage, read_write> dx: array<Lane>;
@group(0) @binding(3) var<uniform> b_params: PoolParams;

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
    for (var kx = 0u; kx < p.kw; kx++) {
      let sx = ix + p.pad_left - kx;
      if (sx % p.stride_x != 0u || sx / p.stride_x >= p.ow || kx > ix + p.pad_left) { continue; }
      let at = ((n * p.oh + sy / p.stride_y) * p.ow + sx / p.stride_x) * p.c + c;
      sum += select(Lane(), b_dy[at], b_argmax[at] == Index(ky * p.kw + kx)); // formula
    }
  }
  dx[i] = sum;
}

// backward_tiles
@group(0) @binding(0) var<storage, read> t_dy: array<Lane>;
@group(0) @binding(1) var<storage, read> t_argmax: array<Index>;
@group(0) @binding(2) var<storage, read_write> t_dx: array<Lane>;
@group(0) @binding(3) var<uniform> t_params: PoolParams;

@compute @workgroup_size(64)
fn backward_tiles(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                  @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = t_params;
  let across = (p.w + p.kw - 1u) / p.kw;
  let down = (p.h + p.kh - 1u) / p.kh;
  if (i >= p.b * down * across * p.c) { return; }
  let c = i % p.c;
  let ox = (i / p.c) % across;
  let oy = (i / (p.c * across)) % down;
  let n = i / (p.c * across * down);
  let whole = ox < p.ow && oy < p.oh;
  let at = select(0u, ((n * p.oh + oy) * p.ow + ox) * p.c + c, whole);
  let gradient = select(Lane(), t_dy[at], whole);
  let place = t_argmax[at];
  for (var ky = 0u; ky < p.kh; ky++) {
    for (var kx = 0u; kx < p.kw; kx++) {
      let iy = oy * p.kh + ky;
      let ix = ox * p.kw + kx;
      if (iy < p.h && ix < p.w) {
        t_dx[((n * p.h + iy) * p.w + ix) * p.c + c] = select(Lane(), gradient, place == Index(ky * p.kw + kx)); // formula
      }
    }
  }
}
