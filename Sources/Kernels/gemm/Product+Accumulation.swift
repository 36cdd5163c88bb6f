import KernelContract

/// In floats.
let cacheLine = 16

extension Product {
  /// Adds the products of all values of k. Where the processor multiplies by lanes, a row's values are taken four at a
  /// time as long as there are four; the sums grow in the same order.
  @inline(__always)
  func accumulate<let rows: Int, let vectors: Int, Element: Weight>(
    _ sums: inout Tile<rows, vectors>, row: Int, _ weights: UnsafePointer<Element>, _ upcoming: Upcoming
  ) {
    let inputStride = self.rows.pointee.stride
    var input = self.rows.pointee.start + row &* inputStride
    var weights = weights
    let secondLine = upcoming.secondLine
    var upcoming = upcoming.lines
    let weightsStride = weightsStride
    let runs = self.rows.pointee.runs
    var kernelRow = runs.kernelRows
    while kernelRow > 0 {
      var run = runs.count
      while run > 0 {
        let end = input + runs.depth
        if multipliesByLane(rows: rows) {
          let done = runs.depth & ~3
          accumulateByLane(&sums, input, weights, upcoming, depth: done)
          input += done
          weights += done &* weightsStride
          upcoming += done &* weightsStride
        }
        while input < end {
          pf_prefetch(upcoming)
          if rows > 1 { pf_prefetch(upcoming + secondLine) }
          addColumn(&sums, input, inputStride, weights)
          input += 1
          weights += weightsStride
          upcoming += cacheLine
        }
        input += runs.gap
        run &-= 1
      }
      input += runs.kernelRowGap
      weights += runs.weightsGap &* weightsStride
      kernelRow &-= 1
    }
  }

  /// The products of one value of k.
  @inline(__always)
  private func addColumn<let rows: Int, let vectors: Int, Element: Weight>(
    _ sums: inout Tile<rows, vectors>, _ input: Source, _ inputStride: Int, _ weights: UnsafePointer<Element>
  ) {
    if rows == 1 {
      // One vector of weights after the other: widened ones take registers.
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
  }

  /// For `depth` values of k, a multiple of four. One load of a row serves four of them, and one cache line is fetched.
  @inline(__always)
  private func accumulateByLane<let rows: Int, let vectors: Int, Element: Weight>(
    _ sums: inout Tile<rows, vectors>, _ input: Source, _ weights: UnsafePointer<Element>, _ upcoming: Source,
    depth: Int
  ) {
    let stride = self.rows.pointee.stride
    let step = weightsStride &* MemoryLayout<Element>.stride
    var inputs = InlineArray<rows, UnsafeRawPointer>(repeating: UnsafeRawPointer(input))
    for i in 0..<rows { inputs[i] = pf_opaque(input + depth + i &* stride) }
    var columns = InlineArray<vectors, UnsafeRawPointer>(repeating: UnsafeRawPointer(weights))
    for j in 0..<vectors { columns[j] = pf_opaque(weights + j &* Vector.lanes) }
    let upcoming = UnsafeRawPointer(upcoming)
    var inputOffset = -depth &* MemoryLayout<Float>.stride
    var weightsOffset = 0
    while inputOffset != 0 {
      // One row is done with the weights before others could come.
      if rows > 1 { pf_prefetch((upcoming + weightsOffset).assumingMemoryBound(to: Float.self)) }
      var values = InlineArray<rows, Vector>(repeating: Vector(0))
      for i in 0..<rows { values[i] = Vector(from: (inputs[i] + inputOffset).assumingMemoryBound(to: Float.self)) }
      add(values, lane: 0, columns, weightsOffset, Element.self, to: &sums)
      weightsOffset = pf_opaque(weightsOffset &+ step)
      add(values, lane: 1, columns, weightsOffset, Element.self, to: &sums)
      weightsOffset = pf_opaque(weightsOffset &+ step)
      add(values, lane: 2, columns, weightsOffset, Element.self, to: &sums)
      weightsOffset = pf_opaque(weightsOffset &+ step)
      add(values, lane: 3, columns, weightsOffset, Element.self, to: &sums)
      weightsOffset = pf_opaque(weightsOffset &+ step)
      inputOffset = pf_opaque(inputOffset &+ MemoryLayout<Vector>.stride)
    }
  }

  /// The products of one value of k, which is that lane of each row's values.
  @inline(__always)
  private func add<let rows: Int, let vectors: Int, Element: Weight>(
    _ values: InlineArray<rows, Vector>, lane: Int32, _ columns: InlineArray<vectors, UnsafeRawPointer>, _ offset: Int,
    _: Element.Type,
    to sums: inout Tile<rows, vectors>
  ) {
    for j in 0..<vectors {
      let column = Element.columns(from: (columns[j] + offset).assumingMemoryBound(to: Element.self))
      for i in 0..<rows { sums[i][j] = Vector.multiplyAdd(column, pf_lane(values[i], lane), sums[i][j]) }
    }
  }
}
