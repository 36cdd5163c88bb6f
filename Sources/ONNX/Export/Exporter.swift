import Foundation
import PrefactorGraph
import PrefactorModelFormat

/// How a tensor's axes lie: as in the graph, or with the last one, the channels, moved behind the first, as ONNX has
/// images.
enum Layout {
  case plain, channelsFirst

  /// Where an axis of the graph is.
  func position(of axis: Int, rank: Int) -> Int {
    switch self {
    case .plain: axis
    case .channelsFirst: axis == 0 ? 0 : axis == rank - 1 ? 1 : axis + 1
    }
  }

  /// `values`, one for each axis of the graph, in this layout's order.
  func ordered<Element>(_ values: [Element]) -> [Element] {
    var result = values
    for (axis, value) in values.enumerated() { result[position(of: axis, rank: values.count)] = value }
    return result
  }
}

/// Writes a graph node by node. A tensor is made in the other layout only when a node asks for that, so that most
/// images stay channels-first throughout and the graph's transposes disappear.
final class Exporter {
  static let opset: Int64 = 17

  let graph: Graph
  private let shapes: [Value: Shape]
  private var result = Onnx_GraphProto()
  private var names: [Value: [Layout: String]] = [:]
  private var taken: Set<String>
  private var nameCount = 0
  private var nodeNames: Set<String> = []

  init(_ graph: Graph) throws {
    self.graph = graph
    do { shapes = try graph.shapes(graph.referenceBinding) } catch { throw ONNXError("\(error)") }
    taken = Set(graph.names.values)
    for input in graph.inputs { names[input.value] = [.plain: graph.names[input.value] ?? newName()] }
  }

  private func newName() -> String {
    repeat { nameCount += 1 } while taken.contains("t\(nameCount)")
    return "t\(nameCount)"
  }

  func rank(_ value: Value) -> Int { shapes[value]?.rank ?? 0 }

  /// A dimension at the sizes that stand for open ones.
  func dimension(_ value: Value, _ axis: Int) -> Int { shapes[value]?[axis] ?? 0 }

  func finish() -> Onnx_GraphProto {
    result.name = graph.metadata.first { $0.key == "onnx.graph" }?.value ?? "graph"
    result.input = graph.inputs.map { input in
      let dims = input.dimensions.map { dimension -> Onnx_TensorShapeProto.Dimension.OneOf_Value in
        switch dimension {
        case .fixed(let number): .dimValue(Int64(number))
        case .symbol(let index): .dimParam(graph.symbols[index].name)
        }
      }
      return valueInfo(names[input.value]![.plain]!, input.type, dims)
    }
    let isOpen = graph.inputs.contains { $0.dims.contains(nil) }
    result.output = graph.outputs.map { value in
      let shape = shapes[value]!
      let name = graph.names[value] ?? newName()
      rename(plain(value), to: name)
      return valueInfo(name, shape.type, shape.dims.map { isOpen ? nil : .dimValue(Int64($0)) })
    }
    return result
  }

  private func valueInfo(_ name: String, _ type: ElementType, _ dims: [Onnx_TensorShapeProto.Dimension.OneOf_Value?])
    -> Onnx_ValueInfoProto
  {
    .with {
      $0.name = name
      $0.type.tensorType.elemType = type.rawValue
      $0.type.tensorType.shape.dim = dims.map { dimension in .with { $0.value = dimension } }
    }
  }

  /// Gives a tensor the name of an output of the network.
  private func rename(_ old: String, to name: String) {
    let isComputed = result.node.contains { $0.output == [old] }
    guard isComputed, !taken.contains(old) else {
      result.node.append(.with { ($0.opType, $0.input, $0.output) = ("Identity", [old], [name]) })
      return
    }
    func renamed(_ list: [String]) -> [String] { list.map { $0 == old ? name : $0 } }
    for index in result.node.indices {
      result.node[index].input = renamed(result.node[index].input)
      result.node[index].output = renamed(result.node[index].output)
    }
    names = names.mapValues { $0.mapValues { $0 == old ? name : $0 } }
  }
}

// MARK: Tensors

extension Exporter {
  func plain(_ value: Value) -> String { name(value, .plain) }

  func channelsFirst(_ value: Value) -> String { name(value, .channelsFirst) }

  /// The layouts that a tensor has already.
  func has(_ value: Value, _ layout: Layout) -> Bool { names[value]?[layout] != nil }

  func define(_ value: Value, _ layout: Layout, as name: String) { names[value, default: [:]][layout] = name }

  func name(_ value: Value, _ layout: Layout) -> String {
    if let name = names[value]?[layout] { return name }
    let permutation = layout.ordered(Array(0..<rank(value)))
    let name: String
    if let tensor = graph.constants[value] {
      name = constant(tensor.transposed(permutation))
    } else if layout == .channelsFirst {
      name = add("Transpose", [plain(value)], [.ints("perm", permutation)])
    } else {
      let inverse = (0..<rank(value)).map { Layout.channelsFirst.position(of: $0, rank: rank(value)) }
      name = add("Transpose", [names[value]![.channelsFirst]!], [.ints("perm", inverse)])
    }
    define(value, layout, as: name)
    return name
  }

  func constant(_ tensor: Tensor) -> String {
    let name = newName()
    result.initializer.append(
      .with {
        $0.name = name
        $0.dims = tensor.dims.map(Int64.init)
        $0.dataType = tensor.type.rawValue
        $0.rawData = tensor.withUnsafeBytes { Data($0) }
      })
    return name
  }

  func constant(_ integers: [Int]) -> String { constant(Tensor([integers.count], integers.map(Int64.init))) }

  func scalar(_ value: Float) -> String { constant(Tensor([], [value])) }

  /// Appends a node with one output, whose name it returns.
  func add(
    _ type: String, _ inputs: [String], _ attributes: [Onnx_AttributeProto] = [], of node: Node? = nil
  ) -> String {
    let output = newName()
    result.node.append(
      .with {
        ($0.opType, $0.input, $0.output, $0.attribute) = (type, inputs, [output], attributes)
        // Names of nodes have to differ where there are any.
        if let node, nodeNames.insert(node.name).inserted { $0.name = node.name }
        if let layer = node?.layer { $0.metadataProps = LayerRecord(graph.layers[layer]).properties }
      })
    return output
  }
}

extension Onnx_AttributeProto {
  // The numbers are `AttributeProto.AttributeType`.
  static func float(_ name: String, _ value: Float) -> Self { .with { ($0.name, $0.type, $0.f) = (name, 1, value) } }
  static func int(_ name: String, _ value: Int32) -> Self {
    .with { ($0.name, $0.type, $0.i) = (name, 2, Int64(value)) }
  }
  static func string(_ name: String, _ value: String) -> Self {
    .with { ($0.name, $0.type, $0.s) = (name, 3, .init(value.utf8)) }
  }
  static func ints(_ name: String, _ values: [Int]) -> Self {
    .with { ($0.name, $0.type, $0.ints) = (name, 7, values.map(Int64.init)) }
  }
}
