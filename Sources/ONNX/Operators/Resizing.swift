import PrefactorGraph
import PrefactorModelFormat

let resizeHandlers: [String: OperatorHandler] = [
  "Resize": .lowered { [try resize($0)] }, "Upsample": .lowered { [try upsample($0)] },
  "DepthToSpace": .lowered { [try depthToSpace($0, inverse: false)] }, "SpaceToDepth": .lowered { [try depthToSpace($0, inverse: true)] },
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
  return try emit(node, operation, ResizeTarget(node, scales: scales, axes: nil))
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
    "keep_aspect_ratio_policy", default: "stretch", ["stretch": nil as AspectRatio?, "not_larger": .notLarger, "not_smaller": .notSmaller])
  if let scales = try node.optional(2) == nil ? nil : node.floatConstant(2), scales.count > 0 {
    return try emit(node, operation, ResizeTarget(node, scales: scales.floats, axes: axes))
  }
  return try emit(node, operation, ResizeTarget(node, sizes: node.integers(3), axes: axes, policy))
}

private enum AspectRatio {
  case notLarger, notSmaller

  /// The one scale of all axes.
  func scale(_ node: NodeImport, _ x: Operand, axes: [Int], _ targets: [[Int]]) throws -> Float {
    let ratios = try axes.enumerated().map { index, axis in
      guard let size = x.staticDimension(axis), size > 0, size < 1 << 24, targets.allSatisfy({ $0[index] == targets[0][index] }) else {
        throw node.dependsOnSize("keep_aspect_ratio_policy")
      }
      return Float(targets[0][index]) / Float(size)
    }
    guard let least = ratios.min(), let greatest = ratios.max() else { throw ONNXError("the sizes are missing") }
    return self == .notLarger ? least : greatest
  }
}

/// For each axis of the input, the size of the result where it is fixed, and the scale where it is not what follows from the sizes.
private struct ResizeTarget {
  var sizes: [Int]
  var scales: [Float]

  init(_ node: NodeImport, scales: [Float], axes: [Int]?) throws {
    let rank = try node.input(0).rank, axes = axes ?? Array(0..<rank)
    guard scales.count == axes.count else { throw ONNXError("\(scales.count) scales for \(axes.count) axes") }
    sizes = Array(repeating: 0, count: rank)
    self.scales = Array(repeating: 1, count: rank)
    for (axis, scale) in zip(axes, scales) { self.scales[axis] = scale }
  }

  /// `targets` has the sizes in each trial.
  init(_ node: NodeImport, sizes targets: [[Int]], axes: [Int]?, _ policy: AspectRatio?) throws {
    let x = try node.input(0), axes = axes ?? Array(0..<x.rank)
    guard targets.allSatisfy({ $0.count == axes.count && $0.allSatisfy { $0 > 0 && $0 < 1 << 24 } }) else {
      throw ONNXError("sizes \(targets[0]) for \(axes.count) axes")
    }
    sizes = Array(repeating: 0, count: x.rank)
    scales = Array(repeating: 1, count: x.rank)
    let common = try policy.map { try $0.scale(node, x, axes: axes, targets) }
    for (index, axis) in axes.enumerated() {
      let wanted = targets.map { $0[index] }, isFixed = wanted.allSatisfy { $0 == wanted[0] }
      if let common, let size = x.staticDimension(axis) {
        let scaled = (common * Float(size)).rounded(.toNearestOrAwayFromZero)
        guard let wanted = Int(exactly: scaled), wanted > 0, wanted < 1 << 24 else { throw ONNXError("axis \(axis) would have \(scaled) elements") }
        (sizes[axis], scales[axis]) = (wanted, common)
      } else if isFixed {
        (sizes[axis], scales[axis]) = (wanted[0], x.staticDimension(axis) == wanted[0] ? 1 : 0)
      } else {
        guard x.dimension(axis).allSatisfy({ $0 > 0 }) else { throw ONNXError("axis \(axis) of the input has no elements") }
        let scale = Float(wanted[0]) / Float(x.dimension(axis)[0])
        guard zip(wanted, x.dimension(axis)).allSatisfy({ $0 == Int(Float($1) * scale) }) else { throw node.dependsOnSize("sizes") }
        scales[axis] = scale
      }
    }
  }
}

private func emit(_ node: NodeImport, _ operation: Resize, _ target: ResizeTarget) throws -> Operand {
  let x = try node.input(0)
  guard x.rank >= 2 else { throw ONNXError("an input of rank \(x.rank)") }
  // Two dimensions are an image of one channel.
  let spatial = x.rank == 2 ? 0..<2 : 2..<x.rank
  guard (0..<spatial.lowerBound).allSatisfy({ target.scales[$0] == 1 }) else {
    throw ONNXError("resizing the batch or the channels is not supported")
  }
  var operation = operation
  let width = spatial.upperBound - 1
  operation.width = try int32(target.sizes[width])
  operation.widthScale = target.scales[width]
  operation.heightScale = 1
  if spatial.count == 2 {
    operation.height = try int32(target.sizes[width - 1])
    operation.heightScale = target.scales[width - 1]
  }
  if x.rank > 2 { return try node.channelsLast(x) { try node.emit(.resize(operation), $0) } }
  let image = try node.reshape(x, to: x.mapDims { [1] + $0 + [1] })
  let result = try node.emit(.resize(operation), image)
  return try node.reshape(result, to: result.mapDims { Array($0[1...2]) })
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
