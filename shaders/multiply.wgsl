// Element-wise product of two inputs. An input with extent 1 along an axis is broadcast along it.
//
// What it means: one input weighs the other. In a squeeze-and-excitation block (Hu et al. 2018), one number per channel makes
// whole maps stronger or weaker; in spatial attention (Woo et al. 2018), one number per pixel does so with positions.
//
//   y[n, h, w, c] = a[n, h, w, c] * b[n, h, w, c], where an axis of extent 1 has one value for all places
//   da            = sum of dy * b over the positions of y that use the value of a; db likewise
//
// Shapes: a [N, AH, AW, AC], b [N, BH, BW, BC], y [N, H, W, C] with the larger extent of both along each axis.
// Threads: one per value of y (forward), or of the input whose gradient is computed (backward). Its sum is in a fixed order.

struct MultiplyParams {
  n: u32, h: u32, w: u32, c: u32, ah: u32, aw: u32, ac: u32, bh: u32, bw: u32, bc: u32,
}

// forward
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> params: MultiplyParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = params;
  if (i >= p.n * p.h * p.w * p.c) { return; }
  let c = i % p.c;
  let column = (i / p.c) % p.w;
  let row = (i / (p.c * p.w)) % p.h;
  let n = i / (p.c * p.w * p.h);
  // min(): along an axis of extent 1, every place reads the one value.
  let at_a = ((n * p.ah + min(row, p.ah - 1u)) * p.aw + min(column, p.aw - 1u)) * p.ac + min(c, p.ac - 1u);
  let at_b = ((n * p.bh + min(row, p.bh - 1u)) * p.bw + min(column, p.bw - 1u)) * p.bc + min(c, p.bc - 1u);
  y[i] = a[at_a] * b[at_b]; // formula
}

// backward
@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> b_b: array<f32>;
@group(0) @binding(2) var<storage, read_write> da: array<f32>;
@group(0) @binding(3) var<uniform> b_params: MultiplyParams;

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = b_params;
  if (i >= p.n * p.ah * p.aw * p.ac) { return; }
  let first_c = i % p.ac;
  let first_column = (i / p.ac) % p.aw;
  let first_row = (i / (p.ac * p.aw)) % p.ah;
  let n = i / (p.ac * p.aw * p.ah);
  var sum = 0.0;
  for (var r = 0u; r < p.h / p.ah; r++) {
    let row = first_row + r;
    for (var s = 0u; s < p.w / p.aw; s++) {
      let column = first_column + s;
      for (var t = 0u; t < p.c / p.ac; t++) {
        let c = first_c + t;
        let at_b = ((n * p.bh + min(row, p.bh - 1u)) * p.bw + min(column, p.bw - 1u)) * p.bc + min(c, p.bc - 1u);
        sum += dy[((n * p.h + row) * p.w + column) * p.c + c] * b_b[at_b]; // formula
      }
    }
  }
  da[i] = sum;
}
