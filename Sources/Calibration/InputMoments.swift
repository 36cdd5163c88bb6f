import PrefactorFactorization
import PrefactorGradients
import PrefactorGraph
import PrefactorLinearAlgebra
import PrefactorModelFormat

/// The first and second moments of the windows that the filters of one of a layer's groups see, of images that come one
/// after the other.
struct InputMoments {
  /// Windows of an image that are looked at, if it has more: neighbours say much the same.
  let windowsPerImage: Int

  /// Whose products are worth taking.
  private static let fewestRows = 512

  private let layer: DenseLayer
  private let group: Int
  private let size: Int
  private var count = 0
  private var sum: [Double]
  /// Σ p·pᵀ; nil until there are more windows than elements of one.
  private var products: Matrix?
  /// Windows that are in neither sum yet: the products of many at once are fast.
  private var pending: [Double] = []
  private var random = SplitMix64(seed: 4)

  init(of layer: DenseLayer, group: Int, windowsPerImage: Int) {
    (self.layer, self.group, self.windowsPerImage) = (layer, group, windowsPerImage)
    size = layer[.height] * layer[.width] * layer[.channel]
    sum = [Double](repeating: 0, count: size)
  }

  /// Adds windows of images [N,H,W,C], or the rows of [..., K] that a fully-connected layer reads.
  mutating func add(_ input: Tensor) {
    let floats = input.floats
    guard case .convolution(let convolution) = layer.operation else { return add(rows: floats) }
    let patches = Patches(convolution.window, groups: layer.groups, over: Shape(input.dims))
    let width = patches.geometry.width.count
    let all = patches.geometry.height.count * width
    var window = [Float](repeating: 0, count: size)
    for image in 0..<input.dims[0] {
      let chosen =
        all <= windowsPerImage
        ? Array(0..<all) : (0..<windowsPerImage).map { _ in Int.random(in: 0..<all, using: &random) }
      for position in chosen {
        floats.withUnsafeBufferPointer { floats in
          patches.copy(
            floats.baseAddress! + image * (floats.count / input.dims[0]) + group * layer[.channel],
            row: position / width, column: position % width, to: &window)
        }
        pending += window.lazy.map(Double.init)
      }
    }
    sumUpIfMany()
  }

  private mutating func add(rows: [Float]) {
    pending += rows.lazy.map(Double.init)
    sumUpIfMany()
  }

  private mutating func sumUpIfMany() {
    if pending.count >= size * (products == nil ? max(size, Self.fewestRows) : Self.fewestRows) { sumUp() }
  }

  private mutating func sumUp() {
    let rows = takePending()
    let gram = rows.columnGram
    products = products.map { $0.adding(gram, times: 1) } ?? gram
    count += rows.rows
    sum = zip(sum, rows.sumOfRows).map { $0 + $1 }
  }

  private mutating func takePending() -> Matrix {
    defer { pending = [] }
    return Matrix(rows: pending.count / size, columns: size, pending)
  }

  /// Of all that was added.
  mutating func statistics() -> InputStatistics {
    guard products != nil else { return InputStatistics(samples: takePending()) }
    if !pending.isEmpty { sumUp() }
    return InputStatistics(sum: sum, products: products!, count: count)
  }
}
