import KernelContract
import PrefactorModelFormat

/// Estimates how many cycles a target takes for a convolution in each way, on one core.
///
/// An estimate rather than a measurement, so that a model gives the same bits in every session, and from shapes and target alone, so that
/// it does for any number of threads. `benchmark-kernels` prints what each way takes and which one this chooses.
public struct AlgorithmEstimate {
  private let target: Target

  public init(_ target: Target) { self.target = target }

  public func fastest(for convolution: pf_convolution) -> pf_algorithm {
    var window = convolution.window
    var best = PF_DIRECT
    var fewest = cycles(convolution, PF_DIRECT)
    for code in 1..<UInt32(PF_ALGORITHM_COUNT) {
      let algorithm = pf_algorithm(rawValue: code)
      guard pf_algorithm_applies(algorithm, &window) != 0 else { continue }
      let cycles = cycles(convolution, algorithm)
      if cycles < fewest {
        best = algorithm
        fewest = cycles
      }
    }
    return best
  }

  public func cycles(_ convolution: pf_convolution, _ algorithm: pf_algorithm) -> Double {
    let channels = Double(convolution.group_input_channels)
    if algorithm == PF_DIRECT {
      let taps = Double(convolution.window.kernel_height) * Double(convolution.window.kernel_width)
      let pixels = Double(convolution.images) * Double(convolution.output_height) * Double(convolution.output_width)
      return productCycles(convolution, rows: pixels, depth: taps * channels)
    }
    var window = convolution.window
    let positions = Double(pf_tiling_of(algorithm, &window).positions)
    let tiles = Double(convolution.tileCount(algorithm))
    let costs = TransformCosts(algorithm)
    let transforms = costs.input * channels + costs.output * Double(convolution.group_output_channels)
    return positions * productCycles(convolution, rows: tiles, depth: channels)
      + tiles * Double(convolution.groups) * transforms * 2 / target.multiplyAddsPerCycle
  }

  /// Of all groups: whichever takes longer, multiplying or reading the weights, which come from memory, the rest of a network having
  /// driven them out of the caches since the last run.
  private func productCycles(_ convolution: pf_convolution, rows: Double, depth: Double) -> Double {
    let columns = Double((convolution.group_output_channels + 15) & ~15)
    let weights = depth * columns * Double(convolution.groups)
    return max(rows * weights / target.multiplyAddsPerCycle, 4 * weights / target.bytesPerCycle)
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
