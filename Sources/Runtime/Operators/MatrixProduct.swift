import CPrefactor
import CShims
import KernelContract
import PrefactorModelFormat

/// The right matrices are packed into panels first, as weights lie in the file; a product then is a 1×1 convolution.
enum MatrixProduct {
  static func outputShape(_ inputs: InputShapes) throws(Failure) -> Shape {
    let left = try inputs.operand(0, minimumRank: 2)
    let right = try inputs.operand(1, minimumRank: 2)
    let depth = left[left.rank - 1]
    guard depth == right[right.rank - 2] else {
      throw Failure(PF_ERROR_SHAPE, "the inner dimensions of the product are # and #", depth, right[right.rank - 2])
    }
    // The panels that the right matrices become are up to four times as large, if they are narrow.
    guard right.count <= Int.max / 64 else {
      throw Failure(PF_ERROR_SHAPE, "the right matrices have # elements, which is too many", right.count)
    }
    var output = try left.broadcast(with: right, skipping: 2)
    output.append(left[left.rank - 2])
    output.append(right[right.rank - 1])
    return output
  }

  static func multiplyAdds(_ inputs: InputShapes, output: Shape) -> Int64 {
    guard let left = inputs[0] else { return 0 }
    return Int64(output.count) * Int64(left[left.rank - 1])
  }

  static func needs(_ inputs: InputShapes, output: Shape, _ kernels: UnsafePointer<pf_kernels>) -> OperatorNeeds {
    guard let left = inputs[0], let right = inputs[1] else { return OperatorNeeds() }
    let sizes = Sizes(left, right)
    var convolution = sizes.convolution
    return OperatorNeeds(
      shared: OperatorNeeds.panelBytes(Int64(sizes.rightMatrices) * Int64(sizes.panelFloats)),
      perThread: Int64(kernels.pointee.convolution_scratch(&convolution)))
  }

  static func run(_ context: StepContext) {
    guard let left = context.input(0), let right = context.input(1) else { return }
    let sizes = Sizes(left.shape, right.shape)
    let packed = context.sharedScratch.assumingMemoryBound(to: Float.self)
    PanelPacking(context, right.floats, packed, sizes).run()

    var convolution = sizes.convolution
    convolution.input = UnsafePointer(left.floats)
    convolution.weights = pf_weights(floats: packed)
    convolution.output = context.output.floats
    ConvolutionWork(context, convolution, batch: sizes.batch(left.shape, right.shape, output: context.output.shape))
      .run()
  }

  fileprivate struct Sizes {
    let rows, depth, columns: Int
    let rightMatrices: Int

    init(_ left: Shape, _ right: Shape) {
      depth = left[left.rank - 1]
      columns = right[right.rank - 1]
      rightMatrices = right.count / (depth * columns)
      rows = rightMatrices == 1 ? left.count / depth : left[left.rank - 2]
    }

    var panelFloats: Int { pf_panel_floats(depth, columns) }

    var convolution: pf_convolution { pf_convolution(productOf: rows, depth: depth, columns: columns) }

    /// Where each product's left matrix (first) and packed right matrix (second) begin. With one right matrix, all left
    /// ones make one.
    func batch(_ left: Shape, _ right: Shape, output: Shape) -> StridedWalk {
      var walk = StridedWalk()
      if rightMatrices == 1 { return walk }
      for axis in 0..<(output.rank - 2) {
        walk.append(
          size: output[axis], left.step(axis, broadcastTo: output.rank),
          right.step(axis, broadcastTo: output.rank) / (depth * columns) * panelFloats)
      }
      return walk
    }
  }
}

/// Packs right matrices, one panel an item or, where panels are small, several.
private struct PanelPacking {
  private let context: StepContext
  private let source: UnsafePointer<Float>
  private let packed: UnsafeMutablePointer<Float>
  private let sizes: MatrixProduct.Sizes
  private let panelsPerMatrix: Int
  private let panels: WorkSplit

  init(
    _ context: StepContext, _ source: UnsafeMutablePointer<Float>, _ packed: UnsafeMutablePointer<Float>,
    _ sizes: MatrixProduct.Sizes
  ) {
    self.context = context
    self.source = UnsafePointer(source)
    self.packed = packed
    self.sizes = sizes
    panelsPerMatrix = (sizes.columns + Int(PF_PANEL_WIDTH) - 1) / Int(PF_PANEL_WIDTH)
    panels = WorkSplit(sizes.rightMatrices * panelsPerMatrix, elements: sizes.depth * Int(PF_PANEL_WIDTH))
  }

  func run() {
    var packing = self
    context.threads.run(items: panels.items, &packing) { raw, item, _ in
      let packing = raw.assumingMemoryBound(to: PanelPacking.self)
      for panel in packing.pointee.panels.range(item) { packing.pointee.pack(panel) }
    }
  }

  private func pack(_ panel: Int) {
    let matrix = panel / panelsPerMatrix
    let firstColumn = panel % panelsPerMatrix * Int(PF_PANEL_WIDTH)
    let columns = min(Int(PF_PANEL_WIDTH), sizes.columns - firstColumn)
    let width = pf_panel_stride(columns)
    var from = source + matrix * sizes.depth * sizes.columns + firstColumn
    var to = packed + matrix * sizes.panelFloats + sizes.depth * firstColumn
    for _ in 0..<sizes.depth {
      memcpy(to, from, columns * MemoryLayout<Float>.size)
      for column in columns..<width { to[column] = 0 }
      from += sizes.columns
      to += width
    }
  }
}
