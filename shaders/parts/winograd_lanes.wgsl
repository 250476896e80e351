// Shared by Winograd's transforms in lanes: which tile a subgroup of 8 computes, and how it transposes a square.

alias Lane = vec4f;
/// A row or column of a patch, a tile or a kernel. Only its first POINTS, EDGE or 3 elements are used.
alias Line = array<Lane, 8>;

/// Which tile a workgroup computes: its number, its image, and its row and column among the tiles of the image.
struct Place { tile: u32, image: u32, ty: u32, tx: u32 }

/// The grid's third dimension counts images. An image has `down_map` rows of `across_map` tiles.
fn place_of(group: vec3u, groups: vec3u, down_map: u32, across_map: u32) -> Place {
  let within = group.y * groups.x + group.x;
  let ty = within / across_map;
  return Place(group.z * down_map * across_map + within, group.z, ty, within - ty * across_map);
}

/// Index of a lane's column of a tile's points in [PP, tiles, c]. Lanes without a column use the last one.
fn column_of(lane: u32, tile: u32, tiles: u32, c: u32) -> u32 {
  return (min(lane, POINTS - 1u) * tiles + tile) * c;
}

/// Transposes the 8 x 8 square whose rows the lanes hold: element j of lane i becomes element i of lane j. This takes three
/// exchanges: within blocks of 2 x 2, then between those within blocks of 4 x 4, then between those. Each moves half of all
/// numbers.
fn transposed(line: Line, lane: u32) -> Line {
  return exchanged(exchanged(exchanged(line, lane, 1u), lane, 2u), lane, 4u);
}

/// Exchanges elements between lanes that are `distance` apart.
fn exchanged(line: Line, lane: u32, distance: u32) -> Line {
  var result = Line();
  for (var j = 0u; j < 8u; j++) {
    let stays = (lane & distance) == (j & distance);
    result[j] = select(subgroupShuffleXor(line[j ^ distance], distance), line[j], stays);
  }
  return result;
}

// Conversions between a Line, which has 8 elements, and the shorter arrays.
fn line_of_points(points: Points) -> Line {
  var line = Line();
  for (var j = 0u; j < POINTS; j++) { line[j] = points[j]; }
  return line;
}

fn line_of_outputs(outputs: Outputs) -> Line {
  var line = Line();
  for (var j = 0u; j < EDGE; j++) { line[j] = outputs[j]; }
  return line;
}

fn points_of(line: Line) -> Points {
  var points = Points();
  for (var j = 0u; j < POINTS; j++) { points[j] = line[j]; }
  return points;
}

fn outputs_of(line: Line) -> Outputs {
  var outputs = Outputs();
  for (var j = 0u; j < EDGE; j++) { outputs[j] = line[j]; }
  return outputs;
}

fn taps_of(line: Line) -> Taps { return Taps(line[0], line[1], line[2]); }
