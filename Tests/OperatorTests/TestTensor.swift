import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport

/// A tensor of a test, row-major. Integers are held as numbers that a Double represents exactly.
struct TestTensor {
  var dims: [Int]
  var type: ElementType = .float32
  var values: [Double]

  init(_ dims: [Int], _ values: [Double], _ type: ElementType = .float32) {
    precondition(dims.reduce(1, *) == values.count)
    self.dims = dims
    self.type = type
    self.values = values
  }

  /// Each element from its index.
  init(_ dims: [Int], _ type: ElementType = .float32, element: ([Int]) -> Double) {
    self.init(dims, indices(dims).map(element), type)
  }

  /// Integers are larger: see ``ElementType/element(_:)``.
  static func random(
    _ dims: [Int], _ type: ElementType = .float32, seed: UInt64 = 1, in range: ClosedRange<Double> = -1...1
  ) -> TestTensor {
    var generator = SplitMix64(seed: seed)
    return TestTensor(dims, type) { _ in
      type.element(Double.random(in: range, using: &generator))
    }
  }

  subscript(index: [Int]) -> Double {
    get { values[offset(index)] }
    set { values[offset(index)] = newValue }
  }

  private func offset(_ index: [Int]) -> Int {
    var offset = 0
    for (i, size) in zip(index, dims) {
      precondition(i >= 0 && i < size)
      offset = offset * size + i
    }
    return offset
  }

  /// The element that NumPy's broadcasting puts at an index of a larger shape.
  subscript(broadcast index: [Int]) -> Double {
    self[zip(index.suffix(dims.count), dims).map { $1 == 1 ? 0 : $0 }]
  }

  /// 0 outside of the tensor.
  subscript(padded index: [Int]) -> Double {
    isInside(index) ? self[index] : 0
  }

  func isInside(_ index: [Int]) -> Bool { zip(index, dims).allSatisfy { $0 >= 0 && $0 < $1 } }

  var shape: Shape { Shape(dims, type) }
}

extension Shape {
  init(_ dims: [Int], _ type: ElementType = .float32) {
    self.init(type: type)
    for size in dims { append(size) }
  }

  var dims: [Int] { (0..<rank).map { self[$0] } }
}

/// All indices of a shape in row-major order.
func indices(_ dims: [Int]) -> [[Int]] {
  dims.reduce([[]]) { prefixes, size in prefixes.flatMap { prefix in (0..<size).map { prefix + [$0] } } }
}

func perAxis<Element: ExpressibleByIntegerLiteral>(_ values: [Element]) -> PerAxis<Element> {
  var result = PerAxis<Element>(repeating: 0)
  for (axis, value) in values.enumerated() { result[axis] = value }
  return result
}
