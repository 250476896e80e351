// The dropout mask; dropout.wgsl explains its random numbers. An element has the same mask in every shader.

struct Step { index: u32, seed: u32, rate: f32, slot: u32 }

fn dropout_key(step: Step, layer: u32) -> vec4u {
  return pcg(vec4u(step.seed) ^ pcg(vec4u(layer) ^ pcg(vec4u(step.index))));
}

/// Whether each of these elements is kept.
fn kept(elements: vec4u, key: vec4u, threshold: u32) -> vec4<bool> {
  return pcg(elements ^ key) >= vec4u(threshold);
}

/// The indices of the four elements of a vec4.
fn elements_of(quad: u32) -> vec4u {
  return vec4u(quad * 4u) + vec4u(0u, 1u, 2u, 3u);
}
