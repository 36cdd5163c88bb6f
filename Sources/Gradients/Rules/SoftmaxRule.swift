import Foundation
import PrefactorModelFormat

/// y = softmax(x) gives dx = y·(dy - Σ dy·y), and y = ln softmax(x) gives dx = dy - e^y·Σ dy.
struct SoftmaxRule: Rule {
  private let isLogarithm: Bool
  /// Elements of a row, from one to the next, and rows.
  private let count: Int, inner: Int, rows: Int

  init(_ softmax: Softmax, _ site: Site) {
    isLogarithm = softmax.logarithm != 0
    let axis = Int(softmax.axis)
    count = site.output[axis]
    inner = site.output.count((axis + 1)..<site.output.rank)
    rows = count == 0 ? 0 : site.output.count / count
  }

  var readsOutput: Bool { true }

  func pullBack(_ step: BackwardStep) {
    guard let adjoint = step.adjoint(0)?.values else { return }
    let output = step.output!
    let terms = step.outputAdjoint.values
    for row in 0..<rows {
      let start = row / inner * count * inner + row % inner
      let places = stride(from: start, to: start + count * inner, by: inner)
      var sum = 0.0
      for place in places { sum += Double(terms[place]) * (isLogarithm ? 1 : Double(output[place])) }
      for place in places {
        let term = Double(terms[place])
        let value = Double(output[place])
        adjoint[place] += Float(isLogarithm ? term - exp(value) * sum : value * (term - sum))
      }
    }
  }
}
