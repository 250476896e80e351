// Element-wise operations: the sum of two tensors, and filling one.
//
//   add:      sum = a + b (where a skip connection joins; the gradient of both is dsum)
//   add_into: y += x (sums the gradients of a variable with several users)
//   fill:     y = value
//
// Shapes: any. Threads: one per vec4. The last one may access the padding of the buffer.

struct ElementwiseParams { quads: u32, value: f32 }

// add
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> sum: array<vec4f>;
@group(0) @binding(3) var<uniform> add_params: ElementwiseParams;

@compute @workgroup_size(64)
fn add(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
       @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i < add_params.quads) { sum[i] = a[i] + b[i]; } // formula
}

// add_into
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var<uniform> params: ElementwiseParams;

@compute @workgroup_size(64)
fn add_into(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i < params.quads) { y[i] += x[i]; } // formula
}

// fill
@group(0) @binding(0) var<storage, read_write> f_y: array<vec4f>;
@group(0) @binding(1) var<uniform> f_params: ElementwiseParams;

@compute @workgroup_size(64)
fn fill(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i < f_params.quads) { f_y[i] = vec4f(f_params.value); } // formula
}
