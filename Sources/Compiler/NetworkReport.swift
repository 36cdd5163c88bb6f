import PrefactorGraph

/// All that a file says about its network.
public struct NetworkReport: Encodable {
  public struct Tensor: Encodable {
    public var name: String
    /// What is asked of files that are given for it.
    public var type: String
    /// Sizes, and the names of those that are open.
    public var shape: [DimensionText]
    public var quantization: Quantization?
  }

  public struct Images: Encodable {
    public var size: [Int], resize: String, crop: Int?, channels: String, mean: [Float], std: [Float]
  }

  public struct Property: Encodable {
    public var key: String, value: String
  }

  public var inputs: [Tensor], outputs: [Tensor]
  public var preprocessing: Images?
  public var classLabels: [String]
  public var metadata: [Property]
  public var weights: String
  public var layers: LayerReport

  public init(_ graph: Graph) throws {
    inputs = graph.inputs.map { input in
      Tensor(
        name: graph.name(of: input), type: graph.declaredType(of: input)?.rawValue ?? "\(input.type)",
        shape: graph.dimensions(of: input), quantization: graph.quantizations[input.value])
    }
    let shapes = try graph.shapes(graph.referenceBinding)
    outputs = graph.outputs.map { output in
      Tensor(
        name: graph.names[output] ?? "", type: "\(shapes[output]!.type)",
        shape: graph.dimensions(ofOutput: output, shapes[output]!.dims),
        quantization: graph.quantizations[output])
    }
    preprocessing = graph.preprocessing.map(Images.init)
    classLabels = graph.labels
    metadata = graph.metadata.map { Property(key: $0.key, value: $0.value) }
    weights = graph.weightsType == .float16 ? "fp16" : "fp32"
    layers = try LayerReport(graph)
  }

  private enum Key: CodingKey {
    case inputs, outputs, preprocessing, classLabels, metadata, weights
  }

  /// The layers and their sums stand beside the rest.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(inputs, forKey: .inputs)
    try container.encode(outputs, forKey: .outputs)
    try container.encodeIfPresent(preprocessing, forKey: .preprocessing)
    try container.encode(classLabels, forKey: .classLabels)
    try container.encode(metadata, forKey: .metadata)
    try container.encode(weights, forKey: .weights)
    try layers.encode(to: encoder)
  }
}

extension NetworkReport.Images {
  /// As a file of preprocessing has it.
  init(_ preprocessing: Preprocessing) {
    let count = preprocessing.channels == .gray ? 1 : 3
    size = [preprocessing.width, preprocessing.height]
    resize = preprocessing.resize == .stretch ? "stretch" : "shorter-side-crop"
    crop = preprocessing.resize == .stretch ? nil : preprocessing.crop
    channels = ["RGB", "BGR", "gray"][preprocessing.channels.rawValue - 1]
    mean = Array(preprocessing.mean.prefix(count))
    std = Array(preprocessing.deviation.prefix(count))
  }
}
