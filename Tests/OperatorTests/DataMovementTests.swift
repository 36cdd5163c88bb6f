import PrefactorModelFormat
import PrefactorRuntime
import PrefactorTestSupport
import XCTest

final class DataMovementTests: XCTestCase {
  private let types: [ElementType] = ElementType.all

  func testConcatenation() throws {
    let cases: [([[Int]], Int)] = [
      ([[2, 3, 4], [2, 3, 1], [2, 3, 7]], 2), ([[2, 3, 4], [2, 0, 4], [2, 5, 4]], 1), ([[3], [4]], 0),
      ([[1, 90, 80, 5], [1, 90, 80, 6]], 3), ([[1, 200, 150, 5], [1, 200, 150, 6]], 3),
    ]
    for (shapes, axis) in cases {
      for type in types {
        var attributes = Concatenation()
        attributes.axis = Int32(axis)
        let inputs = shapes.enumerated().map { TestTensor.random($1, type, seed: UInt64($0)) }
        var dims = shapes[0]
        dims[axis] = shapes.reduce(0) { $0 + $1[axis] }
        let expected = TestTensor(dims, type) { index in
          var index = index
          for input in inputs {
            if index[axis] < input.dims[axis] { return input[index] }
            index[axis] -= input.dims[axis]
          }
          fatalError("past the inputs")
        }
        try check(.concatenation(attributes), inputs, gives: expected)
      }
    }
  }

  func testSlice() throws {
    let end = Int32.max
    let beginning = Int32.min
    // Starts, ends and steps of each axis, and the indices they stand for.
    let cases: [([(Int32, Int32, Int32)], [[Int]])] = [
      ([(1, 3, 1), (0, end, 2), (-2, end, 1)], [[1, 2], [0, 2, 4], [2, 3]]),
      ([(end, beginning, -1), (-1, -4, -2), (0, 1, 1)], [[3, 2, 1, 0], [4, 2], [0]]),
      ([(0, -1, 1), (3, 2, 1), (0, 4, 1)], [[0, 1, 2], [], [0, 1, 2, 3]]),
      ([(-100, 100, 3), (100, -100, -3), (2, end, end)], [[0, 3], [4, 1], [2]]),
      ([(-100, -100, -1), (beginning, beginning, -2), (-9, -9, -1)], [[0], [0], [0]]),
    ]
    for (ranges, picked) in cases {
      for type in types {
        let x = TestTensor.random([4, 5, 4], type)
        var attributes = Slice()
        for (axis, range) in ranges.enumerated() {
          (attributes.starts[axis], attributes.ends[axis], attributes.steps[axis]) = range
        }
        let expected = TestTensor(picked.map(\.count), type) { index in x[zip(picked, index).map { $0[$1] }] }
        try check(.slice(attributes), [x], gives: expected)
      }
    }
  }

  func testPadding() throws {
    let cases: [([Int], [Int32], [Int32])] = [
      ([2, 5, 6, 3], [0, 1, 2, 0], [0, 3, 0, 0]), ([4, 5], [1, 2], [3, 4]), ([4, 5], [-1, 2], [2, -3]), ([1], [3], [2]),
      ([6], [-2], [-2]),
      ([4], [9], [11]),
    ]
    for (dims, before, after) in cases {
      for type in types {
        for mode in [Padding.Mode.constant, Padding.Mode.reflect, Padding.Mode.edge]
        where mode != Padding.Mode.constant || type == .float32 || type == .int64 {
          var attributes = Padding()
          attributes.mode = mode
          attributes.value = 2
          attributes.before = perAxis(before)
          attributes.after = perAxis(after)
          let x = TestTensor.random(dims, type)
          let expected = TestTensor(dims.indices.map { dims[$0] + Int(before[$0] + after[$0]) }, type) { index in
            let inside = index.indices.map { index[$0] - Int(before[$0]) }
            if mode == Padding.Mode.constant { return x.isInside(inside) ? x[inside] : 2 }
            return x[inside.indices.map { self.reflected(inside[$0], size: dims[$0], edge: mode == Padding.Mode.edge) }]
          }
          try check(.padding(attributes), [x], gives: expected)
        }
      }
    }
  }

  /// Goes back at an end, again and again until inside.
  private func reflected(_ index: Int, size: Int, edge: Bool) -> Int {
    if edge || size == 1 { return min(max(index, 0), size - 1) }
    var index = index
    while index < 0 || index >= size { index = index < 0 ? -index : 2 * (size - 1) - index }
    return index
  }

  func testTranspose() throws {
    let cases: [([Int], [Int32])] = [
      ([2, 3, 4, 5], [0, 2, 3, 1]), ([2, 4, 5, 3], [0, 3, 1, 2]), ([3, 4, 5], [2, 1, 0]), ([3, 4, 5], [1, 0, 2]),
      ([7, 6], [1, 0]),
      ([2, 3, 2, 3, 2, 3, 2, 3], [7, 0, 6, 1, 5, 2, 4, 3]), ([], []), ([5, 0], [1, 0]),
      ([1, 70, 61, 67], [0, 2, 3, 1]),
      ([1, 61, 67, 70], [0, 3, 1, 2]), ([1, 40, 50, 3, 30], [0, 1, 2, 4, 3]), ([5, 8, 24], [0, 2, 1]),
      ([2, 400, 390], [0, 2, 1]),
    ]
    for (dims, permutation) in cases {
      for type in types {
        var attributes = Transpose()
        attributes.permutation = perAxis(permutation)
        let x = TestTensor.random(dims, type)
        let expected = TestTensor(permutation.map { dims[Int($0)] }, type) { index in
          var source = index
          for (axis, from) in permutation.enumerated() { source[Int(from)] = index[axis] }
          return x[source]
        }
        try check(.transpose(attributes), [x], gives: expected)
      }
    }
  }

  func testReshape() throws {
    let cases: [([Int], [Int32], [Int])] = [
      ([2, 3, 4], [6, 4], [6, 4]), ([2, 3, 4], [Reshape.copy(0), Reshape.inferred], [2, 12]), ([1], [], []),
      ([], [1, 1], [1, 1]),
      ([0, 3], [3, 0], [3, 0]), ([2, 3, 40000], [Reshape.inferred, Reshape.copy(1)], [80000, 3]),
    ]
    for (dims, target, output) in cases {
      for type in types {
        var attributes = Reshape()
        attributes.rank = Int32(target.count)
        attributes.dims = perAxis(target)
        let x = TestTensor.random(dims, type)
        try check(.reshape(attributes), [x], gives: TestTensor(output, x.values, type))
      }
    }
  }

  func testExpansion() throws {
    let cases: [([Int], [Int32], [Int])] = [
      ([3, 1], [2, 3, 4], [2, 3, 4]), ([3, 4], [1], [3, 4]), ([], [5], [5]),
      ([2, 1, 3], [Reshape.copy(0), 4, 1], [2, 4, 3]),
      ([1, 3], [0, 3], [0, 3]),
    ]
    for (dims, target, output) in cases {
      for type in types {
        var attributes = Expansion()
        attributes.rank = Int32(target.count)
        attributes.dims = perAxis(target)
        let x = TestTensor.random(dims, type)
        try check(.expansion(attributes), [x], gives: TestTensor(output, type) { x[broadcast: $0] })
      }
    }
  }

  func testGather() throws {
    for (dims, axis, indices) in [
      ([3, 4, 5], 2, [4, 0, 0, 3, 2, 1, -1]), ([3, 4, 5], 0, [2, -3]), ([3, 4, 5], 1, []), ([7], 0, [6, 5]),
      ([2, 3, 17], 2, Array((0..<17).reversed())),
    ] {
      for type in types {
        let x = TestTensor.random(dims, type)
        var expectedDims = dims
        expectedDims[axis] = indices.count
        let expected = TestTensor(expectedDims, type) { index in
          var from = index
          from[axis] = (indices[index[axis]] + dims[axis]) % dims[axis]
          return x[from]
        }
        var attributes = Gather()
        attributes.axis = Int32(axis)
        try check(
          .gather(attributes), [x, TestTensor([indices.count], indices.map(Double.init), .int64)], gives: expected)
      }
    }
    // What is computed while running may say; constants are refused.
    let x = TestTensor.random([2, 3], .float32)
    var attributes = Gather()
    attributes.axis = 1
    let places = TestTensor([4], [3, -4, 1e18, -1e18], .int64)
    let result = try evaluate(.gather(attributes), [x, places], KernelSet.choose(), threads: 1)
    XCTAssertEqual(result.values, TestTensor([2, 4], .float32) { x[[$0[0], $0[1] % 2 == 0 ? 2 : 0]] }.values)
  }

  func testTile() throws {
    let cases: [([Int], [Int32])] = [
      ([2, 3, 4], [2, 1, 3]), ([5], [4]), ([2, 1, 2], [1, 3, 1]), ([2, 3], [0, 2]),
      ([2, 2, 2, 2, 2, 2, 2, 2], [2, 2, 2, 2, 2, 2, 2, 2]),
    ]
    for (dims, repeats) in cases {
      for type in types {
        var attributes = Tile()
        attributes.repeats = perAxis(repeats)
        let x = TestTensor.random(dims, type)
        let expected = TestTensor(zip(dims, repeats).map { $0 * Int($1) }, type) { index in
          x[zip(index, dims).map { $0 % $1 }]
        }
        try check(.tile(attributes), [x], gives: expected)
      }
    }
  }

  func testDepthToSpace() throws {
    for mode in [DepthToSpace.Mode.depthColumnRow, DepthToSpace.Mode.columnRowDepth] {
      var attributes = DepthToSpace()
      attributes.blockHeight = 2
      attributes.blockWidth = 3
      attributes.mode = mode
      let depth = TestTensor.random([2, 4, 5, 18])
      let space = TestTensor([2, 8, 15, 3]) { index in
        let row = index[1] % 2
        let column = index[2] % 3
        let channel = index[3]
        let source =
          mode == DepthToSpace.Mode.depthColumnRow ? (row * 3 + column) * 3 + channel : channel * 6 + row * 3 + column
        return depth[[index[0], index[1] / 2, index[2] / 3, source]]
      }
      try check(.depthToSpace(attributes), [depth], gives: space)
      attributes.inverse = 1
      try check(.depthToSpace(attributes), [space], gives: depth)
    }
  }
}
