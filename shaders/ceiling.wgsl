// The adapter's peak rates, for the benchmarks: they report each kernel's speed as a share of these.
//
//   multiply_add   only multiply-adds on registers: 2 * 16 * 4 floating-point operations per round and invocation, in four
//                  chains of vec4s that advance four times each
//   copy           only one load and one store of a vec4 per invocation
// Four chains are enough to hide the latency of a multiply-add, and few enough to stay in registers. Advancing each chain
// four times between loop checks keeps the cost of the loop small.
// Shapes: results [n], x and y [N] in vec4s. Threads: one per vec4.

struct MultiplyAddParams { n: u32, rounds: u32, factor: f32, addend: f32 }

// multiply_add: result = sum of the four chains; chain j starts at j and becomes v * factor + addend, 4 * rounds times
@group(0) @binding(0) var<storage, read_write> results: array<vec4f>;
@group(0) @binding(1) var<uniform> params: MultiplyAddParams;

@compute @workgroup_size(64)
fn multiply_add(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = params;
  if (i >= p.n) { return; }
  var v0 = vec4f(0.0);
  var v1 = vec4f(1.0);
  var v2 = vec4f(2.0);
  var v3 = vec4f(3.0);
  for (var round = 0u; round < p.rounds; round++) {
    for (var k = 0u; k < 4u; k++) {
      v0 = fma(v0, vec4f(p.factor), vec4f(p.addend)); // formula
      v1 = fma(v1, vec4f(p.factor), vec4f(p.addend));
      v2 = fma(v2, vec4f(p.factor), vec4f(p.addend));
      v3 = fma(v3, vec4f(p.factor), vec4f(p.addend));
    }
  }
  results[i] = v0 + v1 + v2 + v3;
}

// copy
struct CopyParams { quads: u32 }
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var<uniform> copy_params: CopyParams;

@compute @workgroup_size(64)
fn copy(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  if (i >= copy_params.quads) { return; }
  y[i] = x[i]; // formula
}
