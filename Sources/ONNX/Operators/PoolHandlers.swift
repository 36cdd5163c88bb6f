import PrefactorGraph
import PrefactorModelFormat

let poolHandlers: [String: OperatorHandler] = [
  "MaxPool": .lowered { [try maxPool($0)] }, "AveragePool": .lowered { [try pool($0, .average)] },
  "GlobalMaxPool": .lowered { [try globalPool($0, .maximum)] },
  "GlobalAveragePool": .lowered { [try globalPool($0, .mean)] },
]

private func maxPool(_ node: NodeImport) throws -> Operand {
  // It is about the indices, which are an output that is not supported.
  node.ignore("storage_order")
  return try pool(node, .maximum)
}

private func pool(_ node: NodeImport, _ kind: PoolKind) throws -> Operand {
  let x = try node.input(0)
  let attributes = try WindowAttributes(node)
  guard x.rank == attributes.kernel.count + 2 else {
    throw ONNXError("a \(attributes.kernel.count)-D window over an input of rank \(x.rank)")
  }
  var operation = Pool(kind)
  operation.window = attributes.window
  operation.ceilMode = try node.flag("ceil_mode") ? 1 : 0
  operation.countIncludePad = try node.flag("count_include_pad") ? 1 : 0
  return try node.channelsLast(x) { try node.emit(.pool(operation), $0) }
}

private func globalPool(_ node: NodeImport, _ function: ReductionFunction) throws -> Operand {
  let x = try node.input(0)
  guard x.rank >= 3 else { throw ONNXError("an input of rank \(x.rank)") }
  if x.rank == 4 { return try node.channelsLast(x) { try node.reduce($0, function, axes: [1, 2]) } }
  return try node.reduce(x, function, axes: Array(2..<x.rank))
}
