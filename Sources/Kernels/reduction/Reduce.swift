import KernelContract

func reduce(
  _ function: pf_reduction, _ input: Source, stride: Int, _ output: Target, count: Int, columns: Range<Int>,
  cancelled: UnsafePointer<Int64>?
) {
  if stride == 1 {
    output.pointee = function.reduceContiguous(input, count: count, cancelled: cancelled)
  } else {
    ReducedColumns(function: function, input: input, stride: stride, output: output, count: count, cancelled: cancelled)
      .apply(inBlocksOf: VectorBlock.self, from: columns.lowerBound, to: columns.upperBound)
  }
}

private struct ReducedColumns: ChannelKernel {
  let function: pf_reduction
  let input: Source
  let stride: Int
  let output: Target
  let count: Int
  let cancelled: UnsafePointer<Int64>?

  @inline(__always)
  func apply<L: Lanes>(_: L.Type, at column: Int) {
    let result: L = function.reduceRows(input + column, rows: count, stride: stride, cancelled: cancelled)
    function.finish(result, count: count).store(to: output + column)
  }
}

extension pf_reduction {
  @inline(__always)
  private func combine<L: Lanes>(_ a: L, _ b: L) -> L {
    switch self {
    case PF_REDUCE_MAX: a.larger(b)
    case PF_REDUCE_MIN: a.smaller(b)
    case PF_REDUCE_PRODUCT: a * b
    default: a + b
    }
  }

  @inline(__always)
  private var identity: Float {
    switch self {
    case PF_REDUCE_MAX: -.infinity
    case PF_REDUCE_MIN: .infinity
    case PF_REDUCE_PRODUCT: 1
    default: 0
    }
  }

  @inline(__always)
  fileprivate func finish<L: Lanes>(_ value: L, count: Int) -> L {
    self == PF_REDUCE_MEAN ? value / L(Float(count)) : value
  }

  /// In blocks of 64 rows, so that the rounding error of a sum grows with 64 + rows/64 instead of rows; as long as the
  /// run is not cancelled.
  @inline(__always)
  fileprivate func reduceRows<L: Lanes>(_ input: Source, rows: Int, stride: Int, cancelled: UnsafePointer<Int64>?) -> L
  {
    var result = L(identity)
    var row = 0
    while row < rows, pf_is_cancelled(cancelled) == 0 {
      let end = min(row + 64, rows)
      var block = L(identity)
      while row < end {
        block = combine(block, L(from: input + row * stride))
        row += 1
      }
      result = combine(result, block)
    }
    return result
  }

  @inline(__always)
  fileprivate func reduceContiguous(_ input: Source, count: Int, cancelled: UnsafePointer<Int64>?) -> Float {
    let rows = count / VectorBlock.lanes
    let block: VectorBlock = reduceRows(input, rows: rows, stride: VectorBlock.lanes, cancelled: cancelled)
    var lanes = block.folded { combine($0, $1) }.folded { combine($0, $1) }
    for i in stride(from: rows * VectorBlock.lanes, to: count, by: Vector.lanes) {
      lanes = combine(lanes, Vector(from: input + i, upTo: count - i, fill: identity))
    }
    return finish(lanes.reduced { combine($0, $1) }, count: count)
  }
}
