// How numbers lie in memory between two kernels: as float32 (f32), or as float16 (f16), two halves in a u32. Kernels compute
// in float32 either way: they unpack what they load and pack what they store. Halves take half of the loads, stores and
// bytes, and keep 11 of 24 binary digits; 65504 is the largest of them, 6e-5 the smallest with all its digits.
// Constants: FORMAT, f32 or f16.

/// What one load brings: a word, two neighbouring numbers, or four.
alias Word_f32 = f32;
alias Pair_f32 = vec2f;
alias Quad_f32 = vec4f;
alias Word_f16 = u32;
alias Pair_f16 = u32;
alias Quad_f16 = vec2u;
alias Word = Word_{{FORMAT}};
alias Pair = Pair_{{FORMAT}};
alias Quad = Quad_{{FORMAT}};

/// Numbers in a word.
const IN_WORD_f32 = 1u;
const IN_WORD_f16 = 2u;
const IN_WORD = IN_WORD_{{FORMAT}};

/// Gradients at the points of a convolution are small: as halves they are stored this many times larger, a power of two, so
/// that no digit changes.
const GRADIENT_SCALE_f32 = 1.0;
const GRADIENT_SCALE_f16 = 1024.0;
const GRADIENT_SCALE = GRADIENT_SCALE_{{FORMAT}};

/// Number i of an array, from the word i / IN_WORD.
fn number_of(word: Word, i: u32) -> f32 { return number_of_{{FORMAT}}(word, i); }
fn pair_of(stored: Pair) -> vec2f { return pair_of_{{FORMAT}}(stored); }
fn quad_of(stored: Quad) -> vec4f { return quad_of_{{FORMAT}}(stored); }
fn to_pair(values: vec2f) -> Pair { return to_pair_{{FORMAT}}(values); }
fn to_quad(values: vec4f) -> Quad { return to_quad_{{FORMAT}}(values); }

fn number_of_f32(word: f32, i: u32) -> f32 { return word; }
fn pair_of_f32(stored: vec2f) -> vec2f { return stored; }
fn quad_of_f32(stored: vec4f) -> vec4f { return stored; }
/// A word that begins with the first of these numbers.
fn to_word_f32(values: vec2f) -> f32 { return values.x; }
fn to_pair_f32(values: vec2f) -> vec2f { return values; }
fn to_quad_f32(values: vec4f) -> vec4f { return values; }

fn number_of_f16(word: u32, i: u32) -> f32 { return unpack2x16float(word)[i % 2u]; }
fn pair_of_f16(stored: u32) -> vec2f { return unpack2x16float(stored); }
fn quad_of_f16(stored: vec2u) -> vec4f { return vec4f(unpack2x16float(stored.x), unpack2x16float(stored.y)); }
fn to_word_f16(values: vec2f) -> u32 { return to_pair_f16(values); }
fn to_pair_f16(values: vec2f) -> u32 { return packed(values); }
fn to_quad_f16(values: vec4f) -> vec2u {
  return vec2u(packed(values.xy), packed(values.zw));
}

/// Two halves in a word.
fn packed(values: vec2f) -> u32 {
  let bits = bitcast<vec2u>(clamp(values, vec2f(-65504.0), vec2f(65504.0)) * 0x1p-112) + 0x1000u;
  return ((bits.x >> 13u) & 0x7fffu) | ((bits.x >> 16u) & 0x8000u) | ((bits.y << 3u) & 0x7fff0000u) | (bits.y & 0x80000000u);
}
