import PrefactorModelFormat
import XCTest

final class ReductionTests: XCTestCase {
  func testReductions() throws {
    let functions: [(ReductionFunction, ([Double]) -> Double)] = [
      (.mean, { $0.reduce(0, +) / Double($0.count) }), (.sum, { $0.reduce(0, +) }),
      (.maximum, { $0.max()! }),
      (.minimum, { $0.min()! }), (.product, { $0.reduce(1, *) }),
    ]
    let cases: [([Int], Set<Int>)] = [
      ([2, 9, 11, 37], [1, 2]), ([4, 7], [1]), ([4, 7], [0, 1]), ([4, 7], []), ([3, 5, 4, 6], [0, 2]),
      ([3, 5, 4, 6], [1, 3]),
      ([2, 1, 3, 1], [1, 3]), ([], []), ([700, 90], [0]), ([0, 3], [1]),
    ]
    for (dims, axes) in cases {
      let x = TestTensor.random(dims)
      for (function, reference) in functions {
        for keepDims in [false, true] {
          var attributes = Reduction(function)
          attributes.axes = axes.reduce(0) { $0 | 1 << Int32($1) }
          attributes.keepDims = keepDims ? 1 : 0
          let kept = dims.indices.filter { !axes.contains($0) }
          var groups: [[Int]: [Double]] = [:]
          for (index, value) in zip(indices(dims), x.values) {
            groups[kept.map { index[$0] }, default: []].append(value)
          }
          let values = indices(kept.map { dims[$0] }).map { reference(groups[$0]!) }
          let shape = dims.indices.compactMap { axes.contains($0) ? keepDims ? 1 : nil : dims[$0] }
          try check(.reduction(attributes), [x], gives: TestTensor(shape, values), tolerance: 1e-5)
        }
      }
    }
  }

  /// A running sum in single precision would be off by some 1e-4 here.
  func testAccuracyOfLongSums() throws {
    let count = 224 * 224
    let cases: [([Int], Int32, [Int])] = [
      ([1, count, 3], 0b010, [1, 1, 3]), ([3, count], 0b10, [3, 1]), ([3, 16, count / 16, 2], 0b0101, [1, 16, 1, 2]),
    ]
    for (dims, axes, shape) in cases {
      let x = TestTensor.random(dims, in: 0.9...1.1)
      var attributes = Reduction(.mean)
      attributes.axes = axes
      let reduced = dims.indices.filter { axes & 1 << Int32($0) != 0 }
      var sums = [Double](repeating: 0, count: shape.reduce(1, *))
      for (index, value) in zip(indices(dims), x.values) {
        let position = dims.indices.reduce(0) { $0 * shape[$1] + (reduced.contains($1) ? 0 : index[$1]) }
        sums[position] += value
      }
      let terms = Double(x.values.count / sums.count)
      try check(.reduction(attributes), [x], gives: TestTensor(shape, sums.map { $0 / terms }), tolerance: 1e-6)
    }
  }

  func testNaNIsLargestAndSmallest() throws {
    for axes in [Set([0]), [1, 2], [0, 2]] {
      for place in [0, 17, 59] {
        var x = TestTensor.random([3, 4, 5])
        x.values[place] = .nan
        for (function, reference) in [(.maximum, { $0.max()! }), (.minimum, { $0.min()! })]
          as [(ReductionFunction, ([Double]) -> Double)]
        {
          var attributes = Reduction(function)
          attributes.axes = axes.reduce(0) { $0 | 1 << Int32($1) }
          let kept = [0, 1, 2].filter { !axes.contains($0) }
          let expected = TestTensor(kept.map { x.dims[$0] }) { result in
            let values = indices(x.dims).filter { index in kept.map { index[$0] } == result }.map { x[$0] }
            return values.contains(where: \.isNaN) ? .nan : reference(values)
          }
          attributes.keepDims = 0
          try check(.reduction(attributes), [x], gives: expected)
        }
      }
    }
  }

  func testArgMax() throws {
    // Few values, so that there are ties.
    var x = TestTensor.random([3, 6, 5], in: 0...3)
    x.values = x.values.map { $0.rounded() }
    for axis in 0..<3 {
      for selectLast in [false, true] {
        var attributes = ArgMax()
        attributes.axis = Int32(axis)
        attributes.keepDims = 0
        attributes.selectLast = selectLast ? 1 : 0
        var shape = x.dims
        shape.remove(at: axis)
        let expected = TestTensor(shape, .int64) { index in
          let line = (0..<x.dims[axis]).map { i -> Double in
            var full = index
            full.insert(i, at: axis)
            return x[full]
          }
          return Double((selectLast ? line.lastIndex(of: line.max()!) : line.firstIndex(of: line.max()!))!)
        }
        try check(.argMax(attributes), [x], gives: expected)
      }
    }
  }
}
