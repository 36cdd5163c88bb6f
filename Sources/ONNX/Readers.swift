/// Who reads each tensor of a network, found once: a search for each of many inputs would take inputs times nodes.
final class Readers {
  private var nodes: [String: [Onnx_NodeProto]] = [:]
  private let outputs: Set<String>
  /// What is known of tensors that inputs become, since a damaged file may have many inputs become the same one.
  private var areCast: [String: Bool] = [:]

  init(_ graph: Onnx_GraphProto) {
    outputs = Set(graph.output.map(\.name))
    for node in graph.node {
      for name in Set(node.input) { nodes[name, default: []].append(node) }
    }
  }

  func nodes(of tensor: String) -> [Onnx_NodeProto] { nodes[tensor] ?? [] }

  /// Whether a tensor is moved about at the most before it is cast to floating point, wherever it is used.
  func castToFloat(_ tensor: String) -> Bool {
    var seen: Set<String> = []
    let isCast = follow(tensor, &seen)
    for name in seen { areCast[name] = isCast }
    return isCast
  }

  private func follow(_ tensor: String, _ seen: inout Set<String>) -> Bool {
    var pending = [tensor]
    while let name = pending.popLast() {
      if let known = areCast[name] {
        guard known else { return false }
        continue
      }
      guard seen.insert(name).inserted else { continue }
      if outputs.contains(name) { return false }
      for node in nodes(of: name) {
        switch node.opType {
        case "Cast":
          let code = node.attribute.first { $0.name == "to" }?.i ?? 0
          guard DataType(rawValue: Int32(truncatingIfNeeded: code))?.imported == .float32 else { return false }
        case "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Slice", "Identity", "Expand", "Split":
          // As data, and not as a shape or a list of places.
          guard !node.input.dropFirst().contains(name) else { return false }
          pending += node.output
        default: return false
        }
      }
    }
    return true
  }
}
