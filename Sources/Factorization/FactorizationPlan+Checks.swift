import PrefactorGraph

/// A choice that has been found to suit its layer.
struct Assignment {
  let layerIndex: Int
  let layer: DenseLayer
  /// With the choice's hyper-parameters.
  let method: any Method
  let metric: Metric
  /// With every parameter written out.
  let choice: FactorizationPlan.Choice
}

extension FactorizationPlan {
  /// In the graph's order, without the layers that are to stay as they are.
  func assignments(in graph: Graph, hasCalibration: Bool) throws(PlanError) -> [Assignment] {
    for name in choices.keys.sorted() where !graph.layers.contains(where: { $0.name == name }) {
      throw PlanError(layer: name, reason: "there is no such layer; \(graph.layerNames(near: name))")
    }
    var assignments: [Assignment] = []
    for (index, layer) in graph.layers.enumerated() {
      guard let choice = choices[layer.name] else { continue }
      do {
        if let assignment = try choice.assignment(to: index, in: graph, hasCalibration) {
          assignments.append(assignment)
        }
      } catch {
        throw PlanError(layer: layer.name, reason: error.reason)
      }
    }
    return assignments
  }
}

extension FactorizationPlan.Choice {
  fileprivate func assignment(to index: Int, in graph: Graph, _ hasCalibration: Bool) throws(PlanError) -> Assignment? {
    if method == Self.none.method {
      try rejectParameters(besides: [])
      return nil
    }
    guard var method = methods.first(where: { $0.name == self.method }) else {
      throw PlanError(reason: "there is no method '\(method)'; accepted: \(acceptedMethods)")
    }
    guard let layer = graph.denseLayer(index) else {
      let state = graph.layers[index].method
      throw PlanError(
        reason: state == "none"
          ? "it is not one convolution or fully-connected node with constant weights"
          : "it is already factored by \(state)")
    }
    if let refusal = method.refusal(ofPartsOf: layer) {
      let others = methods.filter { $0.refusal(ofPartsOf: layer) == nil }.map(\.name)
      throw PlanError(
        reason:
          """
          \(method.name) cannot factor it, because \(refusal); accepted: \
          \((["none"] + others).joined(separator: ", "))
          """
      )
    }

    let part = layer.part(0)
    let hyperparameters = method.hyperparameters(of: part)
    try rejectParameters(besides: hyperparameters.map(\.name) + ["metric"])
    var complete = self
    let metric = try metric(hasCalibration)
    complete.parameters["metric"] = .text(metric.rawValue)
    for index in hyperparameters.indices {
      method.values[index] = try value(of: method.hyperparameters(of: part)[index])
    }
    return Assignment(layerIndex: index, layer: layer, method: method, metric: metric, choice: complete)
  }

  private func rejectParameters(besides accepted: [String]) throws(PlanError) {
    for name in parameters.keys.sorted() where !accepted.contains(name) {
      let accepted = accepted.isEmpty ? "no parameters" : accepted.sorted().joined(separator: ", ")
      throw PlanError(reason: "\(method) has no '\(name)'; accepted: \(accepted)")
    }
  }

  private func metric(_ hasCalibration: Bool) throws(PlanError) -> Metric {
    guard let value = parameters["metric"] else { return hasCalibration ? .data : .frobenius }
    guard case .text(let name) = value, let metric = Metric(rawValue: name) else {
      let accepted = Metric.allCases.map(\.rawValue).joined(separator: ", ")
      throw PlanError(reason: "there is no metric \(value); accepted: \(accepted)")
    }
    guard metric == .frobenius || hasCalibration else {
      throw PlanError(
        reason: "the metric \(value) is measured on calibration images, and there are none; without them: \"frobenius\""
      )
    }
    return metric
  }

  private func value(of hyperparameter: Hyperparameter) throws(PlanError) -> Int {
    let (name, accepted) = (hyperparameter.name, "accepted: \(hyperparameter.acceptedText)")
    guard let value = parameters[name] else { throw PlanError(reason: "\(method) needs '\(name)'; \(accepted)") }
    guard case .integer(let integer) = value, hyperparameter.accepted.contains(integer) else {
      throw PlanError(reason: "'\(name)' is \(value); \(accepted)")
    }
    return integer
  }
}

// MARK: The graph's layers

extension Graph {
  /// The node that is the whole of a layer; nil where there is none or several.
  public func node(ofLayer index: Int) -> Int? {
    let found = nodes.indices.filter { nodes[$0].layer == index }
    return found.count == 1 ? found[0] : nil
  }

  /// Nil where a layer is not one convolution or fully-connected node with constant weights.
  public func denseLayer(_ index: Int) -> DenseLayer? {
    guard let node = node(ofLayer: index).map({ nodes[$0] }), let weights = constant(node, 1),
      weights.type == .float32, weights.count > 0
    else { return nil }
    return switch node.operation {
    case .convolution(let convolution): DenseLayer(convolution, weights: weights)
    case .fullyConnected(let fullyConnected): DenseLayer(fullyConnected, weights: weights)
    default: nil
    }
  }

  /// Says what the layers are called, the most similar names first.
  fileprivate func layerNames(near name: String) -> String {
    let limit = 12
    let names = layers.map { ($0.name, editDistance($0.name, name)) }.sorted { $0.1 < $1.1 }.map { "'\($0.0)'" }
    let others = names.count > limit ? " and \(names.count - limit) others" : ""
    return "layers are \(names.prefix(limit).joined(separator: ", "))\(others)"
  }
}

/// Levenshtein's.
private func editDistance(_ first: String, _ second: String) -> Int {
  let second = Array(second)
  var row = Array(0...second.count)
  for (index, character) in first.enumerated() {
    var diagonal = row[0]
    row[0] = index + 1
    for column in second.indices {
      let substituted = diagonal + (character == second[column] ? 0 : 1)
      diagonal = row[column + 1]
      row[column + 1] = min(substituted, diagonal + 1, row[column] + 1)
    }
  }
  return row[second.count]
}
