import KernelContract

func reduce(_ function: pf_reduction, _ input: Source, _ output: Target, count: Int, inner: Int, columns: Range<Int>) {
  if inner == 1 {
    output.pointee = function.reduceContiguous(input, count: count)
  } else {
    ReducedColumns(function: function, input: input, output: output, count: count, inner: inner)
      .apply(from: columns.lowerBound, to: columns.upperBound)
  }
}

private struct ReducedColumns: ChannelKernel {
  let function: pf_reduction
  let input: Source
  let output: Target
  let count, inner: Int

  @inline(__always)
  func apply<L: Lanes>(_: L.Type, at column: Int) {
    let result: L = function.reduceRows(input + column, rows: count, stride: inner)
    function.finish(result, count: count).store(to: output + column)
  }
}

extension pf_reduction {
  @inline(__always)
  private func combine<L: Lanes>(_ a: L, _ b: L) -> L {
    switch self {
    case PF_REDUCE_MAX: a.max(b)
    case PF_REDUCE_MIN: a.min(b)
    default: a + b
    }
  }

  @inline(__always)
  private var identity: Float {
    switch self {
    case PF_REDUCE_MAX: -.infinity
    case PF_REDUCE_MIN: .infinity
    default: 0
    }
  }

  @inline(__always)
  fileprivate func finish<L: Lanes>(_ value: L, count: Int) -> L {
    self == PF_REDUCE_MEAN ? value / L(Float(count)) : value
  }

  /// In blocks of 64 rows, so that the rounding error of a sum grows with 64 + rows/64 instead of rows.
  @inline(__always)
  fileprivate func reduceRows<L: Lanes>(_ input: Source, rows: Int, stride: Int) -> L {
    var result = L(identity)
    var row = 0
    while row < rows {
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
  fileprivate func reduceContiguous(_ input: Source, count: Int) -> Float {
    let rows = count / Vector.lanes
    let last = Vector(from: input + rows * Vector.lanes, upTo: count - rows * Vector.lanes, fill: identity)
    let lanes = combine(reduceRows(input, rows: rows, stride: Vector.lanes), last)
    return finish(lanes.reduced { combine($0, $1) }, count: count)
  }
}
