// What Winograd's transforms in lanes share: the matrices, and how a subgroup of 8 multiplies by one from both sides.
// Constants: EDGE, 4 or 6.

const EDGE = {{EDGE}}u;
const POINTS = EDGE + 2u;

/// A line of a patch, a tile or a kernel; its first EDGE, POINTS or 3 elements count.
alias Line = array<vec4f, 8>;
alias Row = array<f32, 8>;
alias Matrix = array<Row, 8>;

// Patches to points, B^T.
const PATCH_4 = Matrix(
  Row(4, 0, -5, 0, 1, 0, 0, 0),
  Row(0, -4, -4, 1, 1, 0, 0, 0),
  Row(0, 4, -4, -1, 1, 0, 0, 0),
  Row(0, -2, -1, 2, 1, 0, 0, 0),
  Row(0, 2, -1, -2, 1, 0, 0, 0),
  Row(0, 4, 0, -5, 0, 1, 0, 0),
  Row(), Row(),
);
const PATCH_6 = Matrix(
  Row(1, 0, -5.25, 0, 5.25, 0, -1, 0),
  Row(0, 1, 1, -4.25, -4.25, 1, 1, 0),
  Row(0, -1, 1, 4.25, -4.25, -1, 1, 0),
  Row(0, 0.5, 0.25, -2.5, -1.25, 2, 1, 0),
  Row(0, -0.5, 0.25, 2.5, -1.25, -2, 1, 0),
  Row(0, 2, 4, -2.5, -5, 0.5, 1, 0),
  Row(0, -2, 4, 2.5, -5, -0.5, 1, 0),
  Row(0, -1, 0, 5.25, 0, -5.25, 0, 1),
);
const PATCH = PATCH_{{EDGE}};

// Points to tiles, A^T.
const TILE_4 = Matrix(
  Row(1, 1, 1, 1, 1, 0, 0, 0),
  Row(0, 1, -1, 2, -2, 0, 0, 0),
  Row(0, 1, 1, 4, 4, 0, 0, 0),
  Row(0, 1, -1, 8, -8, 1, 0, 0),
  Row(), Row(), Row(), Row(),
);
const TILE_6 = Matrix(
  Row(1, 1, 1, 1, 1, 1, 1, 0),
  Row(0, 1, -1, 2, -2, 1.0 / 2, -1.0 / 2, 0),
  Row(0, 1, 1, 4, 4, 1.0 / 4, 1.0 / 4, 0),
  Row(0, 1, -1, 8, -8, 1.0 / 8, -1.0 / 8, 0),
  Row(0, 1, 1, 16, 16, 1.0 / 16, 1.0 / 16, 0),
  Row(0, 1, -1, 32, -32, 1.0 / 32, -1.0 / 32, 1),
  Row(), Row(),
);
const TILE = TILE_{{EDGE}};

// Kernels to points, G.
const KERNEL_4 = Matrix(
  Row(1.0 / 4, 0, 0, 0, 0, 0, 0, 0),
  Row(-1.0 / 6, -1.0 / 6, -1.0 / 6, 0, 0, 0, 0, 0),
  Row(-1.0 / 6, 1.0 / 6, -1.0 / 6, 0, 0, 0, 0, 0),
  Row(1.0 / 24, 1.0 / 12, 1.0 / 6, 0, 0, 0, 0, 0),
  Row(1.0 / 24, -1.0 / 12, 1.0 / 6, 0, 0, 0, 0, 0),
  Row(0, 0, 1, 0, 0, 0, 0, 0),
  Row(), Row(),
);
const KERNEL_6 = Matrix(
  Row(1, 0, 0, 0, 0, 0, 0, 0),
  Row(-2.0 / 9, -2.0 / 9, -2.0 / 9, 0, 0, 0, 0, 0),
  Row(-2.0 / 9, 2.0 / 9, -2.0 / 9, 0, 0, 0, 0, 0),
  Row(1.0 / 90, 1.0 / 45, 2.0 / 45, 0, 0, 0, 0, 0),
  Row(1.0 / 90, -1.0 / 45, 2.0 / 45, 0, 0, 0, 0, 0),
  Row(32.0 / 45, 16.0 / 45, 8.0 / 45, 0, 0, 0, 0, 0),
  Row(32.0 / 45, -16.0 / 45, 8.0 / 45, 0, 0, 0, 0, 0),
  Row(0, 0, 1, 0, 0, 0, 0, 0),
);
const KERNEL = KERNEL_{{EDGE}};

/// Which tile a workgroup makes: its number, its image, and its line and column of tiles there.
struct Place { tile: u32, image: u32, ty: u32, tx: u32 }

/// The images are the grid's third dimension; `across_map` tiles lie side by side, `down_map` such lines make a map.
fn place_of(group: vec3u, groups: vec3u, down_map: u32, across_map: u32) -> Place {
  let within = group.y * groups.x + group.x;
  let ty = within / across_map;
  return Place(group.z * down_map * across_map + within, group.z, ty, within - ty * across_map);
}

/// Where a lane's line of a tile's points begins, in [PP, tiles, c]; lanes without a line share the last one.
fn line_of(lane: u32, tile: u32, tiles: u32, c: u32) -> u32 {
  return (min(lane, POINTS - 1u) * POINTS * tiles + tile) * c;
}

/// A column of a matrix: a row of its transpose.
fn column(matrix: Matrix, j: u32) -> Row {
  return Row(matrix[0][j], matrix[1][j], matrix[2][j], matrix[3][j], matrix[4][j], matrix[5][j], matrix[6][j], matrix[7][j]);
}

fn weighted(row: Row, line: Line) -> vec4f {
  return row[0] * line[0] + row[1] * line[1] + row[2] * line[2] + row[3] * line[3]
    + row[4] * line[4] + row[5] * line[5] + row[6] * line[6] + row[7] * line[7];
}

/// The matrix times the line.
fn along(matrix: Matrix, line: Line) -> Line {
  return Line(
    weighted(matrix[0], line), weighted(matrix[1], line), weighted(matrix[2], line), weighted(matrix[3], line),
    weighted(matrix[4], line), weighted(matrix[5], line), weighted(matrix[6], line), weighted(matrix[7], line),
  );
}

/// The transpose of the matrix times the line.
fn along_columns(matrix: Matrix, line: Line) -> Line {
  return Line(
    weighted(column(matrix, 0u), line), weighted(column(matrix, 1u), line),
    weighted(column(matrix, 2u), line), weighted(column(matrix, 3u), line),
    weighted(column(matrix, 4u), line), weighted(column(matrix, 5u), line),
    weighted(column(matrix, 6u), line), weighted(column(matrix, 7u), line),
  );
}

/// The first `count` lanes' values (3, EDGE or POINTS), each with this lane's weight for it.
fn gathered(row: Row, value: vec4f, count: u32) -> vec4f {
  var sum = row[0] * subgroupBroadcast(value, 0u) + row[1] * subgroupBroadcast(value, 1u)
    + row[2] * subgroupBroadcast(value, 2u);
  if (count > 3u) { sum += row[3] * subgroupBroadcast(value, 3u); }
  if (count > 4u) { sum += row[4] * subgroupBroadcast(value, 4u) + row[5] * subgroupBroadcast(value, 5u); }
  if (count > 6u) { sum += row[6] * subgroupBroadcast(value, 6u) + row[7] * subgroupBroadcast(value, 7u); }
  return sum;
}

/// This lane's line of the result: `row` is its row of the matrix, `line` its part of what the matrix multiplies.
fn across(row: Row, line: Line, count: u32) -> Line {
  return Line(
    gathered(row, line[0], count), gathered(row, line[1], count),
    gathered(row, line[2], count), gathered(row, line[3], count),
    gathered(row, line[4], count), gathered(row, line[5], count),
    gathered(row, line[6], count), gathered(row, line[7], count),
  );
}
