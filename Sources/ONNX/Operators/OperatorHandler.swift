import PrefactorGraph
import PrefactorModelFormat

/// How an ONNX operator is imported. To add one, write its handler in the file of its group and name it in that group's
/// table.
struct OperatorHandler {
  /// Computes the outputs at import from the inputs' elements; inputs that are left out are nil. Nil where the runtime
  /// is to do it.
  typealias Fold = (NodeImport, [Tensor?]) throws -> [Tensor]?
  /// The same where elements follow from the sizes of the network's inputs; nil where that cannot be said of the
  /// results.
  typealias FoldSizes = (NodeImport, [SymbolicTensor?]) throws -> [SymbolicTensor]?
  /// Appends operations to the graph and returns the outputs.
  typealias Lower = (NodeImport) throws -> [Operand]

  var fold: Fold?
  var foldSizes: FoldSizes?
  var lower: Lower?

  static func lowered(_ lower: @escaping Lower) -> OperatorHandler { OperatorHandler(lower: lower) }

  static func folded(_ fold: @escaping Fold, sizes: FoldSizes? = nil) -> OperatorHandler {
    OperatorHandler(fold: fold, foldSizes: sizes)
  }

  static func either(_ fold: @escaping Fold, sizes: FoldSizes? = nil, _ lower: @escaping Lower) -> OperatorHandler {
    OperatorHandler(fold: fold, foldSizes: sizes, lower: lower)
  }

  /// An operator that moves the elements of some of its inputs, or of all, and does not look at them.
  static func moving(_ inputs: Set<Int>?, _ fold: @escaping Fold, _ lower: Lower? = nil) -> OperatorHandler {
    OperatorHandler(fold: fold, foldSizes: { try moveSizes($0, $1, moved: inputs, fold) }, lower: lower)
  }

  /// Folds where all elements are known, unless they are floating-point inputs of the network and the graph can compute
  /// the operator. What has no fold and follows from constants the runtime computes at once.
  func outputs(_ node: NodeImport) throws -> [Operand] {
    let inputs = node.inputs.compactMap { $0 }
    let isKnown = inputs.allSatisfy { $0.elements != nil }
    let isPreferred = lower == nil || inputs.allSatisfy { !$0.isNetworkInput || $0.type == .int64 }
    if isKnown, isPreferred, let outputs = try folded(node, inputs) { return outputs }
    guard let lower else {
      if isKnown, let open = node.inputs.firstIndex(where: { $0.map { $0.constant == nil } ?? false }) {
        throw node.dependsOnSize(node.proto.input[open], node.inputs[open]?.symbolic?.elements.compactMap(\.size) ?? [])
      }
      let unknown = node.inputs.firstIndex { $0.map { $0.elements == nil } ?? false } ?? 0
      throw ONNXError("input '\(node.proto.input[unknown])' must be known when the model is imported")
    }
    return try node.importer.lowered(node, lower)
  }

  private func folded(_ node: NodeImport, _ inputs: [Operand]) throws -> [Operand]? {
    if inputs.allSatisfy({ $0.constant != nil }) {
      guard let fold else { return nil }
      for input in inputs { input.isStatic = true }
      guard let outputs = try fold(node, node.inputs.map { $0?.constant }) else { return nil }
      for output in outputs { _ = try elementCount(output.dims) }
      return try node.rounded(outputs.map { node.constant($0) })
    }
    let tensors = node.inputs.map { $0?.symbolic }
    guard let foldSizes, tensors.allSatisfy({ ($0?.elements.count ?? 0) <= SymbolicTensor.mostElements }),
      let outputs = try foldSizes(node, tensors)
    else { return nil }
    for input in inputs { input.isStatic = true }
    return try node.rounded(outputs.map { Operand($0) })
  }
}

/// Has the elements' numbers moved in their place; nil where it follows from sizes how.
private func moveSizes(
  _ node: NodeImport, _ inputs: [SymbolicTensor?], moved: Set<Int>?, _ fold: OperatorHandler.Fold
) throws -> [SymbolicTensor]? {
  var elements: [SymbolicNumber] = []
  var type: ElementType?
  var isKnown = true
  let tensors = try inputs.enumerated().map { index, input -> Tensor? in
    guard let input else { return nil }
    guard moved?.contains(index) ?? true else {
      isKnown = isKnown && input.constant != nil
      return input.constant
    }
    guard type == nil || type == input.type else { throw ONNXError("the inputs' types differ") }
    type = input.type
    defer { elements += input.elements }
    return Tensor(input.dims, input.elements.indices.map { Int64(elements.count + $0) })
  }
  return try !isKnown
    ? nil
    : fold(node, tensors)?.map { output in
      SymbolicTensor(output.dims, type ?? .int64, output.int64s.map { elements[Int($0)] })
    }
}

let operatorHandlers: [String: OperatorHandler] = Dictionary(
  uniqueKeysWithValues: [
    activationHandlers, arithmeticHandlers, constantHandlers, convolutionHandlers, logicHandlers, matrixHandlers,
    dataMovementHandlers,
    normalizationHandlers, poolHandlers, quantizationHandlers, reductionHandlers, resizeHandlers, reshapeHandlers,
    slicingHandlers,
  ].joined().map { ($0.key, $0.value) })
