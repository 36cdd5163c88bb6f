import PrefactorGraph
import PrefactorModelFormat

extension Graph {
  /// A tensor of numbers that follow from sizes, computed in the graph.
  mutating func addSizes(_ tensor: SymbolicTensor) throws -> Value {
    let name = "sizes"
    let integers = tensor.elements.compactMap { $0.size ?? $0.float?.integer }
    var parts: [Value] = []
    if integers.count == tensor.elements.count {
      for start in stride(from: 0, to: integers.count, by: Shape.maximumRank) {
        parts.append(addSizes(integers[start..<min(start + Shape.maximumRank, integers.count)], name: name))
      }
    } else {
      for element in tensor.elements { parts.append(addNumber(element.asFloat, name: name)) }
    }
    var value = parts.count == 1 ? parts[0] : addNode(.concatenation(Concatenation()), parts, name: name)
    if tensor.type == .float32, integers.count == tensor.elements.count {
      value = addNode(.cast(Cast(.float32)), [value], name: name)
    }
    if tensor.dims.count == 1 { return value }
    var reshape = Reshape()
    reshape.rank = Int32(tensor.dims.count)
    for (axis, size) in tensor.dims.enumerated() { reshape.dims[axis] = try int32(size) }
    return addNode(.reshape(reshape), [value], name: name)
  }

  private mutating func addSizes(_ sizes: ArraySlice<Size>, name: String) -> Value {
    var operation = Sizes()
    var bindings: [AttributeBinding] = []
    (operation.rank, operation.count) = (1, Int32(sizes.count))
    for (index, size) in sizes.enumerated() {
      if let number = size.constant.flatMap({ Int32(exactly: $0) }) {
        operation.values[index] = number
      } else {
        bindings.append(AttributeBinding(word: 2 + index, expression: expression(.integer(size))))
      }
    }
    return addNode(.sizes(operation), [], name: name, bindings: bindings)
  }

  /// One number: the bounds that a constant is cut to.
  private mutating func addNumber(_ number: FloatSize, name: String) -> Value {
    let expression = expression(.float(number))
    return addNode(
      .unary(Unary(.clip)), [addConstant(Tensor([1], [Float(0)]))], name: name,
      bindings: [AttributeBinding(word: 1, expression: expression), AttributeBinding(word: 2, expression: expression)])
  }
}
