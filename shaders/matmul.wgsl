// Batched matrix product, naive: the definition that matmul_subgroup.wgsl must agree with.
//
//   product:             c[i, r, s] = bias[s] + sum over k of a[i, r, k] * b[i, k, s]
//   transposed_product:  c[i, r, s] = bias[s] + sum over k of a[i, k, r] * b[i, k, s]
//   product_transposed:  c[i, r, s] = bias[s] + sum over k of a[i, r, k] * b[i, s, k]
//
// The three passes of a layer: y = x w, then dw = x^T dy and dx = dy w^T, each from the factors as they lie.
//
// The Winograd convolution (conv2d_winograd.wgsl) spends its time here: one product for each of the 36 or 64 places of a
// transformed tile. Threads: one an element of C, which walks along k; nothing is shared between them.
// Shapes: A [BATCH, M, K], transposed [BATCH, K, M], B [BATCH, K, N], transposed [BATCH, N, K], bias [N], read if has_bias
// is 1, C [BATCH, M, N].

struct MatmulParams { batch: u32, m: u32, k: u32, n: u32, has_bias: u32 }

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> c: array<f32>;
@group(0) @binding(4) var<uniform> params: MatmulParams;

// product
@compute @workgroup_size(64)
fn product(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  let p = params;
  if (i >= p.batch * p.m * p.n) { return; }
  let batch = i / (p.m * p.n);
  var sum = 0.0;
  if (p.has_bias == 1u) { sum = bias[i % p.n]; }
  for (var k = 0u; k < p.k; k++) {
    sum += a[(i / p.n) * p.k + k] * b[(batch * p.k + k) * p.n + i % p.n];
  }
  c[i] = sum;
}

// transposed_product
@compute @workgroup_size(64)
fn transposed_product(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                      @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  let p = params;
  if (i >= p.batch * p.m * p.n) { return; }
  let batch = i / (p.m * p.n);
  let row = (i / p.n) % p.m;
  var sum = 0.0;
  if (p.has_bias == 1u) { sum = bias[i % p.n]; }
  for (var k = 0u; k < p.k; k++) {
    sum += a[(batch * p.k + k) * p.m + row] * b[(batch * p.k + k) * p.n + i % p.n];
  }
  c[i] = sum;
}

// product_transposed
@compute @workgroup_size(64)
fn product_transposed(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                      @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  let p = params;
  if (i >= p.batch * p.m * p.n) { return; }
  let batch = i / (p.m * p.n);
  var sum = 0.0;
  if (p.has_bias == 1u) { sum = bias[i % p.n]; }
  for (var k = 0u; k < p.k; k++) {
    sum += a[(i / p.n) * p.k + k] * b[(batch * p.n + i % p.n) * p.k + k];
  }
  c[i] = sum;
}
