// Transposition: the axes of an image in another order.
//
// What it means: nothing is computed; the values move. Networks made for the layout [C, H, W] flatten a map channel by
// channel before a dense layer. Here maps are [H, W, C], so such a network transposes the map before it is flattened.
//
//   y[n, i, j, k] = x[n, ...], where axis i, j or k of y is some axis of x
//
// The gradient is moved back the same way, with the inverse order.
// Shapes: x and y [N, 3 axes]; `si`, `sj`, `sk` are the distances in x of neighbours along the axes of y.
// Threads: one per value of y.

struct TransposeParams { n: u32, i: u32, j: u32, k: u32, si: u32, sj: u32, sk: u32 }

// forward
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: TransposeParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let at = (group.y * groups.x + group.x) * 64u + local.x;
  let p = params;
  let image = p.i * p.j * p.k;
  if (at >= p.n * image) { return; }
  let k = at % p.k;
  let j = (at / p.k) % p.j;
  let i = (at / (p.k * p.j)) % p.i;
  y[at] = x[at / image * image + i * p.si + j * p.sj + k * p.sk]; // formula
}
