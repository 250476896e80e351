// Dropout (Srivastava et al. 2014): during training each value is dropped with probability `rate`.
//
// What it means: no unit can rely on another one being present, so the network learns redundant features.
//
//   y = x * keep / (1 - rate),   dx = dy * keep / (1 - rate): the same kernel, the same mask, nothing stored
//
// The random numbers are counter-based: a hash of `seed`, training step, `layer` and element i gives one u32, the same in any
// thread and on any adapter. The hash is PCG's output permutation (O'Neill 2014; recommended for GPUs by Jarzynski & Olano
// 2020). So the mask can be generated again at any time: the backward pass and an exact resume rely on this.
//   key = pcg(seed ^ pcg(layer ^ pcg(step))),  keep element i  iff  pcg(i ^ key) >= rate * 2^32
//
// `apply_channels` is spatial dropout (Tompson et al. 2015). Neighbouring pixels of a map are strongly correlated, so dropping
// single pixels removes little information; this drops whole maps. Element i is then the map: image * C + channel.
//
// Shapes: any; for `apply_channels` [B, H * W, C].
// Threads: one per vec4. The last one may access the padding of the buffer.
// Parts: pcg, dropout_mask

struct DropoutParams { quads: u32, layer: u32, threshold: u32, scale: f32 }

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> step_state: Step;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(3) var<uniform> params: DropoutParams;

@compute @workgroup_size(64)
fn apply(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
         @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = params;
  if (i >= p.quads) { return; }
  let key = dropout_key(step_state, p.layer);
  y[i] = select(vec4f(0.0), x[i] * p.scale, kept(elements_of(i), key, p.threshold)); // formula
}

// apply_channels
struct ChannelDropoutParams { quads: u32, layer: u32, threshold: u32, scale: f32, c: u32, image: u32 }
@group(0) @binding(0) var<storage, read> c_x: array<vec4f>;
@group(0) @binding(1) var<storage, read> c_step_state: Step;
@group(0) @binding(2) var<storage, read_write> c_y: array<vec4f>;
@group(0) @binding(3) var<uniform> c_params: ChannelDropoutParams; // image: values per image, H * W * C

@compute @workgroup_size(64)
fn apply_channels(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                  @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = c_params;
  if (i >= p.quads) { return; }
  let key = dropout_key(c_step_state, p.layer);
  let element = elements_of(i);
  let map = (element / p.image) * p.c + element % p.c;
  c_y[i] = select(vec4f(0.0), c_x[i] * p.scale, kept(map, key, p.threshold)); // formula
}
