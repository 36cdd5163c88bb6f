import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat

/// Which element of which input each element of an output is, for an operation that moves elements and computes
/// nothing. The runtime says so itself: it is given inputs whose elements are their own places, and what it puts where
/// is read off the output.
struct DataMovement {
  /// Elements of the output that come from equal steps in one input.
  struct Run {
    var input: Int
    var source: Int
    var step: Int
    var target: Int
    var count: Int
  }

  let runs: [Run]

  /// `constants` are the inputs that are not moved, such as indices.
  init(_ operation: Operation, _ inputs: [Shape?], constants: [Int: Tensor] = [:]) throws {
    var graph = Graph()
    var starts: [Int] = []
    // Zero is what padding is made of.
    var next = 1
    let values = inputs.enumerated().map { index, shape -> Value? in
      starts.append(next)
      if let constant = constants[index] { return graph.addConstant(constant) }
      guard let shape else { return nil }
      defer { next += shape.count }
      return graph.addConstant(Tensor(shape.dims, (next..<next + shape.count).map(Int64.init)))
    }
    let output = graph.addNode(operation.paddingWithZero, values, name: "places")
    graph.names[output] = "places"
    graph.outputs = [output]
    runs = DataMovement.runs(try Engine(graph: graph).run([])[0].int64s, starts: starts)
  }

  /// A shape broadcast to another.
  init(expanding input: Shape, to output: Shape) throws {
    var expansion = Expansion()
    expansion.rank = Int32(output.rank)
    for axis in 0..<output.rank { expansion.dims[axis] = Int32(output[axis]) }
    try self.init(.expansion(expansion), [input])
  }

  private static func runs(_ places: [Int64], starts: [Int]) -> [Run] {
    var runs: [Run] = []
    for (target, place) in places.enumerated() where place > 0 {
      let input = starts.lastIndex { $0 <= place }!
      let source = Int(place) - starts[input]
      if let last = runs.last, last.input == input, last.target + last.count == target {
        let step = source - (last.source + (last.count - 1) * last.step)
        if last.count == 1 || step == last.step {
          runs[runs.count - 1].step = step
          runs[runs.count - 1].count += 1
          continue
        }
      }
      runs.append(Run(input: input, source: source, step: 1, target: target, count: 1))
    }
    return runs
  }
}

extension Operation {
  fileprivate var paddingWithZero: Operation {
    guard case .padding(var padding) = self else { return self }
    padding.value = 0
    return .padding(padding)
  }
}

extension DataMovement {
  /// Moves the elements of a single input.
  func move(_ input: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>) {
    for run in runs {
      let source = input + run.source
      let target = output + run.target
      for index in 0..<run.count { target[index] = source[index * run.step] }
    }
  }

  /// Adds to each input's element what has become of it, times `scale`. Inputs that are nil are left out.
  func addBack(_ output: UnsafePointer<Float>, to inputs: [UnsafeMutablePointer<Float>?], scale: Float = 1) {
    for run in runs {
      guard let input = inputs[run.input] else { continue }
      let source = input + run.source
      let target = output + run.target
      if run.step == 1 {
        for index in 0..<run.count { source[index] += scale * target[index] }
      } else if run.step == 0 {
        var sum = 0.0
        for index in 0..<run.count { sum += Double(target[index]) }
        source[0] += scale * Float(sum)
      } else {
        for index in 0..<run.count { source[index * run.step] += scale * target[index] }
      }
    }
  }
}

struct DataMovementRule: Rule {
  private let movement: DataMovement

  init(_ operation: Operation, _ site: Site) throws {
    var indices: [Int: Tensor] = [:]
    if case .gather = operation { indices[1] = site.constants[1] }
    movement = try DataMovement(operation, site.inputs, constants: indices)
  }

  func pullBack(_ step: BackwardStep) {
    movement.addBack(step.outputAdjoint.values, to: step.inputAdjoints.map { $0?.values })
  }
}

struct ReshapeRule: Rule {
  func pullBack(_ step: BackwardStep) { step.adjoint(0)?.add(step.outputAdjoint.values) }
}
