import KernelContract
import PrefactorModelFormat

/// Estimates how many cycles a target takes for a convolution in each way, on one core.
///
/// An estimate rather than a measurement, so that a model gives the same bits in every session, and from shapes and target alone, so that
/// it does for any number of threads. `benchmark-kernels` prints what each way takes and which one this chooses.
public struct AlgorithmEstimate {
  let target: Target

  public init(_ target: Target) { self.target = target }

  public func fastest(for convolution: pf_convolution) -> pf_algorithm {
    var best = PF_DIRECT
    var fewest = cycles(convolution, PF_DIRECT)
    for code in 1..<UInt32(PF_ALGORITHM_COUNT) {
      let algorithm = pf_algorithm(rawValue: code)
      guard AlgorithmEstimate.admits(algorithm, convolution) else { continue }
      let cycles = cycles(convolution, algorithm)
      // Larger tiles, which come later, cost memory and digits.
      if cycles < 0.95 * fewest {
        best = algorithm
        fewest = cycles
      }
    }
    return best
  }

  /// Whether an algorithm applies, and its error stays within docs/convolution.md's bound: it grows with the square root of the channels,
  /// and for large tiles from the most of it.
  static func admits(_ algorithm: pf_algorithm, _ convolution: pf_convolution) -> Bool {
    var window = convolution.window
    guard pf_algorithm_applies(algorithm, &window) != 0 else { return false }
    switch algorithm {
    case PF_WINOGRAD_6X6_3X3: return convolution.group_input_channels <= 640
    case PF_WINOGRAD_4X4_5X5: return convolution.group_input_channels <= 768
    default: return true
    }
  }

  public func cycles(_ convolution: pf_convolution, _ algorithm: pf_algorithm) -> Double {
    let channels = Double(convolution.group_input_channels)
    let pixels = Double(convolution.images) * Double(convolution.output_height) * Double(convolution.output_width)
    if algorithm == PF_DIRECT {
      let taps = Double(convolution.window.kernel_height) * Double(convolution.window.kernel_width)
      return productCycles(convolution, rows: pixels, depth: taps * channels, bytesPerCycle: target.bytesPerCycle)
    }
    var window = convolution.window
    let positions = Double(pf_tiling_of(algorithm, &window).positions)
    let tiles = Double(convolution.tileCount(algorithm)), groups = Double(convolution.groups)
    let costs = TransformCosts(algorithm)
    let outputs = Double(convolution.group_output_channels)
    let transforms = tiles * groups * (costs.input * channels + costs.output * outputs) * 2 / target.multiplyAddsPerCycle
    // Tiles are read and written one by one, which leaves nothing to do while an image comes from memory.
    let bytes = 4 * pixels * groups * (channels + outputs)
    let waiting = bytes > AlgorithmEstimate.cacheBytes ? bytes / target.bytesPerCycle : 0
    let isLarge = 4 * positions * channels * outputs * groups > AlgorithmEstimate.keptBytes
    let bytesPerCycle = (isLarge ? AlgorithmEstimate.shareOfBandwidth : 1) * target.bytesPerCycle
    return positions * productCycles(convolution, rows: tiles, depth: channels, bytesPerCycle: bytesPerCycle) + transforms + waiting
  }

  /// A second-level cache.
  private static let cacheBytes = 1e6
  /// What a register tile's loads and stores of sums cost, in values of k.
  private static let tileOverhead = 8.0
  /// Share of its best that a processor reaches in a product.
  private static let efficiency = 0.9

  /// That transformed weights are read with, if no cache can have kept them: the panel of a position is too short for a processor to foresee
  /// the next one in time.
  private static let shareOfBandwidth = 0.7
  private static let keptBytes = 8e6

  /// Of all groups: whichever takes longer, multiplying or reading the weights, which come from memory, the rest of a network having
  /// driven them out of the caches since the last run.
  private func productCycles(_ convolution: pf_convolution, rows: Double, depth: Double, bytesPerCycle: Double) -> Double {
    let columns = Double((convolution.group_output_channels + 15) & ~15), groups = Double(convolution.groups)
    let products = rows * (depth + AlgorithmEstimate.tileOverhead) * columns * groups
    return max(
      products / (AlgorithmEstimate.efficiency * target.multiplyAddsPerCycle), 4 * depth * columns * groups / bytesPerCycle)
  }
}

/// Cycles that a vector of channels of a tile takes, with two vector operations a cycle: what `benchmark-kernels` measures beside the
/// products.
private struct TransformCosts {
  let input, output: Double

  init(_ algorithm: pf_algorithm) {
    switch algorithm {
    case PF_WINOGRAD_2X2_3X3: (input, output) = (110, 90)
    case PF_WINOGRAD_4X4_3X3: (input, output) = (220, 180)
    case PF_WINOGRAD_6X6_3X3: (input, output) = (380, 320)
    case PF_WINOGRAD_2X2_5X5: (input, output) = (220, 120)
    case PF_WINOGRAD_4X4_5X5: (input, output) = (380, 250)
    case PF_WINOGRAD_6_3: (input, output) = (45, 40)
    case PF_WINOGRAD_4_5: (input, output) = (45, 32)
    default: (input, output) = (8500, 8500)
    }
  }
}

extension pf_convolution {
  /// Of all images.
  func tileCount(_ algorithm: pf_algorithm) -> Int {
    var window = window
    let tiling = pf_tiling_of(algorithm, &window)
    let rows = (output_height + tiling.output_height - 1) / tiling.output_height
    let columns = (output_width + tiling.output_width - 1) / tiling.output_width
    return Int(images) * Int(rows) * Int(columns)
  }

  /// Of the transformed weights of all groups.
  func tiledWeightFloats(_ algorithm: pf_algorithm) -> Int {
    var window = window
    return Int(groups) * Int(pf_tiling_of(algorithm, &window).positions) * pf_panel_floats(Int(group_input_channels), Int(group_output_channels))
  }
}
