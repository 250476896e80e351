// elu(z) = z if z > 0, else alpha * (exp(z) - 1), as a function. The shader defines Lane as vec2f or vec4f.

fn elu_of(z: Lane, alpha: f32) -> Lane {
  return select(alpha * (exp(min(z, Lane())) - 1.0), z, z > Lane());
}
