import PrefactorGraph
import PrefactorModelFormat

/// Layers with weights, and the other operations on images.
extension Exporter {
  func convolution(_ operation: Convolution, _ node: Node) {
    let weights = graph.constant(node, 1)!.transposed([0, 3, 1, 2])
    let inputs = [channelsFirst(input(node, 0)), constant(weights)] + (optional(node, 2).map { [plain($0)] } ?? [])
    let convolved = add("Conv", inputs, attributes(operation.window) + [.int("group", operation.groups)], of: node)
    let sum = optional(node, 3).map { add("Add", [convolved, channelsFirst($0)]) } ?? convolved
    define(node.output, .channelsFirst, as: clamped(sum, operation.clamp))
  }

  func fullyConnected(_ operation: FullyConnected, _ node: Node) {
    let x = plain(input(node, 0))
    let bias = optional(node, 2).map(plain)
    let product: String
    if rank(input(node, 0)) == 2 {
      product = add("Gemm", [x, plain(input(node, 1))] + (bias.map { [$0] } ?? []), [.int("transB", 1)], of: node)
    } else {
      let rows = add("MatMul", [x, constant(graph.constant(node, 1)!.transposed([1, 0]))], of: node)
      product = bias.map { add("Add", [rows, $0]) } ?? rows
    }
    define(node.output, .plain, as: clamped(product, operation.clamp))
  }

  func pool(_ operation: Pool, _ node: Node) {
    let isMaximum = operation.kind == .maximum
    var attributes = attributes(operation.window) + [.int("ceil_mode", operation.ceilMode)]
    if !isMaximum { attributes.append(.int("count_include_pad", operation.countIncludePad)) }
    let pooled = add(isMaximum ? "MaxPool" : "AveragePool", [channelsFirst(input(node, 0))], attributes, of: node)
    define(node.output, .channelsFirst, as: pooled)
  }

  private func attributes(_ window: Window) -> [Onnx_AttributeProto] {
    func ints(_ name: String, _ values: Int32...) -> Onnx_AttributeProto { .ints(name, values.map(Int.init)) }
    let pads =
      switch window.automaticPadding {
      case Window.Padding.sameUpper: Onnx_AttributeProto.string("auto_pad", "SAME_UPPER")
      case Window.Padding.sameLower: Onnx_AttributeProto.string("auto_pad", "SAME_LOWER")
      default: ints("pads", window.padTop, window.padLeft, window.padBottom, window.padRight)
      }
    // AveragePool has dilations from opset 19 on.
    let isDilated = window.dilationHeight != 1 || window.dilationWidth != 1
    return [
      ints("kernel_shape", window.kernelHeight, window.kernelWidth),
      ints("strides", window.strideHeight, window.strideWidth), pads,
    ] + (isDilated ? [ints("dilations", window.dilationHeight, window.dilationWidth)] : [])
  }

  func responseNormalization(_ operation: ResponseNormalization, _ node: Node) {
    let layout: Layout = rank(node.output) == 2 ? .plain : .channelsFirst
    let attributes: [Onnx_AttributeProto] = [
      .int("size", operation.size), .float("alpha", operation.alpha), .float("beta", operation.beta),
      .float("bias", operation.bias),
    ]
    define(node.output, layout, as: add("LRN", [name(input(node, 0), layout)], attributes, of: node))
  }

  func resize(_ operation: Resize, _ node: Node) throws {
    let x = channelsFirst(input(node, 0))
    let modes = [Resize.Mode.nearest: "nearest", Resize.Mode.linear: "linear"]
    let coordinates = [
      Resize.Coordinates.halfPixel: "half_pixel", Resize.Coordinates.asymmetric: "asymmetric",
      Resize.Coordinates.alignCorners: "align_corners",
      Resize.Coordinates.pytorchHalfPixel: "pytorch_half_pixel",
    ]
    let roundings = [
      Resize.Nearest.roundPreferFloor: "round_prefer_floor", Resize.Nearest.roundPreferCeil: "round_prefer_ceil",
      Resize.Nearest.floor: "floor", Resize.Nearest.ceil: "ceil",
    ]
    guard let coordinate = coordinates[operation.coordinates] else {
      throw ONNXError("half_pixel_symmetric is not in opset \(Exporter.opset)")
    }
    let attributes: [Onnx_AttributeProto] = [
      .string("mode", modes[operation.mode]!), .string("coordinate_transformation_mode", coordinate),
      .string("nearest_mode", roundings[operation.nearest]!),
    ]
    let inputs: [String]
    if operation.height == 0, operation.width == 0 {
      inputs = [x, "", constant(Tensor([4], [1, 1, operation.heightScale, operation.widthScale]))]
    } else if operation.height > 0, operation.width > 0 {
      // ONNX derives the scales from the sizes.
      for (scale, size, axis) in [
        (operation.heightScale, operation.height, 1), (operation.widthScale, operation.width, 2),
      ] {
        guard scale == 0 || scale * Float(dimension(input(node, 0), axis)) == Float(size) else {
          throw ONNXError("a size with a scale other than its own is not in opset \(Exporter.opset)")
        }
      }
      let outer = add("Slice", [add("Shape", [x]), constant([0]), constant([2])])
      inputs = [
        x, "", "", add("Concat", [outer, constant([Int(operation.height), Int(operation.width)])], [.int("axis", 0)]),
      ]
    } else {
      throw ONNXError("a fixed size along one axis and a scale along the other are not in opset \(Exporter.opset)")
    }
    define(node.output, .channelsFirst, as: add("Resize", inputs, attributes, of: node))
  }
}
