// Concatenation: the channels of several inputs side by side. Two branches of a network meet, and the next layer sees both.
//
// What it means: for example, learned features and hand-designed ones become one vector. Nothing is computed, and the gradient of
// the whole is cut into the gradients of its parts.
//
//   y[row, offset + c] = part[row, c]          dpart[row, c] = dy[row, offset + c]
//
// Shapes: part and dpart [..., channels], y and dy [..., width], with as many rows. One dispatch for each part; together they
// fill y. Threads: one per value of the part.

struct ConcatenateParams { rows: u32, channels: u32, width: u32, offset: u32 }

// forward
@group(0) @binding(0) var<storage, read> part: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: ConcatenateParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = params;
  if (i >= p.rows * p.channels) { return; }
  y[i / p.channels * p.width + p.offset + i % p.channels] = part[i]; // formula
}

// backward
@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read_write> dpart: array<f32>;
@group(0) @binding(2) var<uniform> b_params: ConcatenateParams;

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = b_params;
  if (i >= p.rows * p.channels) { return; }
  dpart[i] = dy[i / p.channels * p.width + p.offset + i % p.channels]; // formula
}
