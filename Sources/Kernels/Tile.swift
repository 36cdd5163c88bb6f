import KernelContract

/// Accumulators of a register tile: rows are pixels, columns are output channels.
typealias Tile<let rows: Int, let vectors: Int> = InlineArray<rows, InlineArray<vectors, Vector>>

/// What the micro-kernel works on: rows of input against some columns of a weight panel.
struct Product {
  /// Rows, `inputStride` apart, of `depth` values of k.
  var input: Source
  var inputStride: Int
  /// `depth` rows, `weightsStride` apart, of at least as many columns as the tile is wide.
  var weights: Source
  var weightsStride: Int
  var depth: Int
  /// Weights that will be needed soon, `depth` rows of a panel of them. Fetching ahead hides what the processor's own prefetching can't
  /// foresee: the jump to the next panel.
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

  /// Computes rows `row ..< row + rows`. Every shape of tile does the same operations on an element in the same order, so that its value
  /// doesn't depend on the shape.
  ///
  /// The sums stay in registers only while every loop over them is small enough for the optimiser to unroll: after a change, look for
  /// vectors stored to the stack.
  func compute<let rows: Int, let vectors: Int>(_: Tile<rows, vectors>.Type, row: Int) {
    let output = output + row &* outputStride
    let outputStride = outputStride
    var sums = Tile<rows, vectors> { _ in InlineArray(repeating: Vector(0)) }
    if continues {
      forEach(rows) { i in
        for j in 0..<vectors { sums[i][j] = Vector(from: output + i &* outputStride + j &* Vector.lanes) }
      }
    }

    var input = input + row &* inputStride
    var weights = weights
    var upcoming = upcoming
    let end = input + depth
    let inputStride = inputStride, weightsStride = weightsStride
    while input < end {
      pf_prefetch(upcoming)
      var columns = InlineArray<vectors, Vector>(repeating: Vector(0))
      for j in 0..<vectors { columns[j] = Vector(from: weights + j &* Vector.lanes) }
      forEach(rows) { i in
        let value = Vector(input[i &* inputStride])
        for j in 0..<vectors { sums[i][j] = Vector.multiplyAdd(value, columns[j], sums[i][j]) }
      }
      input += 1
      weights += weightsStride
      upcoming += 16
    }

    if finishes {
      if let bias {
        for j in 0..<vectors {
          let value = Vector(from: bias + j &* Vector.lanes)
          forEach(rows) { i in sums[i][j] = sums[i][j] + value }
        }
      }
      if let residual {
        let from = residual + row &* residualStride
        let residualStride = residualStride
        forEach(rows) { i in
          for j in 0..<vectors { sums[i][j] = sums[i][j] + Vector(from: from + i &* residualStride + j &* Vector.lanes) }
        }
      }
      let low = Vector(low), high = Vector(high)
      forEach(rows) { i in
        for j in 0..<vectors { sums[i][j] = sums[i][j].max(low) }
      }
      forEach(rows) { i in
        for j in 0..<vectors { sums[i][j] = sums[i][j].min(high) }
      }
    }
    forEach(rows) { i in
      for j in 0..<vectors { sums[i][j].store(to: output + i &* outputStride + j &* Vector.lanes) }
    }
  }
}

@inline(__always)
private func forEach(_ rows: Int, _ body: (Int) -> Void) {
  for i in 0..<min(rows, 6) { body(i) }
  for i in min(rows, 6)..<rows { body(i) }
}
