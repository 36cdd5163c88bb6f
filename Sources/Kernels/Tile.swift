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

/// What the micro-kernel works on: rows of input against some columns of a weight panel.
struct Product {
  /// Rows, `inputStride` apart, of `depth` values of k, or of several such runs.
  var input: Source
  var inputStride: Int
  /// A row of these for each value of k, `weightsStride` apart, of at least as many columns as the tile is wide.
  var weights: Source
  var weightsStride: Int
  var depth: Int
  /// Weights that will be needed soon: a cache line of them is fetched for each value of k. That hides what the processor's own prefetching
  /// can't foresee: the jump to the next panel.
  var upcoming: Source

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

  /// Runs of `depth` values in a row of input, and floats between the end of one and the beginning of the next.
  var runs = 1, runGap = 0

  /// Computes all of `rows` rows with as few tiles as will do, of heights as equal as can be: a tile of few rows waits for its sums.
  @inline(__always)
  func compute<let vectors: Int>(_ width: InlineArray<vectors, Vector>.Type, rows: Int) {
    var product = self
    let tiles = (rows + tileRows - 1) / tileRows
    let height = rows / tiles, taller = rows % tiles
    var row = 0
    for tile in 0..<tiles {
      let count = tile < taller ? height + 1 : height
      product.compute(width, rows: count, row: row)
      row += count
      // A row of a panel has two cache lines; and then there is no more to fetch.
      if tile == 0 { product.upcoming += depth * runs * cacheLine }
    }
  }

  /// Computes rows `row ..< row + rows`. Every shape of tile does the same operations on an element in the same order, so that its value
  /// doesn't depend on the shape.
  ///
  /// The sums stay in registers only while every loop over them is small enough for the optimiser to unroll: after a change, look for
  /// vectors stored to the stack.
  @inline(__always)
  func compute<let rows: Int, let vectors: Int>(_ tile: Tile<rows, vectors>.Type, row: Int) { compute(tile, row: row, weights) }

  /// The same with other weights.
  @inline(never)
  func compute<let rows: Int, let vectors: Int, Element: Weight>(_: Tile<rows, vectors>.Type, row: Int, _ weights: UnsafePointer<Element>) {
    let output = output + row &* outputStride
    let outputStride = outputStride
    var sums = Tile<rows, vectors> { _ in InlineArray(repeating: Vector(0)) }
    if continues {
      for i in 0..<rows {
        for j in 0..<vectors { sums[i][j] = Vector(from: output + i &* outputStride + j &* Vector.lanes) }
      }
    }
    accumulate(&sums, row: row, weights)
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
          for j in 0..<vectors { sums[i][j] = sums[i][j] + Vector(from: residual + i &* residualStride + j &* Vector.lanes) }
        }
      }
      let low = Vector(low), high = Vector(high)
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

  @inline(__always)
  private func accumulate<let rows: Int, let vectors: Int, Element: Weight>(
    _ sums: inout Tile<rows, vectors>, row: Int, _ weights: UnsafePointer<Element>
  ) {
    var input = input + row &* inputStride
    var weights = weights
    var upcoming = upcoming
    let inputStride = inputStride, weightsStride = weightsStride, depth = depth, runGap = runGap
    var run = runs
    while run > 0 {
      let end = input + depth
      if multipliesByLane(rows: rows) {
        let done = accumulateByLane(&sums, input, weights)
        input += done
        weights += done &* weightsStride
      }
      while input < end {
        pf_prefetch(upcoming)
        if rows == 1 {
          let value = Vector(input.pointee)
          for j in 0..<vectors {
            sums[0][j] = Vector.multiplyAdd(value, Element.columns(from: weights + j &* Vector.lanes), sums[0][j])
          }
        } else {
          var columns = InlineArray<vectors, Vector>(repeating: Vector(0))
          for j in 0..<vectors { columns[j] = Element.columns(from: weights + j &* Vector.lanes) }
          for i in 0..<rows {
            let value = Vector(input[i &* inputStride])
            for j in 0..<vectors { sums[i][j] = Vector.multiplyAdd(value, columns[j], sums[i][j]) }
          }
        }
        input += 1
        weights += weightsStride
        upcoming += cacheLine
      }
      input += runGap
      run &-= 1
    }
  }

  /// Adds the products of the values of k of a run that fill whole vectors, and returns how many those are. One load of a row serves as many
  /// values as a vector has lanes, which are multiplied by one after the other: the sums grow in the same order.
  @inline(__always)
  private func accumulateByLane<let rows: Int, let vectors: Int, Element: Weight>(
    _ sums: inout Tile<rows, vectors>, _ input: Source, _ weights: UnsafePointer<Element>
  ) -> Int {
    let count = depth & ~(Vector.lanes - 1)
    var inputs = InlineArray<rows, UnsafeRawPointer>(repeating: UnsafeRawPointer(input))
    for i in 0..<rows { inputs[i] = pf_opaque(input + count + i &* inputStride) }
    var columns = InlineArray<vectors, UnsafeRawPointer>(repeating: UnsafeRawPointer(weights))
    for j in 0..<vectors { columns[j] = pf_opaque(weights + j &* Vector.lanes) }
    let upcoming = UnsafeRawPointer(upcoming)
    let step = weightsStride &* MemoryLayout<Element>.stride
    var offset = -count &* MemoryLayout<Float>.stride, weightsOffset = 0
    while offset != 0 {
      if rows > 1 { pf_prefetch((upcoming + weightsOffset).assumingMemoryBound(to: Float.self)) }
      var values = InlineArray<rows, Vector>(repeating: Vector(0))
      for i in 0..<rows { values[i] = Vector(from: (inputs[i] + offset).assumingMemoryBound(to: Float.self)) }
      multiply(&sums, values, lane: 0, columns, weightsOffset, Element.self)
      weightsOffset = pf_opaque(weightsOffset &+ step)
      multiply(&sums, values, lane: 1, columns, weightsOffset, Element.self)
      weightsOffset = pf_opaque(weightsOffset &+ step)
      multiply(&sums, values, lane: 2, columns, weightsOffset, Element.self)
      weightsOffset = pf_opaque(weightsOffset &+ step)
      multiply(&sums, values, lane: 3, columns, weightsOffset, Element.self)
      weightsOffset = pf_opaque(weightsOffset &+ step)
      offset = pf_opaque(offset &+ MemoryLayout<Vector>.stride)
    }
    return count
  }

  @inline(__always)
  private func multiply<let rows: Int, let vectors: Int, Element: Weight>(
    _ sums: inout Tile<rows, vectors>, _ values: InlineArray<rows, Vector>, lane: Int32, _ columns: InlineArray<vectors, UnsafeRawPointer>,
    _ offset: Int, _: Element.Type
  ) {
    for j in 0..<vectors {
      let column = Element.columns(from: (columns[j] + offset).assumingMemoryBound(to: Element.self))
      for i in 0..<rows { sums[i][j] = Vector.multiplyAdd(column, pf_lane(values[i], lane), sums[i][j]) }
    }
  }
}

/// In floats.
private let cacheLine = 16
