import KernelContract
import XCTest

final class ReductionTests: XCTestCase {
  func testReduce() {
    for function in [PF_REDUCE_MEAN, PF_REDUCE_SUM, PF_REDUCE_MAX, PF_REDUCE_MIN, PF_REDUCE_PRODUCT] {
      for (count, inner) in [
        (1, 1), (5, 1), (63, 1), (64, 1), (1000, 1), (49, 5), (49, 100), (130, 33), (3, 17), (1, 40),
      ] {
        check(function, count: count, inner: inner)
      }
      check(function, count: 49, inner: 20, gap: 12)
    }
  }

  /// The largest and the smallest of numbers are NaN where one is, wherever it lies; of others none is.
  func testNaN() {
    for function in [PF_REDUCE_MAX, PF_REDUCE_MIN] {
      for inner in [1, 3, 20, 70] {
        for (count, place) in [(1, 0), (90, 0), (90, 1), (90, 62), (90, 89)] {
          let input = Buffer(count: count * inner, repeating: 1)
          for column in stride(from: 0, to: inner, by: 3) {
            input.floats[place * inner + column] = column % 2 == 0 ? .nan : -.nan
          }
          for kernels in [Kernels.reference] + Kernels.underTest {
            let output = Buffer(count: inner, repeating: 7)
            kernels.table.reduce(function, input.pointer, inner, output.pointer, count, inner, 0, inner, nil)
            assertClose(
              output, Buffer((0..<inner).map { $0 % 3 == 0 ? .nan : 1 }), tolerance: { _ in 0 },
              "\(kernels) \(function.rawValue) \(count)×\(inner), NaN in row \(place)")
          }
        }
      }
    }
  }

  private func check(_ function: pf_reduction, count: Int, inner: Int, gap: Int = 0) {
    var random = Random(seed: UInt64(count * inner))
    let input = Buffer(count: count * (inner + gap) - gap, random: &random)
    // Factors whose products are far from the limits.
    if function == PF_REDUCE_PRODUCT { for i in input.floats.indices { input.floats[i] = 1 + input.floats[i] / 32 } }
    func run(_ kernels: Kernels, columns: Int) -> Buffer {
      let output = Buffer(count: inner, repeating: .nan)
      for first in stride(from: 0, to: inner, by: columns) {
        kernels.table.reduce(
          function, input.pointer, inner + gap, output.pointer, count, inner, first, min(columns, inner - first), nil)
      }
      return output
    }
    let want = run(.reference, columns: inner)
    // Magnitudes are at most 1: a sum of n of them is off by at most n roundings of n, a mean by n roundings of 1, and
    // a product by n of its own.
    func scale(_ column: Int) -> Float {
      switch function {
      case PF_REDUCE_SUM: Float(count)
      case PF_REDUCE_MEAN: 1
      case PF_REDUCE_PRODUCT: abs(want.floats[column])
      default: 0
      }
    }
    for kernels in Kernels.underTest {
      let got = run(kernels, columns: inner)
      assertClose(
        got, want, tolerance: { Float(count + 1) * roundoff * scale($0) },
        "\(kernels) \(function.rawValue) \(count)×\(inner)")
      assertIdentical(
        run(kernels, columns: 7), got, "\(kernels) \(function.rawValue) \(count)×\(inner), 7 columns at a time")
    }
  }

  func testSoftmax() {
    for count in [1, 2, 10, 15, 16, 17, 100, 1000] {
      for scale: Float in [1, 40, 1000] {
        var random = Random(seed: UInt64(count))
        let input = Buffer(count: 3 * count, random: &random)
        for i in input.floats.indices { input.floats[i] *= scale }
        for logarithm: Int32 in [0, 1] {
          func run(_ kernels: Kernels) -> Buffer {
            let inPlace = Buffer(Array(input.floats))
            kernels.table.softmax(inPlace.pointer, inPlace.pointer, 3, count, logarithm, nil)
            return inPlace
          }
          let want = run(.reference)
          for kernels in Kernels.underTest {
            // Exponentials of the same differences are good to a few roundings, and their sum to one a term in the
            // narrowest lane; of the logarithm's sum that is an absolute error.
            let error = (8 + Float(count) / 4) * roundoff
            assertClose(
              run(kernels), want,
              tolerance: { error * abs(want.floats[$0]) + (logarithm == 1 ? error : 0) + .leastNormalMagnitude },
              "\(kernels) softmax of \(count), scale \(scale), logarithm \(logarithm)")
          }
        }
      }
    }
  }
}
