// Expands the kernel of a dilated or grouped convolution to that of a plain one, with zeros.
//
// What it means: a dilated convolution skips pixels between the taps of its window; in a grouped one, each output depends on some
// of the channels only. Both are plain convolutions whose kernel is 0 elsewhere, so the shaders of plain convolutions compute them
// too. This is simple rather than fast: the zeros are multiplied as well.
//
//   y[ky * D, kx * D, group * IC + ic, oc] = x[ky, kx, ic, oc], 0 elsewhere;   group = oc / (OC / groups)
//   dx gathers from the same places of dy
//
// Shapes: x [KH, KW, IC, OC], y [(KH - 1) * DY + 1, (KW - 1) * DX + 1, groups * IC, OC]. Threads: one per value that is written.

struct ExpandParams { kh: u32, kw: u32, ic: u32, oc: u32, groups: u32, dilation_y: u32, dilation_x: u32 }

// forward
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: ExpandParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = params;
  let columns = (p.kw - 1u) * p.dilation_x + 1u;
  let rows = (p.kh - 1u) * p.dilation_y + 1u;
  let channels = p.groups * p.ic;
  if (i >= rows * columns * channels * p.oc) { return; }
  let oc = i % p.oc;
  let channel = (i / p.oc) % channels;
  let column = (i / (p.oc * channels)) % columns;
  let row = i / (p.oc * channels * columns);
  let used = row % p.dilation_y == 0u && column % p.dilation_x == 0u && channel / p.ic == oc / (p.oc / p.groups);
  let at = ((row / p.dilation_y * p.kw + column / p.dilation_x) * p.ic + channel % p.ic) * p.oc + oc;
  y[i] = select(0.0, x[at], used); // formula
}

// backward
@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
@group(0) @binding(2) var<uniform> b_params: ExpandParams;

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = b_params;
  if (i >= p.kh * p.kw * p.ic * p.oc) { return; }
  let oc = i % p.oc;
  let ic = (i / p.oc) % p.ic;
  let kx = (i / (p.oc * p.ic)) % p.kw;
  let ky = i / (p.oc * p.ic * p.kw);
  let columns = (p.kw - 1u) * p.dilation_x + 1u;
  let channel = oc / (p.oc / p.groups) * p.ic + ic;
  dx[i] = dy[((ky * p.dilation_y * columns + kx * p.dilation_x) * p.groups * p.ic + channel) * p.oc + oc]; // formula
}
