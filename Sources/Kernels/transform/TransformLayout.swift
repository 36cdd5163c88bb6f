import KernelContract

/// Bytes of transformed input and of sums that a block should have: written and read once, they best stay in a
/// second-level cache.
private let scratchBudget = 1 << 20
/// But with fewer tiles than these a processor would wait for weights, which every block reads again, more than
/// multiply by them.
private let fewestTiles = 48

/// A convolution's division into tiles, and where things lie in a block's scratch. Numbers of a position lie together,
/// a row a tile.
struct TransformLayout {
  let algorithm: pf_algorithm
  let tiling: pf_tiling
  let positions: Int
  let inputs, outputs: Int
  /// The most tiles of a block.
  let blockTiles: Int
  /// Floats from tile to tile.
  let inputStride, sumStride: Int

  init(_ layer: pf_convolution, _ algorithm: pf_algorithm) {
    var window = layer.window
    self.algorithm = algorithm
    tiling = pf_tiling_of(algorithm, &window)
    let rows = Int(pf_tile_count(layer.output_height, tiling.output_height, window.dilation_height))
    let columns = Int(pf_tile_count(layer.output_width, tiling.output_width, window.dilation_width))
    positions = Int(tiling.positions)
    inputs = Int(layer.group_input_channels)
    outputs = Int(layer.group_output_channels)
    inputStride = TransformLayout.oddLines(inputs)
    sumStride = TransformLayout.oddLines((outputs + panelWidth - 1) / panelWidth * panelWidth)
    // Of 64 bits, since many channels at hundreds of positions may be more than an Int of 32 bits holds; and so below.
    let tileBytes = Int64(positions) * Int64(inputStride + sumStride) * Int64(MemoryLayout<Float>.stride)
    let most = max(fewestTiles, scratchBudget / Int(clamping: tileBytes) / tileRows * tileRows)
    blockTiles = min(most, Int(layer.images) * rows * columns)
  }

  /// Floats in an odd number of cache lines that `count` fit into: rows so far apart fall into different sets of a
  /// cache.
  static func oddLines(_ count: Int) -> Int { ((count + 15) / 16 | 1) * 16 }

  /// Floats from position to position.
  func inputStep(_ tiles: Int) -> Int { TransformLayout.oddLines(tiles * inputStride) }
  func sumStep(_ tiles: Int) -> Int { TransformLayout.oddLines(tiles * sumStride) }

  /// Bytes: transformed input, sums, a pixel of padding, what a transform needs, and a tile's pixels: copies of them,
  /// and where they are. The largest Int where it is larger.
  var scratch: Int {
    let steps = Int64(inputStep(blockTiles)) + Int64(sumStep(blockTiles))
    let floats =
      Int64(positions) * steps + Int64(inputStride + (transformScratchVectors + copiedVectors) * Vector.lanes)
    return Int(clamping: floats * Int64(MemoryLayout<Float>.stride) + Int64(tilePixels * MemoryLayout<Source>.stride))
  }

  var tilePixels: Int { Int(tiling.input_height * tiling.input_width) }
  /// A tile's pixels and a bias, where groups have fewer channels than a vector.
  var copiedVectors: Int { tilePixels + 1 }
}

/// Vectors that the scratch of a transform has room for: 16 × 16 numbers between the passes of Fourier's, and 64 for
/// one pass.
let transformScratchVectors = 320
