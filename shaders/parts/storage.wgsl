// Storage format of a tensor between two kernels: float32 (f32), or float16 (f16) with two numbers per u32. All arithmetic
// is float32: kernels unpack after loading and pack before storing. float16 needs half the loads, stores and bytes. It
// keeps 11 of 24 significant bits; its largest number is 65504, its smallest normal one 6e-5.
// Constants: FORMAT, f32 or f16.

/// What one load returns: a word, a pair of neighbouring numbers, or four.
alias Word_f32 = f32;
alias Pair_f32 = vec2f;
alias Quad_f32 = vec4f;
alias Word_f16 = u32;
alias Pair_f16 = u32;
alias Quad_f16 = vec2u;
alias Word = Word_{{FORMAT}};
alias Pair = Pair_{{FORMAT}};
alias Quad = Quad_{{FORMAT}};

/// Numbers per word.
const IN_WORD_f32 = 1u;
const IN_WORD_f16 = 2u;
const IN_WORD = IN_WORD_{{FORMAT}};

/// Gradients in the Winograd domain are small, so float16 stores them multiplied by this factor. A power of two keeps all
/// digits.
const GRADIENT_SCALE_f32 = 1.0;
const GRADIENT_SCALE_f16 = 1024.0;
const GRADIENT_SCALE = GRADIENT_SCALE_{{FORMAT}};

/// Number i of an array, given the word i / IN_WORD that contains it.
fn number_of(word: Word, i: u32) -> f32 { return number_of_{{FORMAT}}(word, i); }
fn pair_of(stored: Pair) -> vec2f { return pair_of_{{FORMAT}}(stored); }
fn quad_of(stored: Quad) -> vec4f { return quad_of_{{FORMAT}}(stored); }
fn to_pair(values: vec2f) -> Pair { return to_pair_{{FORMAT}}(values); }
fn to_quad(values: vec4f) -> Quad { return to_quad_{{FORMAT}}(values); }

fn number_of_f32(word: f32, i: u32) -> f32 { return word; }
fn pair_of_f32(stored: vec2f) -> vec2f { return stored; }
fn quad_of_f32(stored: vec4f) -> vec4f { return stored; }
/// The word to store for these two numbers: f32 holds the first one only, f16 both.
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

/// Two float16 numbers in a word, rounded half up in magnitude, and clamped to the largest float16.
fn packed(values: vec2f) -> u32 {
  let bits = bitcast<vec2u>(clamp(values, vec2f(-65504.0), vec2f(65504.0)) * 0x1p-112) + 0x1000u;
  return ((bits.x >> 13u) & 0x7fffu) | ((bits.x >> 16u) & 0x8000u) | ((bits.y << 3u) & 0x7fff0000u) | (bits.y & 0x80000000u);
}
