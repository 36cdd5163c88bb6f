func softmax(_ input: Source, _ output: Target, rows: Int, count: Int, logarithm: Bool) {
  for row in 0..<rows {
    softmaxRow(input + row * count, output + row * count, count, logarithm)
  }
}

private func softmaxRow(_ input: Source, _ output: Target, _ count: Int, _ logarithm: Bool) {
  let whole = count / Vector.lanes * Vector.lanes
  let left = count - whole
  // Lanes past the row neither raise the maximum nor add to the sum.
  let last = Vector(from: input + whole, upTo: left, fill: -.infinity)

  var maxima = last
  for i in stride(from: 0, to: whole, by: Vector.lanes) { maxima = maxima.max(Vector(from: input + i)) }
  let maximum = Vector(maxima.reduced { $0.max($1) })

  var sums = exp(last - maximum)
  if !logarithm { sums.store(to: output + whole, upTo: left) }
  for i in stride(from: 0, to: whole, by: Vector.lanes) {
    let e = exp(Vector(from: input + i) - maximum)
    if !logarithm { e.store(to: output + i) }
    sums = sums + e
  }
  let sum = Vector(sums.reduced { $0 + $1 })

  if logarithm {
    let logarithm = log(sum)
    for i in stride(from: 0, to: whole, by: Vector.lanes) { (Vector(from: input + i) - maximum - logarithm).store(to: output + i) }
    (last - maximum - logarithm).store(to: output + whole, upTo: left)
  } else {
    let scale = Vector(1) / sum
    for i in stride(from: 0, to: whole, by: Vector.lanes) { (Vector(from: output + i) * scale).store(to: output + i) }
    (Vector(from: output + whole, upTo: left) * scale).store(to: output + whole, upTo: left)
  }
}
