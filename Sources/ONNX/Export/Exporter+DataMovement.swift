import PrefactorGraph
import PrefactorModelFormat

/// Operations that move elements, and reductions.
extension Exporter {
  func slice(_ operation: Slice, _ layout: Layout, _ rank: Int, _ x: String, _ node: Node) -> String {
    let axes = (0..<rank).filter { operation.starts[$0] != 0 || operation.ends[$0] != .max || operation.steps[$0] != 1 }
    func list(_ values: PerAxis<Int32>) -> String { constant(axes.map { Int(values[$0]) }) }
    let positions = constant(axes.map { layout.position(of: $0, rank: rank) })
    return add("Slice", [x, list(operation.starts), list(operation.ends), positions, list(operation.steps)], of: node)
  }

  func padding(_ operation: Padding, _ layout: Layout, _ rank: Int, _ x: String, _ node: Node) -> String {
    func list(_ values: PerAxis<Int32>) -> [Int] { layout.ordered((0..<rank).map { Int(values[$0]) }) }
    let modes = [Padding.Mode.constant: "constant", Padding.Mode.reflect: "reflect", Padding.Mode.edge: "edge"]
    let inputs = [x, constant(list(operation.before) + list(operation.after)), scalar(operation.value)]
    return add("Pad", inputs, [.string("mode", modes[operation.mode]!)], of: node)
  }

  /// One that only changes the layout needs no node.
  func transpose(_ operation: Transpose, _ node: Node) {
    let x = input(node, 0)
    let rank = rank(x)
    let permutation = (0..<rank).map { Int(operation.permutation[$0]) }
    let toFirst = Layout.channelsFirst.ordered(Array(0..<rank))
    if rank > 2, permutation == toFirst {
      define(node.output, .plain, as: channelsFirst(x))
    } else if rank > 2, permutation == (0..<rank).map({ Layout.channelsFirst.position(of: $0, rank: rank) }) {
      define(node.output, .channelsFirst, as: plain(x))
    } else {
      define(node.output, .plain, as: add("Transpose", [plain(x)], [.ints("perm", permutation)], of: node))
    }
  }

  /// Dimensions that may be those of `x` as an input of a node. `keepsAxes`: 0 stands for the dimension of the same
  /// axis.
  func shape(_ dims: [Int32], of x: Value, keepsAxes: Bool) -> String {
    func isStatic(_ axis: Int) -> Bool {
      dims[axis] >= Reshape.inferred || keepsAxes && dims[axis] == Reshape.copy(axis)
    }
    func number(_ axis: Int) -> Int { dims[axis] >= Reshape.inferred ? Int(dims[axis]) : 0 }
    if dims.indices.allSatisfy(isStatic) { return constant(dims.indices.map(number)) }
    let sizes = add("Shape", [plain(x)])
    let parts = dims.indices.map { axis in
      isStatic(axis) ? constant([number(axis)]) : add("Gather", [sizes, constant([-2 - Int(dims[axis])])])
    }
    return add("Concat", parts, [.int("axis", 0)])
  }

  func reduction(_ operation: Reduction, _ node: Node) {
    let x = input(node, 0)
    let rank = rank(x)
    let axes = (0..<rank).filter { operation.axes & (1 << Int32($0)) != 0 }
    let isOverPixels = rank > 2 && axes == Array(1..<(rank - 1))
    let globalPools: [ReductionFunction?: String] = [.mean: "GlobalAveragePool", .maximum: "GlobalMaxPool"]
    if isOverPixels, operation.keepDims != 0, let type = globalPools[operation.function] {
      define(node.output, .channelsFirst, as: add(type, [channelsFirst(x)], of: node))
      return
    }
    // Without the pixels between batch and channels, both layouts are the same.
    let isEitherLayout = rank > 2 && (operation.keepDims != 0 || isOverPixels)
    let layout: Layout = isEitherLayout && !has(x, .plain) ? .channelsFirst : .plain
    let positions = axes.map { layout.position(of: $0, rank: rank) }
    let keepDims = Onnx_AttributeProto.int("keepdims", operation.keepDims)
    let types: [ReductionFunction?: String] = [
      .mean: "ReduceMean", .maximum: "ReduceMax", .minimum: "ReduceMin", .product: "ReduceProd",
    ]
    let reduced: String
    if let type = types[operation.function] {
      reduced = add(type, [name(x, layout)], [.ints("axes", positions), keepDims], of: node)
    } else {
      reduced = add("ReduceSum", [name(x, layout), constant(positions)], [keepDims], of: node)
    }
    define(node.output, operation.keepDims != 0 ? layout : .plain, as: reduced)
  }
}
