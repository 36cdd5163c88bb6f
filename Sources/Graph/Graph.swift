import PrefactorModelFormat

/// A tensor's name within a graph: the input of the network, a constant, or the output of exactly one node.
public struct Value: Hashable, Sendable {
  public let index: Int
}

/// One operation on values. Every operation has exactly one output.
public struct Node {
  /// The ONNX node's name, or its first output's where it has none. Nodes that passes make are named after what they
  /// come from.
  public var name: String
  public var operation: Operation
  /// Nil for an optional input that is left out.
  public var inputs: [Value?]
  public var output: Value
  /// Index into ``Graph/layers``: which layer of the original network this node computes a part of.
  public var layer: Int?
  /// Attribute words that are computed when a session is created, in the order of the words. The operation has some
  /// number there, which means nothing.
  public var bindings: [AttributeBinding]

  public init(
    name: String, operation: Operation, inputs: [Value?], output: Value, layer: Int? = nil,
    bindings: [AttributeBinding] = []
  ) {
    self.name = name
    self.operation = operation
    self.inputs = inputs
    self.output = output
    self.layer = layer
    self.bindings = bindings
  }
}

/// A convolution or fully-connected layer of the original network, and what became of it.
public struct Layer: Equatable {
  public var name: String
  /// "none", or a method's name.
  public var method = "none"
  /// A JSON object: ranks and metric.
  public var parameters = "{}"
  public var macsBefore: Int
  public var bytesBefore: Int
  public var relativeError = 0.0

  public init(name: String, macsBefore: Int, bytesBefore: Int) {
    self.name = name
    self.macsBefore = macsBefore
    self.bytesBefore = bytesBefore
  }
}

/// The compiler's network: what a `.pfmodel` holds, in a form that is easy to change. Operations and their
/// channels-last layout are those of ``Operation``; constants are row-major, whatever their layout in the file.
public struct Graph {
  public struct Input {
    public var value: Value
    public var type: ElementType
    public var dimensions: [InputDimension]
    /// Nil where a dimension is chosen when a session is created.
    public var dims: [Int?] { dimensions.map(\.number) }
  }

  public var inputs: [Input] = []
  public var outputs: [Value] = []
  /// What the dimensions of outputs are, where that is known.
  public var outputDimensions: [Value: [OutputDimension]] = [:]
  /// The inputs' open dimensions, each of which has one name wherever it occurs.
  public var symbols: [Symbol] = []
  /// Sizes that follow from the symbols. Each entry refers only to entries before it.
  public var expressions: [SizeExpression] {
    get { table.entries }
    set { table = SizeTable(newValue) }
  }
  var table = SizeTable()
  /// In an order in which every node comes after those that it needs.
  public var nodes: [Node] = []
  public var constants: [Value: Tensor] = [:]
  /// Names of the inputs and outputs of the network, which are part of its interface, and of other values where they
  /// are known.
  public var names: [Value: String] = [:]
  /// Of values whose integers stand for real numbers.
  public var quantizations: [Value: Quantization] = [:]
  public var layers: [Layer] = []

  public var preprocessing: Preprocessing?
  public var labels: [String] = []
  public var metadata: [(key: String, value: String)] = []

  /// What weights in panels are stored as: float32 or float16 numbers. ``roundWeights()`` makes them the latter.
  public var weightsType = ElementType.float32

  private var valueCount = 0

  public init() {}

  public mutating func makeValue(name: String? = nil) -> Value {
    let value = Value(index: valueCount)
    valueCount += 1
    names[value] = name
    return value
  }

  public mutating func addInput(name: String, type: ElementType = .float32, dimensions: [InputDimension]) -> Value {
    let value = makeValue(name: name)
    inputs.append(Input(value: value, type: type, dimensions: dimensions))
    return value
  }

  public mutating func addConstant(_ tensor: Tensor, name: String? = nil) -> Value {
    let value = makeValue(name: name)
    constants[value] = tensor
    return value
  }

  /// Appends a node and returns its output.
  public mutating func addNode(
    _ operation: Operation, _ inputs: [Value?], name: String, layer: Int? = nil, bindings: [AttributeBinding] = []
  ) -> Value {
    let output = makeValue()
    nodes.append(
      Node(name: name, operation: operation, inputs: inputs, output: output, layer: layer, bindings: bindings))
    return output
  }
}

// MARK: Questions

extension Graph {
  /// Index of the node that computes each value.
  public var producers: [Value: Int] {
    Dictionary(uniqueKeysWithValues: nodes.indices.map { (nodes[$0].output, $0) })
  }

  /// How often each value is used, as an input of a node or as an output of the network.
  public var useCounts: [Value: Int] {
    var counts: [Value: Int] = [:]
    for node in nodes { for case let input? in node.inputs { counts[input, default: 0] += 1 } }
    for output in outputs { counts[output, default: 0] += 1 }
    return counts
  }

  /// The constant that feeds an input of a node; nil where it is left out or computed.
  public func constant(_ node: Node, _ index: Int) -> Tensor? {
    guard index < node.inputs.count, let value = node.inputs[index] else { return nil }
    return constants[value]
  }
}

// MARK: Edits

extension Graph {
  /// Makes everything that uses `old` use `new`, outputs of the network included, which keep their names. What is said
  /// of the elements of `old` is said of `new`.
  public mutating func replaceUses(of old: Value, with new: Value) {
    for index in nodes.indices {
      for position in nodes[index].inputs.indices where nodes[index].inputs[position] == old {
        nodes[index].inputs[position] = new
      }
    }
    for index in outputs.indices where outputs[index] == old { outputs[index] = new }
    if let dimensions = outputDimensions.removeValue(forKey: old) { outputDimensions[new] = dimensions }
    if let quantization = quantizations.removeValue(forKey: old) { quantizations[new] = quantization }
  }

  /// Replaces the node at `index` by a chain of others, which must compute its output.
  public mutating func replaceNode(at index: Int, with chain: [Node]) {
    nodes.replaceSubrange(index...index, with: chain)
  }

  /// Drops nodes and constants that no output needs.
  public mutating func removeUnused() {
    var needed = Set(outputs)
    for node in nodes.reversed() where needed.contains(node.output) {
      for case let input? in node.inputs { needed.insert(input) }
    }
    nodes.removeAll { !needed.contains($0.output) }
    constants = constants.filter { needed.contains($0.key) }
    needed.formUnion(inputs.map(\.value))
    names = names.filter { needed.contains($0.key) }
    quantizations = quantizations.filter { needed.contains($0.key) }
  }
}
