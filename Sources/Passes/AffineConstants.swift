import PrefactorGraph
import PrefactorModelFormat

/// x · scale + shift, with a value of each for every channel.
struct AffineConstants {
  var input: Value
  var scale: [Float]
  var shift: [Float]
  var clamp: Clamp

  /// What an operation does to the last axis of its input; nil if it is something else.
  init?(_ node: Node, _ graph: Graph, _ shapes: SymbolicShapes) {
    if case .affine(let affine)? = node.fixedOperation, let scale = graph.constant(node, 1),
      let shift = graph.constant(node, 2)
    {
      (input, self.scale, self.shift, clamp) = (node.inputs[0]!, scale.floats, shift.floats, affine.clamp)
      return
    }
    guard case .binary(let binary)? = node.fixedOperation,
      let constantIndex = node.inputs.firstIndex(where: { graph.constants[$0!] != nil }),
      let operand = graph.constant(node, constantIndex),
      let input = node.inputs[1 - constantIndex], operand.type == .float32, shapes.areEqual(input, node.output),
      shapes.rank(input) > 0,
      let channels = shapes.fixedSize(input, shapes.rank(input) - 1),
      operand.count == 1 || operand.count == channels && operand.dims.last == channels
    else { return nil }
    let values = operand.count == 1 ? Array(repeating: operand.floats[0], count: channels) : operand.floats
    let ones = [Float](repeating: 1, count: channels)
    let zeros = [Float](repeating: 0, count: channels)
    switch (binary.function, constantIndex) {
    case (.add, _): (scale, shift) = (ones, values)
    case (.subtract, 1): (scale, shift) = (ones, values.map(-))
    case (.subtract, 0): (scale, shift) = (ones.map(-), values)
    case (.multiply, _): (scale, shift) = (values, zeros)
    case (.divide, 1) where !values.contains(0): (scale, shift) = (values.map { 1 / $0 }, zeros)
    default: return nil
    }
    self.input = input
    clamp = binary.clamp
  }

  /// Whether zeros, and so padding, stay zeros.
  var isScale: Bool { shift.allSatisfy { $0 == 0 } }
}
