// Sums in a fixed order. WGSL has no atomic addition of floats, and it would not help: the result of floating-point addition
// depends on the order, so only a fixed order gives the same bits every time. So every long sum is computed in two stages.
//
//   column_sums: partial[chunk, c] = sum over the chunk's rows of x[row, c]
//   fold:        out[i] = sum over s = 0, 1, ... of partial[s, i]
//
// Shapes: x [rows, C], partial [chunks, C], out [C] (for `fold` any [splits, n] -> [n]).
// Threads: one per chunk and column (or group of four columns), or a team for it; see parts/grain.wgsl. Neighbouring threads read
// neighbouring memory.
// Constants: LANE is f32, or vec4f for groups of four columns, which `columns` then counts. GRAIN and THREADS.
// Parts: grain

alias Lane = {{LANE}};

struct ColumnSumsParams { rows: u32, columns: u32, chunks: u32 }

// column_sums
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read_write> partial: array<Lane>;
@group(0) @binding(2) var<uniform> params: ColumnSumsParams;

@compute @workgroup_size({{THREADS}})
fn column_sums(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
               @builtin(local_invocation_id) local: vec3u) {
  let workgroup = group.y * groups.x + group.x;
  let p = params;
  let chunk = part_of_{{GRAIN}}(workgroup, local.x, p.columns, STRIP);
  if (chunk >= p.chunks) { return; }
  let column = column_of_{{GRAIN}}(workgroup, local.x, p.columns, STRIP);
  let last = (chunk + 1u) * p.rows / p.chunks;
  var sum = Lane();
  for (var row = chunk * p.rows / p.chunks + member_{{GRAIN}}(local.x, STRIP); row < last; row += members_{{GRAIN}}(STRIP)) {
    sum += x[row * p.columns + column]; // formula
  }
  let total = total_{{GRAIN}}(Sums(sum, Lane()), local.x, STRIP).first;
  if (stores_{{GRAIN}}(workgroup, local.x, p.columns, STRIP)) { partial[chunk * p.columns + column] = total; }
}

// fold
struct FoldParams { n: u32, splits: u32 }
@group(0) @binding(0) var<storage, read> fold_partial: array<Lane>;
@group(0) @binding(1) var<storage, read_write> out: array<Lane>;
@group(0) @binding(2) var<uniform> fold_params: FoldParams;

@compute @workgroup_size({{THREADS}})
fn fold(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_id) local: vec3u) {
  let workgroup = group.y * groups.x + group.x;
  let p = fold_params;
  if (part_of_{{GRAIN}}(workgroup, local.x, p.n, STRIP) > 0u) { return; }
  let i = column_of_{{GRAIN}}(workgroup, local.x, p.n, STRIP);
  var sum = Lane();
  for (var s = member_{{GRAIN}}(local.x, STRIP); s < p.splits; s += members_{{GRAIN}}(STRIP)) { sum += fold_partial[s * p.n + i]; } // formula
  let total = total_{{GRAIN}}(Sums(sum, Lane()), local.x, STRIP).first;
  if (stores_{{GRAIN}}(workgroup, local.x, p.n, STRIP)) { out[i] = total; }
}
