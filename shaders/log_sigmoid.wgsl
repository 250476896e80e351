// The logarithm of the sigmoid.
//
// What it means: some classifiers end in a sigmoid for each class. The softmax of these logarithms is each sigmoid divided by
// their sum, so such outputs become shares of 1, in the same order.
//
//   y  = log(1 / (1 + exp(-x))) = min(x, 0) - log(1 + exp(-|x|))
//   dx = dy * (1 - exp(y))
//
// The second form of y neither overflows nor loses digits. exp(y) is the sigmoid, so the backward pass needs only the output.
// Shapes: any. Threads: one per vec4. The last one may access the padding of the buffer.

struct LogSigmoidParams { quads: u32 }

// forward
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var<uniform> params: LogSigmoidParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= params.quads) { return; }
  let v = x[i];
  y[i] = min(v, vec4f(0.0)) - log(vec4f(1.0) + exp(-abs(v))); // formula
}

// backward
@group(0) @binding(0) var<storage, read> b_dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> b_y: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(3) var<uniform> b_params: LogSigmoidParams;

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= b_params.quads) { return; }
  dx[i] = b_dy[i] * (vec4f(1.0) - exp(b_y[i])); // formula
}
