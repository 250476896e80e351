// The third of three weights that few_rows.wgsl has packed into two words: its bits are the lowest 11 of each word. The other two
// are the words themselves. The shader defines Lane, and Word and Bits, which are integers of the same width.

fn third_weight(first: Word, second: Word) -> Lane {
  return Lane((second << Bits(21u)) | ((first & Word(0x7ff)) << Bits(10u)));
}
