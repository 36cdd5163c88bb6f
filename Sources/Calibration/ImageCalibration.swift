import PrefactorEngine
import PrefactorFactorization
import PrefactorGradients
import PrefactorGraph
import PrefactorLinearAlgebra

/// Measures on images what the errors of layers matter.
public struct ImageCalibration: Calibration {
  public var images: Samples
  /// For one sample at a time; open sizes filled in.
  public var options: EngineOptions
  /// The sizes that these options stand for; nil for those of the network's preprocessing.
  public var binding: Binding?
  public var windowsPerImage = 64
  public var progress: Progress = { _, _, _ in }

  public init(_ images: Samples, _ options: EngineOptions, _ binding: Binding? = nil) {
    (self.images, self.options, self.binding) = (images, options, binding)
  }

  public func metrics(for layers: [(index: Int, metric: Metric)], in graph: Graph) throws -> [[ErrorMetric]] {
    var metrics = layers.map { [ErrorMetric](repeating: .frobenius, count: graph.denseLayer($0.index)!.groups) }
    let measured = layers.indices.filter { layers[$0].metric != .frobenius }
    let statistics = Dictionary(
      uniqueKeysWithValues: zip(measured, try inputStatistics(of: measured.map { layers[$0].index }, in: graph)))
    for position in measured { metrics[position] = statistics[position]!.map { .data($0) } }
    let sensitive = layers.indices.filter { layers[$0].metric == .mahalanobis }
    for (position, weights) in zip(sensitive, try sensitivities(of: sensitive.map { layers[$0].index }, in: graph)) {
      let seen = statistics[position]!
      let filters = weights.rows / seen.count
      metrics[position] = seen.enumerated().map { group, statistics in
        .mahalanobis(weights.selecting(rows: Array(group * filters..<(group + 1) * filters)), mean: statistics.mean)
      }
    }
    return metrics
  }

  /// For each weight of layers, given by their indices in ``Graph/layers``, the square of what the losses for wrong
  /// labels depend on it.
  private func sensitivities(of layers: [Int], in graph: Graph) throws -> [Matrix] {
    if layers.isEmpty { return [] }
    let weights = layers.map { graph.nodes[graph.node(ofLayer: $0)!].inputs[1]! }
    let backpropagation = try Backpropagation(
      graph, parameters: Set(weights), binding: binding, threads: options.threads)
    var sensitivity = try LabelSensitivity(backpropagation, wrongLabels: Self.wrongLabels)
    try images.each(in: backpropagation.engine) { index in
      progress("looking at gradients", index, images.count)
      try backpropagation.forward()
      try sensitivity.add(rightLabel: images.labels?[index])
    }
    return weights.map { weights in
      let filters = graph.constants[weights]!.dims[0]
      let squares = sensitivity.squares[weights]!
      return Matrix(rows: filters, columns: squares.count / filters, squares)
    }
  }

  /// As in the paper.
  private static let wrongLabels = 2

  /// What each group of layers, given by their indices in ``Graph/layers``, sees.
  public func inputStatistics(of layers: [Int], in graph: Graph) throws -> [[InputStatistics]] {
    if layers.isEmpty { return [] }
    var moments = layers.map { layer in
      let layer = graph.denseLayer(layer)!
      return (0..<layer.groups).map { InputMoments(of: layer, group: $0, windowsPerImage: windowsPerImage) }
    }
    // Layers side by side read the same.
    let read = layers.map { graph.nodes[graph.node(ofLayer: $0)!].inputs[0]! }
    let inputs = Set(read).sorted { $0.index < $1.index }
    let inputOfLayer = read.map { inputs.firstIndex(of: $0)! }
    let engine = try Engine(graph: graph.computing(inputs), options: options)
    try images.each(in: engine) { index in
      progress("looking at images", index, images.count)
      try engine.run()
      let tensors = engine.outputTensors
      moments.withUnsafeMutableBufferPointer { moments in
        _ = concurrently(moments.count) { position in
          for group in moments[position].indices { moments[position][group].add(tensors[inputOfLayer[position]]) }
        }
      }
    }
    return moments.indices.map { position in moments[position].indices.map { moments[position][$0].statistics() } }
  }
}
