import PrefactorLinearAlgebra

extension ErrorMetric {
  /// For each filter the window v on one color u that comes nearest to it as v·uᵀ, and what that keeps of the square of
  /// its norm.
  func windows(of filters: Matrix, positions: Int, on color: [Double]) throws(LinearAlgebraError) -> (
    windows: Matrix, kept: [Double]
  ) {
    var basis = Matrix(rows: positions, columns: filters.columns)
    for position in 0..<positions {
      for (channel, element) in color.enumerated() { basis[position, position * color.count + channel] = element }
    }
    let windows: Matrix
    let products: Matrix
    if case .mahalanobis = self {
      // Positions do not depend on each other, but each filter has a form of its own.
      products = definiteForm(filters).timesTranspose(of: basis)
      let ones = Matrix(
        rows: filters.rows, columns: filters.columns, [Double](repeating: 1, count: filters.elements.count))
      let norms = definiteForm(ones).timesTranspose(of: basis.multipliedElementwise(by: basis))
      windows = Matrix(
        rows: products.rows, columns: positions, zip(products.elements, norms.elements).map { $1 > 0 ? $0 / $1 : 0 })
    } else {
      let form = formOfRows(basis)
      products = filters.timesTranspose(of: form)
      var gram = form.timesTranspose(of: basis)
      let least = max(gram.trace / Double(positions), .leastNormalMagnitude) * 1e-12
      for position in 0..<positions { gram[position, position] += least }
      windows = try products.divided(by: gram)
    }
    let kept = (0..<filters.rows).map { filter in
      (0..<positions).reduce(0) { $0 + windows[filter, $1] * products[filter, $1] }
    }
    return (windows, kept)
  }
}
