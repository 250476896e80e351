// The third of three weights that few_rows.wgsl has packed into two words: its bits are the lowest 11 of both. The other two
// are the words themselves.

fn third_weight(first: vec4i, second: vec4i) -> vec4f {
  return vec4f((second << vec4u(21u)) | ((first & vec4i(0x7ff)) << vec4u(10u)));
}
