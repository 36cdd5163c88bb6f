import PrefactorGraph

/// How an ONNX operator is imported. To add one, write its handler in the file of its group and name it in that group's table.
struct OperatorHandler {
  /// Computes the outputs at import from the inputs' elements, of one trial; inputs that are left out are nil.
  typealias Fold = (NodeImport, [Tensor?]) throws -> [Tensor]
  /// Appends operations to the graph and returns the outputs.
  typealias Lower = (NodeImport) throws -> [Operand]

  var fold: Fold?
  var lower: Lower?

  static func lowered(_ lower: @escaping Lower) -> OperatorHandler { OperatorHandler(lower: lower) }
  static func folded(_ fold: @escaping Fold) -> OperatorHandler { OperatorHandler(fold: fold) }
  static func either(_ fold: @escaping Fold, _ lower: @escaping Lower) -> OperatorHandler { OperatorHandler(fold: fold, lower: lower) }

  /// Folds where all elements are known, unless they are floating-point inputs of the network and the graph can compute the operator.
  func outputs(_ node: NodeImport) throws -> [Operand] {
    let inputs = node.inputs.compactMap { $0 }
    let isKnown = inputs.allSatisfy { $0.elements != nil }
    let isPreferred = lower == nil || inputs.allSatisfy { !$0.isNetworkInput || $0.type == .int64 }
    if let fold, isKnown, isPreferred { return try folded(node, inputs, fold) }
    guard let lower else {
      let unknown = node.inputs.firstIndex { $0.map { $0.elements == nil } ?? false } ?? 0
      throw ONNXError("input '\(node.proto.input[unknown])' must be known when the model is imported")
    }
    return try lower(node)
  }

  private func folded(_ node: NodeImport, _ inputs: [Operand], _ fold: Fold) throws -> [Operand] {
    for input in inputs { input.isStatic = true }
    let isUniform = inputs.allSatisfy { $0.constant != nil }
    let trials = isUniform ? 0..<1 : node.trials
    let outputs = try trials.map { trial in try fold(node, node.inputs.map { $0?.elements(trial: trial) }) }
    for output in outputs.joined() { _ = try elementCount(output.dims) }
    return outputs[0].indices.map { index in
      isUniform ? node.constant(outputs[0][index]) : Operand(trials: outputs.map { $0[index] })
    }
  }
}

let operatorHandlers: [String: OperatorHandler] = Dictionary(
  uniqueKeysWithValues: [
    activationHandlers, arithmeticHandlers, constantHandlers, convolutionHandlers, logicHandlers, matrixHandlers, movementHandlers,
    normalizationHandlers, poolHandlers, reductionHandlers, resizeHandlers, reshapeHandlers, slicingHandlers,
  ].joined().map { ($0.key, $0.value) })
