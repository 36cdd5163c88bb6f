import PrefactorFactorization
import PrefactorGraph
import PrefactorLinearAlgebra
import PrefactorModelFormat
import PrefactorRuntime

/// The first and second moments of the windows that a layer's filters see, of images that come one after the other.
struct InputMoments {
  /// Windows of an image that are looked at, if it has more: neighbours say much the same.
  let windowsPerImage: Int

  /// Whose products are worth taking.
  private static let fewestRows = 512

  private let layer: DenseLayer
  private let size: Int
  private var count = 0
  private var sum: [Double]
  /// Σ p·pᵀ; nil until there are more windows than elements of one.
  private var products: Matrix?
  /// Windows that are in neither sum yet: the products of many at once are fast.
  private var pending: [Double] = []
  private var random = SplitMix64(seed: 4)

  init(of layer: DenseLayer, windowsPerImage: Int) {
    (self.layer, self.windowsPerImage) = (layer, windowsPerImage)
    size = layer[.height] * layer[.width] * layer[.channel]
    sum = [Double](repeating: 0, count: size)
  }

  /// Adds windows of images [N,H,W,C], or the rows of [..., K] that a fully-connected layer reads.
  mutating func add(_ input: Tensor) {
    let floats = input.floats
    guard case .convolution(let convolution) = layer.operation else { return add(rows: floats) }
    let geometry = convolution.window.geometry(over: Shape(input.dims))
    let (height, width) = (geometry.height.count, geometry.width.count)
    for image in 0..<input.dims[0] {
      let all = height * width
      let chosen = all <= windowsPerImage ? Array(0..<all) : (0..<windowsPerImage).map { _ in Int.random(in: 0..<all, using: &random) }
      for position in chosen { append(floats, input.dims, image, position / width, position % width, convolution.window, geometry) }
    }
    sumUpIfMany()
  }

  private mutating func add(rows: [Float]) {
    pending += rows.lazy.map(Double.init)
    sumUpIfMany()
  }

  /// With zeros where the window reaches past the image.
  private mutating func append(
    _ image: [Float], _ dims: [Int], _ index: Int, _ y: Int, _ x: Int, _ window: Window, _ geometry: WindowGeometry
  ) {
    let channels = dims[3]
    let top = y * Int(window.strideHeight) - geometry.height.padBefore, left = x * Int(window.strideWidth) - geometry.width.padBefore
    for row in 0..<layer[.height] {
      for column in 0..<layer[.width] {
        let y = top + row * Int(window.dilationHeight), x = left + column * Int(window.dilationWidth)
        if (0..<dims[1]).contains(y) && (0..<dims[2]).contains(x) {
          let first = ((index * dims[1] + y) * dims[2] + x) * channels
          pending += image[first..<(first + channels)].lazy.map(Double.init)
        } else {
          pending += repeatElement(0, count: channels)
        }
      }
    }
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
