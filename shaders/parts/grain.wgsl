// How threads share work along the rows of a map or matrix. `coarse`: a thread processes a whole row, or adds up a whole part of
// the rows for its column. That suits CPUs, which run few threads at once. `fine`: a thread processes a few pixels of a row, and
// the threads of a workgroup (a "team") share a part of the rows and add their sums in workgroup memory. That suits GPUs: they run
// thousands of threads at once, but each load that a thread waits for takes some hundred nanoseconds. Both orders are fixed.
// Constants: GRAIN, coarse or fine. THREADS, invocations of a workgroup that adds up: 64 or 256.

/// Pixels (or windows) of a row that a thread takes.
const RUN_coarse = 65536u;
const RUN_fine = 4u;

/// Columns that the threads of a workgroup share when they read rows (128 bytes of each row), and when they merge parts.
const STRIP = 8u;
const MERGE = 1u;

/// The part of the rows that a thread adds up, and its column. `strip` is the number of columns of a workgroup.
fn part_of_coarse(workgroup: u32, thread: u32, columns: u32, strip: u32) -> u32 { return (workgroup * 64u + thread) / columns; }
fn column_of_coarse(workgroup: u32, thread: u32, columns: u32, strip: u32) -> u32 { return (workgroup * 64u + thread) % columns; }
fn part_of_fine(workgroup: u32, thread: u32, columns: u32, strip: u32) -> u32 { return workgroup / ((columns + strip - 1u) / strip); }
/// Threads without a column take part in the sums of the last one; `stores` is false for them.
fn column_of_fine(workgroup: u32, thread: u32, columns: u32, strip: u32) -> u32 {
  return min(workgroup % ((columns + strip - 1u) / strip) * strip + thread % strip, columns - 1u);
}

/// A thread's index among the threads that share its part and column, and their number: it takes every `members`-th row.
fn member_coarse(thread: u32, strip: u32) -> u32 { return 0u; }
fn member_fine(thread: u32, strip: u32) -> u32 { return thread / strip; }
fn members_coarse(strip: u32) -> u32 { return 1u; }
fn members_fine(strip: u32) -> u32 { return {{THREADS}}u / strip; }

/// Whether a thread is the one that stores a sum.
fn stores_coarse(workgroup: u32, thread: u32, columns: u32, strip: u32) -> bool { return true; }
fn stores_fine(workgroup: u32, thread: u32, columns: u32, strip: u32) -> bool {
  return thread < strip && workgroup % ((columns + strip - 1u) / strip) * strip + thread < columns;
}

struct Sums { first: Lane, second: Lane }

var<workgroup> firsts: array<Lane, {{THREADS}}>;
var<workgroup> seconds: array<Lane, {{THREADS}}>;

/// The sums over all rows of a part, for each of the threads that share it.
fn total_coarse(own: Sums, thread: u32, strip: u32) -> Sums { return own; }
fn total_fine(own: Sums, thread: u32, strip: u32) -> Sums {
  firsts[thread] = own.first;
  seconds[thread] = own.second;
  workgroupBarrier();
  for (var apart = {{THREADS}}u / 2u; apart >= strip; apart /= 2u) {
    if (thread < apart) {
      firsts[thread] += firsts[thread + apart];
      seconds[thread] += seconds[thread + apart];
    }
    workgroupBarrier();
  }
  let sums = Sums(firsts[thread % strip], seconds[thread % strip]);
  workgroupBarrier(); // before the next sums take their place
  return sums;
}
