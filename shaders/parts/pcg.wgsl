// PCG's output permutation, a hash of 32 bits; dropout.wgsl explains it.

fn pcg(v: vec4u) -> vec4u {
  let state = v * 747796405u + 2891336453u;
  let word = ((state >> ((state >> vec4u(28u)) + 4u)) ^ state) * 277803737u;
  return (word >> vec4u(22u)) ^ word;
}
