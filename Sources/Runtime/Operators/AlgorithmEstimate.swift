import KernelContract
import PrefactorModelFormat

/// Estimates how many cycles a target takes for a convolution in each way, on one core.
///
/// An estimate rather than a measurement, so that a model gives the same bits in every session, and from shapes and
/// target alone, so that it does for any number of threads. `benchmark-kernels` prints what each way takes and which
/// one this chooses.
public struct AlgorithmEstimate {
  let target: Target

  public init(_ target: Target) { self.target = target }

  /// With the number of neighbouring groups that are best computed as one, for which registers narrower than that have
  /// room.
  public func fastest(
    for convolution: pf_convolution, only wanted: pf_algorithm? = nil
  ) -> (algorithm: pf_algorithm, mergedGroups: Int32) {
    var best = (algorithm: PF_DIRECT, mergedGroups: Int32(1))
    var fewest = Double.infinity
    let mostGroups = max(1, AlgorithmEstimate.widestMerged / max(1, convolution.group_output_channels))
    for count in 1...mostGroups where convolution.groups % count == 0 {
      let merged = convolution.merging(count)
      for code in 0..<UInt32(PF_ALGORITHM_COUNT) where wanted == nil || wanted?.rawValue == code {
        let algorithm = pf_algorithm(rawValue: code)
        guard AlgorithmEstimate.admits(algorithm, merged) else { continue }
        let cycles = cycles(merged, algorithm)
        // Larger tiles and wider groups, which come later, cost memory, and tiles digits.
        if cycles < 0.95 * fewest {
          best = (algorithm, count)
          fewest = cycles
        }
      }
    }
    return best
  }

  /// Whether an algorithm applies, and its error stays within docs/convolution.md's bound: it grows with the square
  /// root of the channels, and for large tiles from the most of it.
  package static func admits(_ algorithm: pf_algorithm, _ convolution: pf_convolution) -> Bool {
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
      var convolution = convolution
      // With gaps between the taps, those in the padding are passed over.
      let share = convolution.window.dilation_width > 1 ? pf_share_inside(&convolution) : 1
      return productCycles(
        convolution, rows: pixels * share, depth: taps * channels, bytesPerCycle: target.bytesPerCycle)
        + Double(convolution.groups) * pixels * groupCycles(convolution)
    }
    var window = convolution.window
    let positions = Double(pf_tiling_of(algorithm, &window).positions)
    let tiles = Double(convolution.tileCount(algorithm))
    let groups = Double(convolution.groups)
    let costs = TransformCosts(algorithm)
    let outputs = Double(convolution.group_output_channels)
    // A multiply-add may take two instructions; a transform has few of them.
    let operationsPerCycle = (target.multiplyAddsPerCycle / lanes).rounded(.up)
    let transforms =
      tiles * groups * (costs.input * vectors(channels) + costs.output * vectors(outputs)) * 2 / operationsPerCycle
    // Tiles are read and written one by one, which leaves nothing to do while an image comes from memory.
    let bytes = 4 * pixels * groups * (channels + outputs)
    let waiting = bytes > AlgorithmEstimate.cacheBytes ? bytes / target.bytesPerCycle : 0
    let isLarge = 4 * positions * channels * outputs * groups > AlgorithmEstimate.keptBytes
    let bytesPerCycle = (isLarge ? AlgorithmEstimate.shareOfBandwidth : 1) * target.bytesPerCycle
    return positions * productCycles(convolution, rows: tiles, depth: channels, bytesPerCycle: bytesPerCycle)
      + transforms + waiting
  }

  /// Filters of merged groups, at most: two panels, which all instruction sets fill.
  private static let widestMerged = 2 * PF_PANEL_WIDTH

  /// A second-level cache.
  private static let cacheBytes = 1e6
  /// What a register tile's loads and stores of sums cost, in values of k.
  private static let tileOverhead = 8.0
  /// Share of its best that a processor reaches in a product.
  private static let efficiency = 0.9
  /// What a register tile one vector wide takes longer than half of one of two, in vectors.
  private static let loneVector = 0.3
  /// What transforming one channel takes of a vector's time.
  private static let singleChannel = 0.4

  /// That transformed weights are read with, if no cache can have kept them: the panel of a position is too short for a
  /// processor to foresee the next one in time.
  private static let shareOfBandwidth = 0.7
  private static let keptBytes = 6e6

  /// Of all groups: whichever takes longer, multiplying or reading the weights, which come from memory, the rest of a
  /// network having driven them out of the caches since the last run.
  private func productCycles(_ convolution: pf_convolution, rows: Double, depth: Double, bytesPerCycle: Double)
    -> Double
  {
    let outputs = Int(convolution.group_output_channels)
    let groups = Double(convolution.groups)
    let vectors = (outputs + target.lanes - 1) / target.lanes
    let columns = lanes * (Double(vectors) + (vectors % 2 == 0 ? 0 : AlgorithmEstimate.loneVector))
    let products = rows * (depth + AlgorithmEstimate.tileOverhead) * columns * groups
    let bytes = 4 * depth * Double(pf_panel_floats(1, outputs)) * groups
    return max(products / (AlgorithmEstimate.efficiency * target.multiplyAddsPerCycle), bytes / bytesPerCycle)
  }

  /// That a pixel of a group takes beside the product, as measured with AVX-512 and AVX2: going to it, copying what its
  /// window covers of the input, pixel by pixel where those have several groups, and the way of its sums where they do
  /// not fill the last register.
  private func groupCycles(_ convolution: pf_convolution) -> Double {
    let outputs = Double(convolution.output_height) * Double(convolution.output_width)
    let covered = Double(convolution.input_height) * Double(convolution.input_width) / outputs
    let isFull = Int(convolution.group_output_channels) % target.lanes == 0
    let isCopied = convolution.window.taps > 1 && convolution.groups > 1
    return 4 + (isCopied ? 12 * covered : 0) + (isFull ? 0 : 5)
  }

  private var lanes: Double { Double(target.lanes) }

  /// Vectors of channels of a transform, which takes single ones where they do not fill one.
  private func vectors(_ channels: Double) -> Double {
    channels < lanes ? AlgorithmEstimate.singleChannel * channels : (channels / lanes).rounded(.up)
  }
}

/// Cycles that a vector of channels of a tile takes, with two vector operations a cycle: what `benchmark-kernels`
/// measures beside the products.
private struct TransformCosts {
  let input, output: Double

  init(_ algorithm: pf_algorithm) {
    switch algorithm {
    case PF_WINOGRAD_2X2_3X3: (input, output) = (110, 90)
    case PF_WINOGRAD_3X3_3X3: (input, output) = (165, 135)
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
  package func tileCount(_ algorithm: pf_algorithm) -> Int {
    var window = window
    let tiling = pf_tiling_of(algorithm, &window)
    let rows = pf_tile_count(output_height, tiling.output_height, window.dilation_height)
    let columns = pf_tile_count(output_width, tiling.output_width, window.dilation_width)
    return Int(images) * Int(rows) * Int(columns)
  }

  /// Of the transformed weights of all groups.
  package func transformedWeightFloats(_ algorithm: pf_algorithm) -> Int64 {
    var window = window
    return (Int64(groups) * Int64(pf_tiling_of(algorithm, &window).positions)).multipliedClamped(
      by: panelFloats(depth: Int64(group_input_channels)))
  }
}
