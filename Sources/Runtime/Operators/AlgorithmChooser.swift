import CPrefactor
import CShims
import KernelContract
import PrefactorModelFormat

/// Chooses how each convolution is computed: the way that the estimate says takes the fewest cycles.
///
/// An estimate rather than a measurement, so that a model gives the same bits in every session. It looks at shapes and instruction set
/// only, not at the number of threads. `benchmarks/kernels` prints the algorithms' times side by side.
struct AlgorithmChooser {
  let kernels: UnsafePointer<pf_kernels>
  private let target: Target
  private let savesMemory: Bool
  /// What the environment's `PREFACTOR_ALGORITHM` names: used wherever it applies.
  private let forced: pf_algorithm?

  init(_ kernels: UnsafePointer<pf_kernels>, _ target: Target, _ options: SessionOptions) throws(Failure) {
    self.kernels = kernels
    self.target = target
    savesMemory = options.savesMemory
    forced = try AlgorithmChooser.forcedAlgorithm()
  }

  func algorithm(for convolution: pf_convolution, images: Int) -> pf_algorithm {
    var convolution = convolution
    if kernels.pointee.tiled_convolution == nil { return PF_DIRECT }
    if let forced { return pf_algorithm_applies(forced, &convolution.window) != 0 ? forced : PF_DIRECT }
    if savesMemory { return PF_DIRECT }
    // A pointwise convolution takes all images as one tall one.
    if convolution.window.kernel_height > 1 { convolution.images = Int32(images) }
    var best = PF_DIRECT
    var fewest = directCycles(convolution)
    for code in 1..<UInt32(PF_ALGORITHM_COUNT) {
      let algorithm = pf_algorithm(rawValue: code)
      guard pf_algorithm_applies(algorithm, &convolution.window) != 0 else { continue }
      let cycles = tiledCycles(convolution, algorithm)
      if cycles < fewest {
        best = algorithm
        fewest = cycles
      }
    }
    return best
  }

  private func directCycles(_ convolution: pf_convolution) -> Double {
    let taps = Double(convolution.window.kernel_height) * Double(convolution.window.kernel_width)
    let pixels = Double(convolution.images) * Double(convolution.output_height) * Double(convolution.output_width)
    return productCycles(convolution, rows: pixels, depth: taps * Double(convolution.group_input_channels))
  }

  private func tiledCycles(_ convolution: pf_convolution, _ algorithm: pf_algorithm) -> Double {
    var window = convolution.window
    let positions = Double(pf_tiling_of(algorithm, &window).positions)
    let tiles = Double(TiledWork.tileCount(convolution, algorithm))
    let product = positions * productCycles(convolution, rows: tiles, depth: Double(convolution.group_input_channels))
    let vectors = 2 / target.multiplyAddsPerCycle
    let costs = TransformCosts(algorithm)
    let groups = Double(convolution.groups)
    let transforms = tiles * groups * vectors
      * (costs.input * Double(convolution.group_input_channels) + costs.output * Double(convolution.group_output_channels))
    return product + transforms
  }

  /// Of all groups: whichever takes longer, multiplying or reading the weights, which come from memory, the rest of a network having
  /// driven them out of the caches since the last run.
  private func productCycles(_ convolution: pf_convolution, rows: Double, depth: Double) -> Double {
    let columns = Double((convolution.group_output_channels + 15) & ~15)
    let weights = depth * columns * Double(convolution.groups)
    return max(rows * weights / target.multiplyAddsPerCycle, 4 * weights / target.bytesPerCycle)
  }

  private static func forcedAlgorithm() throws(Failure) -> pf_algorithm? {
    let variable: StaticString = "PREFACTOR_ALGORITHM"
    guard let wanted = getenv(variable.cString) else { return nil }
    for code in 0..<UInt32(PF_ALGORITHM_COUNT) where strcmp(pf_algorithm(rawValue: code).name.cString, wanted) == 0 {
      return pf_algorithm(rawValue: code)
    }
    throw Failure(PF_ERROR_UNSUPPORTED, "PREFACTOR_ALGORITHM names no way to compute a convolution")
  }
}

/// Cycles that one vector of channels of a tile takes, with two vector operations a cycle.
private struct TransformCosts {
  let input, output: Double

  init(_ algorithm: pf_algorithm) {
    switch algorithm {
    case PF_WINOGRAD_2X2_3X3: (input, output) = (32, 20)
    case PF_WINOGRAD_4X4_3X3: (input, output) = (110, 75)
    case PF_WINOGRAD_6X6_3X3: (input, output) = (270, 200)
    case PF_WINOGRAD_2X2_5X5: (input, output) = (110, 60)
    case PF_WINOGRAD_4X4_5X5: (input, output) = (270, 170)
    default: (input, output) = (2500, 2500)
    }
  }
}

extension pf_algorithm {
  public var name: StaticString {
    switch self {
    case PF_WINOGRAD_2X2_3X3: "winograd-2x2-3x3"
    case PF_WINOGRAD_4X4_3X3: "winograd-4x4-3x3"
    case PF_WINOGRAD_6X6_3X3: "winograd-6x6-3x3"
    case PF_WINOGRAD_2X2_5X5: "winograd-2x2-5x5"
    case PF_WINOGRAD_4X4_5X5: "winograd-4x4-5x5"
    case PF_FFT_16X16: "fft-16x16"
    default: "direct"
    }
  }
}
