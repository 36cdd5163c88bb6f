import PrefactorModelFormat
import XCTest

final class ResizeTests: XCTestCase {
  /// The definition of ONNX's Resize, along one axis.
  private func coordinate<Number: BinaryFloatingPoint>(
    _ x: Int, _ coordinates: Int32, input: Int, output: Int, scale: Number
  ) -> Number {
    let (x, input, output) = (Number(x), Number(input), Number(output))
    switch coordinates {
    case Resize.Coordinates.asymmetric: return x / scale
    case Resize.Coordinates.alignCorners: return output == 1 ? 0 : x * (input - 1) / (output - 1)
    case Resize.Coordinates.pytorchHalfPixel: return output == 1 ? -0.5 : (x + 0.5) / scale - 0.5
    case Resize.Coordinates.halfPixelSymmetric:
      return input / 2 * (1 - output / (scale * input)) + (x + 0.5) / scale - 0.5
    default: return (x + 0.5) / scale - 0.5
    }
  }

  private func rounded(_ x: Double, _ nearest: Int32) -> Int {
    switch nearest {
    case Resize.Nearest.roundPreferFloor: x == x.rounded(.down) + 0.5 ? Int(x.rounded(.down)) : Int(x.rounded())
    case Resize.Nearest.roundPreferCeil: x == x.rounded(.down) + 0.5 ? Int(x.rounded(.up)) : Int(x.rounded())
    case Resize.Nearest.floor: Int(x.rounded(.down))
    default: Int(x.rounded(.up))
    }
  }

  /// Index and weight of each value that an output index takes.
  private func taps(_ x: Int, _ resize: Resize, input: Int, output: Int, scale: Float) -> [(Int, Double)] {
    let inside = { (index: Int) in min(max(index, 0), input - 1) }
    if resize.mode == Resize.Mode.nearest {
      // In single precision, as in ONNX Runtime 1.32: where a coordinate is nearly half way, rounding decides which
      // pixel is nearest.
      let scale = scale > 0 ? scale : Float(output) / Float(input)
      return [
        (
          inside(
            rounded(
              Double(coordinate(x, resize.coordinates, input: input, output: output, scale: scale)), resize.nearest)), 1
        )
      ]
    }
    let scale = scale > 0 ? Double(scale) : Double(output) / Double(input)
    let x = coordinate(x, resize.coordinates, input: input, output: output, scale: scale)
    let first = Int(x.rounded(.down))
    let weight = x - x.rounded(.down)
    return [(inside(first), 1 - weight), (inside(first + 1), weight)]
  }

  private func check(_ resize: Resize, _ dims: [Int], to size: (Int, Int), line: UInt = #line) throws {
    let x = TestTensor.random(dims)
    let expected = TestTensor([dims[0], size.0, size.1, dims[3]]) { index in
      let rows = self.taps(index[1], resize, input: dims[1], output: size.0, scale: resize.heightScale)
      let columns = self.taps(index[2], resize, input: dims[2], output: size.1, scale: resize.widthScale)
      return rows.reduce(0) { sum, row in
        sum + columns.reduce(0) { $0 + row.1 * $1.1 * x[[index[0], row.0, $1.0, index[3]]] }
      }
    }
    try OperatorTests.check(.resize(resize), [x], gives: expected, tolerance: 1e-5, line: line)
  }

  func testModes() throws {
    for mode in [Resize.Mode.nearest, Resize.Mode.linear] {
      for coordinates in Resize.Coordinates.halfPixel...Resize.Coordinates.halfPixelSymmetric {
        for nearest in Resize.Nearest.roundPreferFloor...Resize.Nearest.ceil {
          var resize = Resize()
          resize.mode = mode
          resize.coordinates = coordinates
          resize.nearest = nearest
          resize.heightScale = 1.75
          resize.widthScale = 0.5
          try check(resize, [2, 5, 9, 3], to: (8, 4))
          (resize.heightScale, resize.widthScale) = (0, 0)
          (resize.height, resize.width) = (7, 1)
          try check(resize, [1, 3, 4, 37], to: (7, 1))
        }
      }
    }
  }

  func testDoubling() throws {
    var resize = Resize()
    (resize.heightScale, resize.widthScale) = (2, 2)
    let x = TestTensor([1, 2, 2, 1], [1, 2, 3, 4])
    let expected: [Double] = [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]
    try OperatorTests.check(.resize(resize), [x], gives: TestTensor([1, 4, 4, 1], expected))
    resize.mode = Resize.Mode.linear
    let linear: [Double] = [1, 1.25, 1.75, 2, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3, 3.25, 3.75, 4]
    try OperatorTests.check(.resize(resize), [x], gives: TestTensor([1, 4, 4, 1], linear))
  }

  func testSizesRoundAsInONNX() throws {
    var resize = Resize()
    (resize.heightScale, resize.widthScale) = (0.7, 1.1)
    XCTAssertEqual(
      try PrefactorModelFormat.Operation.resize(resize).outputShape([Shape([1, 10, 10, 1])]).dims, [1, 7, 11, 1])
  }
}
