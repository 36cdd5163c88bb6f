import KernelContract

func softmax(
  _ input: Source, _ output: Target, rows: Int, count: Int, logarithm: Bool, cancelled: UnsafePointer<Int64>?
) {
  for row in 0..<rows {
    softmaxRow(input + row * count, output + row * count, count, logarithm, cancelled)
  }
}

/// Elements that are computed without looking whether the run is cancelled.
private let mostElements = 1 << 16

@inline(__always)
private func forEachVector(to end: Int, _ cancelled: UnsafePointer<Int64>?, _ body: (_ first: Int) -> Void) {
  for first in stride(from: 0, to: end, by: mostElements) where pf_is_cancelled(cancelled) == 0 {
    for i in stride(from: first, to: min(first + mostElements, end), by: Vector.lanes) { body(i) }
  }
}

private func softmaxRow(
  _ input: Source, _ output: Target, _ count: Int, _ logarithm: Bool, _ cancelled: UnsafePointer<Int64>?
) {
  let whole = count / Vector.lanes * Vector.lanes
  let left = count - whole
  // Lanes past the row neither raise the maximum nor add to the sum.
  let last = Vector(from: input + whole, upTo: left, fill: -.infinity)

  var maxima = last
  forEachVector(to: whole, cancelled) { i in maxima = maxima.max(Vector(from: input + i)) }
  let maximum = Vector(maxima.reduced { $0.max($1) })

  var sums = exp(last - maximum)
  if !logarithm { sums.store(to: output + whole, upTo: left) }
  forEachVector(to: whole, cancelled) { i in
    let e = exp(Vector(from: input + i) - maximum)
    if !logarithm { e.store(to: output + i) }
    sums = sums + e
  }
  let sum = Vector(sums.reduced { $0 + $1 })

  if logarithm {
    let logarithm = log(sum)
    forEachVector(to: whole, cancelled) { i in (Vector(from: input + i) - maximum - logarithm).store(to: output + i) }
    (last - maximum - logarithm).store(to: output + whole, upTo: left)
  } else {
    let scale = Vector(1) / sum
    forEachVector(to: whole, cancelled) { i in (Vector(from: output + i) * scale).store(to: output + i) }
    (Vector(from: output + whole, upTo: left) * scale).store(to: output + whole, upTo: left)
  }
}
