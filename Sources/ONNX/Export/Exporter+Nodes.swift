import PrefactorGraph
import PrefactorModelFormat

extension Exporter {
  func export(_ node: Node) throws {
    guard node.bindings.isEmpty else {
      throw ONNXError(
        """
        layer '\(node.name)' needs sizes that are computed when the network is run, which cannot be exported yet: fix \
        its inputs' sizes
        """
      )
    }
    switch node.operation {
    case .convolution(let operation): convolution(operation, node)
    case .fullyConnected(let operation): fullyConnected(operation, node)
    case .matrixProduct:
      define(node.output, .plain, as: add("MatMul", [plain(input(node, 0)), plain(input(node, 1))], of: node))
    case .pool(let operation): pool(operation, node)
    case .responseNormalization(let operation): responseNormalization(operation, node)
    case .unary(let operation):
      let layout = layout(node)
      define(node.output, layout, as: try unary(operation, name(input(node, 0), layout), node))
    case .binary(let operation): try binary(operation, node)
    case .affine(let operation): affine(operation, node)
    case .softmax(let operation):
      inLayout(node) { layout, rank, x in
        add(operation.logarithm != 0 ? "LogSoftmax" : "Softmax", [x], [.axis(operation.axis, layout, rank)], of: node)
      }
    case .concatenation(let operation):
      let layout = layout(node)
      let inputs = node.inputs.compactMap { $0 }.map { name($0, layout) }
      define(
        node.output, layout, as: add("Concat", inputs, [.axis(operation.axis, layout, rank(node.output))], of: node))
    case .slice(let operation): inLayout(node) { slice(operation, $0, $1, $2, node) }
    case .gather(let operation):
      inLayout(node) { layout, rank, x in
        add(
          "Gather", [x, constant((graph.constant(node, 1)?.int64s ?? []).map { Int($0) })],
          [.axis(operation.axis, layout, rank)], of: node)
      }
    case .padding(let operation): inLayout(node) { padding(operation, $0, $1, $2, node) }
    case .tile(let operation):
      inLayout(node) { layout, rank, x in
        add("Tile", [x, constant(layout.ordered((0..<rank).map { Int(operation.repeats[$0]) }))], of: node)
      }
    case .transpose(let operation): transpose(operation, node)
    case .reshape(let operation):
      let dims = (0..<Int(operation.rank)).map { operation.dims[$0] }
      define(
        node.output, .plain,
        as: add("Reshape", [plain(input(node, 0)), shape(dims, of: input(node, 0), keepsAxes: true)], of: node))
    case .expansion(let operation):
      let dims = (0..<Int(operation.rank)).map { operation.dims[$0] }
      define(
        node.output, .plain,
        as: add("Expand", [plain(input(node, 0)), shape(dims, of: input(node, 0), keepsAxes: false)], of: node))
    case .resize(let operation): try resize(operation, node)
    case .depthToSpace(let operation): depthToSpace(operation, node)
    case .reduction(let operation): reduction(operation, node)
    case .argMax(let operation):
      let attributes: [Onnx_AttributeProto] = [
        .int("axis", operation.axis), .int("keepdims", operation.keepDims),
        .int("select_last_index", operation.selectLast),
      ]
      define(node.output, .plain, as: add("ArgMax", [plain(input(node, 0))], attributes, of: node))
    case .cast(let operation): inLayout(node) { _, _, x in add("Cast", [x], [.int("to", operation.type)], of: node) }
    case .sizes(let operation):
      let values = (0..<Int(operation.count)).map { Int64(operation.values[$0]) }
      define(node.output, .plain, as: constant(Tensor(operation.rank == 0 ? [] : [values.count], values)))
    }
  }

  /// An input that the operation's shape rule has found to be there.
  func input(_ node: Node, _ index: Int) -> Value { node.inputs[index]! }

  func optional(_ node: Node, _ index: Int) -> Value? { index < node.inputs.count ? node.inputs[index] : nil }

  /// The layout for a node that can do with either: the one that its inputs have already.
  func layout(_ node: Node) -> Layout {
    let computed = node.inputs.compactMap { $0 }.filter { graph.constants[$0] == nil }
    let hasRanks = computed.allSatisfy { rank($0) == rank(node.output) } && rank(node.output) > 2
    return hasRanks && computed.contains { !has($0, .plain) } ? .channelsFirst : .plain
  }

  /// Exports a node whose output has its input's axes.
  private func inLayout(_ node: Node, _ body: (_ layout: Layout, _ rank: Int, _ x: String) -> String) {
    let layout = layout(node)
    define(node.output, layout, as: body(layout, rank(node.output), name(input(node, 0), layout)))
  }

  func clamped(_ x: String, _ clamp: Clamp) -> String {
    if clamp.isNone { return x }
    if clamp.low == 0, clamp.high == .infinity { return add("Relu", [x]) }
    return add(
      "Clip",
      [x, clamp.low == -.infinity ? "" : scalar(clamp.low)] + (clamp.high == .infinity ? [] : [scalar(clamp.high)]))
  }
}

extension Onnx_AttributeProto {
  static func axis(_ axis: Int32, _ layout: Layout, _ rank: Int) -> Self {
    .int("axis", Int32(layout.position(of: Int(axis), rank: rank)))
  }
}
