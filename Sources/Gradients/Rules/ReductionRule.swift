import PrefactorModelFormat

/// Of sums and means.
struct ReductionRule: Rule {
  private let movement: DataMovement
  private let scale: Float

  init?(_ reduction: Reduction, _ site: Site) throws {
    let function = reduction.function
    guard function == .sum || function == .mean, let input = site.inputs[0] else { return nil }
    var kept = input
    for axis in 0..<input.rank where reduction.axes & (1 << Int32(axis)) != 0 { kept[axis] = 1 }
    movement = try DataMovement(expanding: kept, to: input)
    scale = function == .mean ? Float(kept.count) / Float(input.count) : 1
  }

  func pullBack(_ step: BackwardStep) {
    guard let adjoint = step.adjoint(0) else { return }
    let terms = step.outputAdjoint.values
    let values = adjoint.values
    for run in movement.runs {
      for index in 0..<run.count { values[run.target + index] += scale * terms[run.source + index * run.step] }
    }
  }
}
