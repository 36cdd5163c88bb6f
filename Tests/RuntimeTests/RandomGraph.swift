import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport

/// A graph of operations that a few lines compute exactly, with views, in-place candidates, outputs in the middle, and
/// values that nobody uses: whatever a planner can get wrong.
struct RandomGraph {
  private(set) var graph = Graph()
  /// How each value is computed from the inputs.
  private var recipes: [Value: ([Tensor]) -> Tensor] = [:]
  private static let shapes = [[24], [4, 6], [3, 8], [1, 3, 8], [2, 3, 4], [1, 24], [24, 1]]
  private static let mostElements = 2000

  init(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var values: [Value] = []
    var shapes: [Value: [Int]] = [:]
    for index in 0..<Int.random(in: 1...3, using: &random) {
      let shape = RandomGraph.shapes.randomElement(using: &random)!
      let input = graph.addInput(name: "input \(index)", dims: shape)
      values.append(input)
      shapes[input] = shape
      recipes[input] = { $0[index] }
    }
    for _ in 0..<Int.random(in: 1...20, using: &random) {
      // Mostly recent values, so that lifetimes end.
      let left = values[max(values.startIndex, values.endIndex - Int.random(in: 1...4, using: &random))]
      let same = values.filter { shapes[$0] == shapes[left] }
      let (operation, inputs, shape, recipe) = step(left, shapes[left]!, same.randomElement(using: &random)!, &random)
      let output = graph.addNode(operation, inputs, name: "node \(graph.nodes.count)")
      values.append(output)
      shapes[output] = shape
      recipes[output] = recipe
    }
    let computed = graph.nodes.map(\.output)
    graph.outputs = computed.filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
    if graph.outputs.isEmpty { graph.outputs = [computed.last!] }
    for (index, output) in graph.outputs.enumerated() { graph.names[output] = "output \(index)" }
  }

  func expectedOutputs(_ inputs: [Tensor]) -> [Tensor] { graph.outputs.map { recipes[$0]!(inputs) } }

  private func step(
    _ left: Value, _ shape: [Int], _ right: Value, _ random: inout SplitMix64
  ) -> (Operation, [Value?], [Int], ([Tensor]) -> Tensor) {
    let first = recipes[left]!
    let second = recipes[right]!
    switch Int.random(in: 0..<8, using: &random) {
    case 0:
      return (.unary(Unary(.negate)), [left], shape, { Tensor(shape, first($0).floats.map { -$0 }) })
    case 1:
      return (.unary(Unary(.abs)), [left], shape, { Tensor(shape, first($0).floats.map { abs($0) }) })
    case 2:
      return (
        .binary(Binary(.subtract)), [left, right], shape,
        { Tensor(shape, zip(first($0).floats, second($0).floats).map { $0 - $1 }) }
      )
    case 3:
      let reversed = with(Slice()) { slice in
        for axis in shape.indices { (slice.starts[axis], slice.ends[axis], slice.steps[axis]) = (.max, .min, -1) }
      }
      return (.slice(reversed), [left], shape, { Tensor(shape, first($0).floats.reversed()) })
    case 4, 5:
      return concatenation(left, shape, right, &random)
    case 6:
      return part(left, shape, &random)
    default:
      let count = shape.reduce(1, *)
      let other =
        count == 24
        ? RandomGraph.shapes.randomElement(using: &random)!
        : [[count], [1, count], [count / shape.last!, shape.last!]].randomElement(using: &random)!
      var reshape = Reshape()
      reshape.rank = Int32(other.count)
      for (axis, dimension) in other.enumerated() { reshape.dims[axis] = Int32(dimension) }
      return (.reshape(reshape), [left], other, { first($0).reshaped(to: other) })
    }
  }

  private func concatenation(
    _ left: Value, _ shape: [Int], _ right: Value, _ random: inout SplitMix64
  ) -> (Operation, [Value?], [Int], ([Tensor]) -> Tensor) {
    let inputs = Array(
      [left, right, left].prefix(
        shape.reduce(1, *) > RandomGraph.mostElements ? 1 : Int.random(in: 1...3, using: &random)))
    let axis = Int.random(in: 0..<shape.count, using: &random)
    let parts = inputs.map { recipes[$0]! }
    let run = shape[axis...].reduce(1, *)
    let result = with(shape) { $0[axis] *= inputs.count }
    return (
      .concatenation(with(Concatenation()) { $0.axis = Int32(axis) }), inputs, result,
      { given in
        let parts = parts.map { $0(given).floats }
        var joined: [Float] = []
        for first in stride(from: 0, to: parts[0].count, by: run) {
          for part in parts { joined += part[first..<(first + run)] }
        }
        return Tensor(result, joined)
      }
    )
  }

  /// Some indices of one axis.
  private func part(_ value: Value, _ shape: [Int], _ random: inout SplitMix64) -> (
    Operation, [Value?], [Int], ([Tensor]) -> Tensor
  ) {
    let whole = recipes[value]!
    let axis = Int.random(in: 0..<shape.count, using: &random)
    let start = Int.random(in: 0..<shape[axis], using: &random)
    let end = Int.random(in: (start + 1)...shape[axis], using: &random)
    let inner = shape[(axis + 1)...].reduce(1, *)
    let result = with(shape) { $0[axis] = end - start }
    let slice = with(Slice()) { ($0.starts[axis], $0.ends[axis]) = (Int32(start), Int32(end)) }
    return (
      .slice(slice), [value], result,
      { given in
        let values = whole(given).floats
        let run = shape[axis] * inner
        var kept: [Float] = []
        for first in stride(from: 0, to: values.count, by: run) {
          kept += values[(first + start * inner)..<(first + end * inner)]
        }
        return Tensor(result, kept)
      }
    )
  }
}
