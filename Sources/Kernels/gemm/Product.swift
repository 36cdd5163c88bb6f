import KernelContract

/// Accumulators of a register tile: rows are pixels, columns are output channels.
typealias Tile<let rows: Int, let vectors: Int> = InlineArray<rows, InlineArray<vectors, Vector>>

/// A number that weights are kept as.
protocol Weight {
  static func columns(from source: UnsafePointer<Self>) -> Vector
}

extension Float: Weight {
  @inline(__always) static func columns(from source: UnsafePointer<Float>) -> Vector { Vector(from: source) }
}

/// The bits of a half-precision number.
extension UInt16: Weight {
  @inline(__always) static func columns(from source: UnsafePointer<UInt16>) -> Vector { Vector(widening: source) }
}

/// Where a row's values of k lie: stretches of `depth` floats, `gap` floats between them, and as many again for each of
/// several kernel rows.
struct Runs {
  let depth: Int
  var count = 1, gap = 0
  var kernelRows = 1
  /// Between the last run of a kernel row and the next one's first: floats of the input, values of k of the weights.
  var kernelRowGap = 0, weightsGap = 0

  var values: Int { kernelRows * count * depth }
}

/// Weights that will be needed soon: some cache lines of them are fetched by each tile. That hides what the processor's
/// own prefetching can't foresee: the jump to the next panel.
struct Upcoming {
  var lines: Source
  /// Floats from each of these lines to another one that is fetched with it: a panel has two lines for each value of k,
  /// and a single tile has to fetch both. 0 where the next tile fetches the others.
  var secondLine = 0
}

/// What the micro-kernel works on: rows of input against some columns of a weight panel.
///
/// It is never copied on the way to a tile, and neither are the rows: a copy reads several members at once, each of
/// which has just been stored by itself. A processor can't forward such stores, and waits until they are in its cache,
/// after the sums of the tile before.
struct Product {
  let rows: UnsafePointer<InputRows>
  /// A row of these for each value of k, `weightsStride` apart, of at least as many columns as the tile is wide.
  var weights: Source
  var weightsStride: Int
  let upcoming: Source

  var output: Target
  var outputStride: Int
  /// The output holds the sum over earlier values of k.
  var continues: Bool
  /// No values of k follow: add bias and residual, and clamp.
  var finishes: Bool
  var bias: Source?
  var residual: Source?
  var residualStride: Int
  var low, high: Float

  /// Computes all rows with as few tiles as will do, of heights as equal as can be: a tile of few rows waits for its
  /// sums.
  @inline(__always)
  func compute<let vectors: Int>(_ width: InlineArray<vectors, Vector>.Type) {
    let rows = rows.pointee.count
    let values = self.rows.pointee.runs.values
    let tiles = (rows + tileRows - 1) / tileRows
    let height = rows / tiles
    let taller = rows % tiles
    var upcoming = Upcoming(lines: upcoming, secondLine: tiles == 1 ? values * cacheLine : 0)
    var row = 0
    for tile in 0..<tiles {
      let count = tile < taller ? height + 1 : height
      compute(width, rows: count, row: row, upcoming)
      row += count
      // Two cache lines are a row of a panel, eight are four, and then there is no more to fetch.
      upcoming.lines += multipliesByLane(rows: count) ? cacheLine : tile == 0 ? values * cacheLine : 0
    }
  }

  /// Computes rows `row ..< row + rows`. Every shape of tile does the same operations on an element in the same order,
  /// so that its value doesn't depend on the shape.
  ///
  /// The sums stay in registers only while every loop over them is small enough for the optimizer to unroll, which
  /// `scripts/check-inner-loops` checks.
  @inline(__always)
  func compute<let rows: Int, let vectors: Int>(_ tile: Tile<rows, vectors>.Type, row: Int, _ upcoming: Upcoming) {
    compute(tile, row: row, weights, upcoming)
  }

  /// The same with other weights.
  @inline(never)
  func compute<let rows: Int, let vectors: Int, Element: Weight>(
    _: Tile<rows, vectors>.Type, row: Int, _ weights: UnsafePointer<Element>, _ upcoming: Upcoming
  ) {
    let output = output + row &* outputStride
    let outputStride = outputStride
    var sums = Tile<rows, vectors> { _ in InlineArray(repeating: Vector(0)) }
    if continues {
      for i in 0..<rows {
        for j in 0..<vectors { sums[i][j] = Vector(from: output + i &* outputStride + j &* Vector.lanes) }
      }
    }
    accumulate(&sums, row: row, weights, upcoming)
    if finishes {
      if let bias {
        for j in 0..<vectors {
          let value = Vector(from: bias + j &* Vector.lanes)
          for i in 0..<rows { sums[i][j] = sums[i][j] + value }
        }
      }
      if let residual {
        let residual = residual + row &* residualStride
        let residualStride = residualStride
        for i in 0..<rows {
          for j in 0..<vectors {
            sums[i][j] = sums[i][j] + Vector(from: residual + i &* residualStride + j &* Vector.lanes)
          }
        }
      }
      let low = Vector(low)
      let high = Vector(high)
      for i in 0..<rows {
        for j in 0..<vectors { sums[i][j] = sums[i][j].max(low) }
      }
      for i in 0..<rows {
        for j in 0..<vectors { sums[i][j] = sums[i][j].min(high) }
      }
    }
    for i in 0..<rows {
      for j in 0..<vectors { sums[i][j].store(to: output + i &* outputStride + j &* Vector.lanes) }
    }
  }
}
