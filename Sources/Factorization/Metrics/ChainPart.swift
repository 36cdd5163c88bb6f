import PrefactorLinearAlgebra

/// One factor of a chain between what comes before and after it: the linear map from its weights to the layer's
/// filters, and its adjoint.
///
/// W̃[f, p, c] = Σ after[f, pₐ, o] · V[o, pᵥ, i] · before[i, pᵦ, c], where each axis of the window belongs to one of
/// the three at the most, so that a position p of the whole is one of each.
struct ChainPart {
  let factor: Factor
  let weights: Matrix
  /// (f, pₐ) × o; nil where nothing comes after.
  let after: Matrix?
  /// i × (pᵦ, c); nil where nothing comes before.
  let before: Matrix?
  let places: [Int]
  let positionsAfter: Int, positions: Int

  /// For each position pₐ, the columns of the layer's filters for (pᵥ, pᵦ, c).
  let columns: [[Int]]
  /// The layer's filter for each f.
  let rows: [Int]

  init(_ factors: [Factor], _ weights: [Matrix], _ index: Int, inputOrders: [[Int]?], outputOrder: [Int]?, width: Int) {
    factor = factors[index]
    self.weights = weights[index]
    places = factor.placesInKernel
    let kernels = zip(factors, weights).map { Kernel($0, $1) }
    var last: Kernel?
    if index + 1 < factors.count {
      let rest = Array(kernels[(index + 1)...])
      let orders = [nil] + inputOrders[(index + 2)...]
      last = rest.product(reading: orders).reading(inputOrders[index + 1], of: kernels[index].filters)
    }
    let first =
      index > 0
      ? Array(kernels[..<index]).product(reading: Array(inputOrders[..<index])).selecting(filters: inputOrders[index])
      : nil
    let filters = kernels.last!.filters
    let channels = kernels[0].channels

    after = last.map { Matrix(rows: $0.filters * $0.height * $0.width, columns: $0.channels, $0.elements) }
    before = first.map { Matrix(rows: $0.filters, columns: $0.height * $0.width * $0.channels, $0.elements) }
    rows = outputOrder ?? Array(0..<filters)
    positions = factor.kernelHeight * factor.kernelWidth
    positionsAfter = (last?.height ?? 1) * (last?.width ?? 1)

    /// Offsets of a window's positions within the whole window.
    func offsets(_ height: Int, _ windowWidth: Int) -> [Int] {
      (0..<height).flatMap { y in (0..<windowWidth).map { x in y * width + x } }
    }
    let own = offsets(factor.kernelHeight, factor.kernelWidth)
    let earlier = offsets(first?.height ?? 1, first?.width ?? 1)
    let order = index == 0 ? inputOrders[0] ?? Array(0..<channels) : Array(0..<channels)
    columns = offsets(last?.height ?? 1, last?.width ?? 1).map { later in
      own.flatMap { own in earlier.flatMap { earlier in order.map { (later + own + earlier) * channels + $0 } } }
    }
  }

  /// The layer's filters that weights V make.
  func filters(_ weights: Matrix) -> Matrix {
    let kernel = Kernel(factor, weights, at: places)
    let read = columns[0].count
    var product = Matrix(rows: kernel.filters * positions, columns: kernel.channels, kernel.elements)
    if let before { product = product * before }
    product = product.reshaped(rows: kernel.filters, columns: read)
    if let after { product = after * product }
    var result = Matrix(rows: rows.count, columns: positionsAfter * read)
    product.elements.withUnsafeBufferPointer { product in
      result.withUnsafeMutableElements { result in
        each { row, columns, source in
          for (index, column) in columns.enumerated() { result[row + column] = product[source + index] }
        }
      }
    }
    return result
  }

  /// For each weight, the sum of what it adds to the layer's filters times an element of theirs.
  func adjoint(_ change: Matrix) -> Matrix {
    let read = columns[0].count
    var ordered = Matrix(rows: rows.count * positionsAfter, columns: read)
    change.elements.withUnsafeBufferPointer { change in
      ordered.withUnsafeMutableElements { ordered in
        each { row, columns, source in
          for (index, column) in columns.enumerated() { ordered[source + index] = change[row + column] }
        }
      }
    }
    if let after { ordered = after.transposeTimes(ordered) }
    var gradient = ordered.reshaped(rows: ordered.rows * positions, columns: read / positions)
    if let before { gradient = gradient.timesTranspose(of: before) }
    return Matrix(rows: weights.rows, columns: weights.columns, places.map { gradient.elements[$0] })
  }

  /// For each (f, pₐ): where the layer's filter begins, its columns, and where the elements of after · V · before
  /// begin.
  private func each(_ body: (_ row: Int, _ columns: [Int], _ source: Int) -> Void) {
    let read = columns[0].count
    let size = positionsAfter * read
    for (index, row) in rows.enumerated() {
      for (position, columns) in columns.enumerated() {
        body(row * size, columns, (index * positionsAfter + position) * read)
      }
    }
  }
}
