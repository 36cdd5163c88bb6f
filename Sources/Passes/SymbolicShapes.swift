import PrefactorGraph
import PrefactorModelFormat

/// The shapes of all values, at all sizes of the network's open dimensions: what is said of them here holds always.
struct SymbolicShapes {
  private let shapes: [Value: SymbolicShape]

  init(_ graph: Graph) throws { shapes = try graph.symbolicShapes() }

  /// At all sizes that operations other than reshapes accept. Whoever takes a reshape away must not do so because of
  /// sizes that it alone refuses.
  init(besideReshapes graph: Graph) throws { shapes = try graph.symbolicShapes(isNarrowedByReshapes: false) }

  func rank(_ value: Value) -> Int { shapes[value]!.rank }

  /// Elements.
  func count(_ value: Value) -> Size { shapes[value]!.count }

  func size(_ value: Value, _ axis: Int) -> Size { shapes[value]![axis] }

  /// The size of an axis that is the same at all sizes of the inputs.
  func fixedSize(_ value: Value, _ axis: Int) -> Int? { size(value, axis).constant }

  func isOne(_ value: Value, _ axis: Int) -> Bool { fixedSize(value, axis) == 1 }

  /// Of a node whose operands have the same sizes always.
  func work(_ node: Node) -> Int {
    guard let output = shapes[node.output]?.fixed else { return .max }
    return node.operation.work(node.inputs.map { $0.flatMap { shapes[$0]?.fixed } }, output: output)
  }

  func areEqual(_ left: Value, _ right: Value) -> Bool { shapes[left]! == shapes[right]! }
}
