import PrefactorGraph
import PrefactorModelFormat

let resizeHandlers: [String: OperatorHandler] = [
  "Resize": .lowered { [try resize($0)] }, "Upsample": .lowered { [try upsample($0)] },
  "DepthToSpace": .lowered { [try depthToSpace($0, inverse: false)] },
  "SpaceToDepth": .lowered { [try depthToSpace($0, inverse: true)] },
]

private let modes = ["nearest": Resize.Mode.nearest, "linear": Resize.Mode.linear]

// MARK: Upsample, and Resize before opset 11

private func upsample(_ node: NodeImport) throws -> Operand {
  let scales = node.opset < 9 ? node.floats("scales") : try node.floatConstant(1).floats
  guard let scales else { throw ONNXError("the scales are missing") }
  var operation = Resize()
  operation.mode = try node.choice("mode", default: "nearest", modes)
  operation.coordinates = Resize.Coordinates.asymmetric
  // The specification left this open; the test cases of those opsets and ONNX Runtime round towards the inside.
  let isSmaller = scales.contains { $0 < 1 }
  guard !isSmaller || scales.allSatisfy({ $0 <= 1 }) else {
    throw ONNXError("growing along one axis and shrinking along another is not supported")
  }
  operation.nearest = isSmaller ? Resize.Nearest.ceil : Resize.Nearest.floor
  return try emit(node, operation, ResizeTarget(node, scales: scales.map { FloatSize($0) }, axes: nil))
}

// MARK: Resize

private func resize(_ node: NodeImport) throws -> Operand {
  if node.opset < 11 { return try upsample(node) }
  node.ignore("cubic_coeff_a", "exclude_outside", "extrapolation_value")
  if try node.flag("antialias") { throw ONNXError("antialias is not supported") }
  var operation = Resize()
  operation.mode = try node.choice("mode", default: "nearest", modes)
  operation.coordinates = try node.choice(
    "coordinate_transformation_mode", default: "half_pixel",
    [
      "half_pixel": Resize.Coordinates.halfPixel, "asymmetric": Resize.Coordinates.asymmetric,
      "align_corners": Resize.Coordinates.alignCorners, "pytorch_half_pixel": Resize.Coordinates.pytorchHalfPixel,
      "half_pixel_symmetric": Resize.Coordinates.halfPixelSymmetric,
    ])
  operation.nearest = try node.choice(
    "nearest_mode", default: "round_prefer_floor",
    [
      "round_prefer_floor": Resize.Nearest.roundPreferFloor, "round_prefer_ceil": Resize.Nearest.roundPreferCeil,
      "floor": Resize.Nearest.floor, "ceil": Resize.Nearest.ceil,
    ])
  let axes = try node.ints("axes").map { try node.axes($0, rank: node.input(0).rank) }
  let policy = try node.choice(
    "keep_aspect_ratio_policy", default: "stretch",
    ["stretch": nil as AspectRatio?, "not_larger": .notLarger, "not_smaller": .notSmaller])
  if let scales = try node.optional(2) == nil ? nil : node.elements(2), !scales.elements.isEmpty {
    guard scales.type == .float32 else { throw ONNXError("input '\(node.proto.input[2])' is not floating-point") }
    try node.checkRounding(node.input(2).rounding)
    return try emit(node, operation, ResizeTarget(node, scales: scales.elements.map(\.asFloat), axes: axes))
  }
  return try emit(node, operation, ResizeTarget(node, sizes: node.sizes(3), axes: axes, policy))
}

private enum AspectRatio {
  case notLarger, notSmaller

  /// The one scale of all axes.
  func scale(_ node: NodeImport, _ x: Operand, axes: [Int], _ targets: [Size]) throws -> Float {
    let ratios = try axes.enumerated().map { index, axis in
      guard let size = x.dims[axis].constant, size > 0, size < 1 << 24, let target = targets[index].constant else {
        throw node.dependsOnSize("keep_aspect_ratio_policy", [x.dims[axis], targets[index]])
      }
      return Float(target) / Float(size)
    }
    guard let least = ratios.min(), let greatest = ratios.max() else { throw ONNXError("the sizes are missing") }
    return self == .notLarger ? least : greatest
  }
}

/// For each axis of the input, the size of the result where that is given, and the scale where it is not what follows
/// from the sizes.
private struct ResizeTarget {
  var sizes: [Size?]
  var scales: [FloatSize]

  private init(rank: Int) {
    sizes = Array(repeating: nil, count: rank)
    scales = Array(repeating: FloatSize(1), count: rank)
  }

  init(_ node: NodeImport, scales: [FloatSize], axes: [Int]?) throws {
    let rank = try node.input(0).rank
    let axes = axes ?? Array(0..<rank)
    guard scales.count == axes.count else { throw ONNXError("\(scales.count) scales for \(axes.count) axes") }
    self.init(rank: rank)
    for (axis, scale) in zip(axes, scales) { self.scales[axis] = scale }
  }

  init(_ node: NodeImport, sizes targets: [Size], axes: [Int]?, _ policy: AspectRatio?) throws {
    let x = try node.input(0)
    let axes = axes ?? Array(0..<x.rank)
    guard targets.count == axes.count, targets.allSatisfy({ $0.bounds.upper > 0 && $0.constant ?? 1 < 1 << 24 }) else {
      throw ONNXError("sizes \(targets.map { $0.constant ?? 0 }) for \(axes.count) axes")
    }
    self.init(rank: x.rank)
    let common = try policy.map { try $0.scale(node, x, axes: axes, targets) }
    for (target, axis) in zip(targets, axes) {
      if let common, let size = x.dims[axis].constant {
        let scaled = (common * Float(size)).rounded(.toNearestOrAwayFromZero)
        guard let wanted = Int(exactly: scaled), wanted > 0, wanted < 1 << 24 else {
          throw ONNXError("axis \(axis) would have \(scaled) elements")
        }
        (sizes[axis], scales[axis]) = (Size(wanted), FloatSize(common))
      } else if target == x.dims[axis] {
        sizes[axis] = target.constant.map { Size($0) }
      } else {
        (sizes[axis], scales[axis]) = (target, FloatSize(0))
        // A multiple is a scale.
        if target.constant == nil, let factor = target.exactQuotient(by: x.dims[axis])?.constant {
          (sizes[axis], scales[axis]) = (nil, FloatSize(Float(factor)))
        }
      }
    }
  }

  /// Whether an axis keeps its size.
  func keeps(_ axis: Int, of x: Operand) -> Bool {
    scales[axis].constant == 1 && (sizes[axis] ?? x.dims[axis]) == x.dims[axis]
  }
}

private func emit(_ node: NodeImport, _ operation: Resize, _ target: ResizeTarget) throws -> Operand {
  let x = try node.input(0)
  guard x.rank >= 2 else { throw ONNXError("an input of rank \(x.rank)") }
  // Two dimensions are an image of one channel.
  let spatial = x.rank == 2 ? 0..<2 : 2..<x.rank
  guard (0..<spatial.lowerBound).allSatisfy({ target.keeps($0, of: x) }) else {
    throw ONNXError("resizing the batch or the channels is not supported")
  }
  var operation = operation
  var bound: [Int: SymbolicNumber] = [:]
  let width = spatial.upperBound - 1
  func scale(_ scale: FloatSize, word: Int) -> Float {
    if let number = scale.constant { return number }
    bound[word] = .float(scale)
    return 1
  }
  if let size = target.sizes[width] { operation.width = try node.attribute(size, word: 4, &bound) }
  operation.widthScale = scale(target.scales[width], word: 6)
  operation.heightScale = 1
  if spatial.count == 2 {
    if let size = target.sizes[width - 1] { operation.height = try node.attribute(size, word: 3, &bound) }
    operation.heightScale = scale(target.scales[width - 1], word: 5)
  }
  if x.rank > 2 { return try node.channelsLast(x) { try node.emit(.resize(operation), bound: bound, $0) } }
  let image = try node.reshape(x, to: [Size(1)] + x.dims + [Size(1)])
  let result = try node.emit(.resize(operation), bound: bound, image)
  return try node.reshape(result, to: Array(result.dims[1...2]))
}

// MARK: Depth and space

private func depthToSpace(_ node: NodeImport, inverse: Bool) throws -> Operand {
  let modes = ["DCR": DepthToSpace.Mode.depthColumnRow, "CRD": DepthToSpace.Mode.columnRowDepth]
  var operation = DepthToSpace()
  operation.blockHeight = try int32(node.int("blocksize", default: 0))
  operation.blockWidth = operation.blockHeight
  operation.mode = try node.choice("mode", default: "DCR", modes)
  operation.inverse = inverse ? 1 : 0
  let x = try node.input(0)
  guard x.rank == 4 else { throw ONNXError("an input of rank \(x.rank), not 4") }
  return try node.channelsLast(x) { try node.emit(.depthToSpace(operation), $0) }
}
