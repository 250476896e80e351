// What Winograd's transforms in lanes share: which tile a subgroup of 8 makes, and how it turns a square.

alias Lane = vec4f;
/// A line of a patch, a tile or a kernel; its first EDGE, POINTS or 3 elements count.
alias Line = array<Lane, 8>;

/// Which tile a workgroup makes: its number, its image, and its line and column of tiles there.
struct Place { tile: u32, image: u32, ty: u32, tx: u32 }

/// The images are the grid's third dimension; `across_map` tiles lie side by side, `down_map` such lines make a map.
fn place_of(group: vec3u, groups: vec3u, down_map: u32, across_map: u32) -> Place {
  let within = group.y * groups.x + group.x;
  let ty = within / across_map;
  return Place(group.z * down_map * across_map + within, group.z, ty, within - ty * across_map);
}

/// Where a lane's column of a tile's points begins, in [PP, tiles, c]; lanes without a column share the last one.
fn column_of(lane: u32, tile: u32, tiles: u32, c: u32) -> u32 {
  return (min(lane, POINTS - 1u) * tiles + tile) * c;
}

/// The square whose lines the lanes hold, transposed: lane i gives element j for element i of lane j. Two by two that is
/// handing one number over; a square of 4 x 4 transposes its quarters so and hands two of them over, and so on: three
/// times, half of all numbers move.
fn transposed(line: Line, lane: u32) -> Line {
  return handed_over(handed_over(handed_over(line, lane, 1u), lane, 2u), lane, 4u);
}

fn handed_over(line: Line, lane: u32, distance: u32) -> Line {
  var result = Line();
  for (var j = 0u; j < 8u; j++) {
    let stays = (lane & distance) == (j & distance);
    result[j] = select(subgroupShuffleXor(line[j ^ distance], distance), line[j], stays);
  }
  return result;
}

// A line is longer than what is put into it or taken out of it.
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
