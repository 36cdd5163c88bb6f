import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

final class DataMovementTests: XCTestCase {
  private func check(_ operation: Operation, _ dims: [Int], line: UInt = #line) throws {
    try assertGradients(line: line) { graph in graph.add(operation, graph.variable(dims)) }
  }

  func testConcatenation() throws {
    for axis in 0..<4 {
      try assertGradients { graph in
        var dims = [2, 2, 3, 3]
        let first = graph.variable(dims)
        dims[axis] += 2
        let second = graph.variable(dims)
        let constant = graph.graph.addConstant(.random([2, 2, 3, 3], seed: 3))
        return graph.add(
          .concatenation(with(Concatenation()) { $0.axis = Int32(axis) }), [first, second, constant, first])
      }
    }
  }

  func testSlice() throws {
    try check(
      .slice(with(Slice()) { ($0.starts, $0.ends) = (perAxis(0, 1), perAxis(.max, -1, 4, fill: .max)) }), [2, 5, 6, 3])
    try check(.slice(with(Slice()) { $0.steps = perAxis(1, 2, 3, fill: 1) }), [2, 5, 7, 3])
    let backwards = with(Slice()) { ($0.starts[1], $0.ends[1], $0.steps[1]) = (-1, .min, -2) }
    try check(.slice(backwards), [2, 5, 3])
  }

  func testGather() throws {
    for (axis, dims) in [(0, [4, 3]), (1, [2, 4, 3]), (3, [2, 1, 2, 4])] {
      try assertGradients { graph in
        let places = graph.graph.addConstant(Tensor([6], [3, 0, -2, 3, 1, -4] as [Int64]))
        return graph.add(.gather(with(Gather()) { $0.axis = Int32(axis) }), graph.variable(dims), places)
      }
    }
  }

  func testPadding() throws {
    for mode in [Padding.Mode.constant, Padding.Mode.reflect, Padding.Mode.edge] {
      try check(
        .padding(
          with(Padding()) {
            ($0.mode, $0.value, $0.before, $0.after) = (mode, 3, perAxis(0, 2, 1), perAxis(0, 1, -1))
          }),
        [2, 4, 5, 3])
    }
  }

  func testTransposeAndReshape() throws {
    try check(.transpose(with(Transpose()) { $0.permutation = perAxis(0, 3, 1, 2) }), [2, 3, 4, 5])
    try check(.transpose(with(Transpose()) { $0.permutation = perAxis(2, 0, 1) }), [3, 4, 5])
    try check(.reshape(with(Reshape()) { ($0.rank, $0.dims) = (2, perAxis(-2, -1)) }), [2, 3, 4])
  }

  func testExpansionAndTile() throws {
    try check(.expansion(with(Expansion()) { ($0.rank, $0.dims) = (4, perAxis(2, 3, 4, 5)) }), [3, 1, 5])
    try check(.tile(with(Tile()) { $0.repeats = perAxis(2, 1, 3, fill: 1) }), [2, 3, 2])
  }

  func testReduction() throws {
    for function in [ReductionFunction.mean, .sum] {
      for (axes, keepDims): (Int32, Int32) in [(0b110, 1), (0b110, 0), (0b1000, 0), (0b0101, 1), (0b1111, 0), (0, 1)] {
        try check(.reduction(with(Reduction(function)) { ($0.axes, $0.keepDims) = (axes, keepDims) }), [2, 3, 4, 3])
      }
    }
  }
}
