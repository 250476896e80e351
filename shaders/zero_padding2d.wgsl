// Zero padding: rows and columns of zeros around an image. The gradient removes them again.
//
// What it means: convolutions without padding would shrink the image. Some networks pad explicitly, to control how much and
// where.
//
//   y[n, top + iy, left + ix, c] = x[n, iy, ix, c], 0 elsewhere          dx[n, iy, ix, c] = dy[n, top + iy, left + ix, c]
//
// Shapes: x and dx [B, H, W, C], y and dy [B, OH, OW, C]. Threads: one per lane of y (forward) or dx (backward).
// Constants: LANE is f32, or vec4f for four channels at once; C is then counted in fours.

alias Lane = {{LANE}};

struct PaddingParams { b: u32, h: u32, w: u32, c: u32, oh: u32, ow: u32, top: u32, left: u32 }

// forward
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read_write> y: array<Lane>;
@group(0) @binding(2) var<uniform> params: PaddingParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = params;
  if (i >= p.b * p.oh * p.ow * p.c) { return; }
  let c = i % p.c;
  let ix = (i / p.c) % p.ow - p.left; // wraps to a huge number left of the image
  let iy = (i / (p.c * p.ow)) % p.oh - p.top;
  let n = i / (p.c * p.ow * p.oh);
  let inside = ix < p.w && iy < p.h;
  y[i] = select(Lane(), x[select(0u, ((n * p.h + iy) * p.w + ix) * p.c + c, inside)], inside); // formula
}

// backward
@group(0) @binding(0) var<storage, read> dy: array<Lane>;
@group(0) @binding(1) var<storage, read_write> dx: array<Lane>;
@group(0) @binding(2) var<uniform> b_params: PaddingParams;

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
  dx[i] = dy[((n * p.oh + iy + p.top) * p.ow + ix + p.left) * p.c + c]; // formula
}
