import PrefactorGraph
import PrefactorModelFormat

/// ConvTranspose as a convolution of the input, which computes all outputs that lie between two input pixels as
/// channels of one pixel, followed by a depth-to-space.
///
/// Along an axis, input i and tap k reach output i·stride + k·dilation - padding. Write output + padding = q·stride +
/// phase: only the taps with k·dilation = phase + t·stride reach it, each from input q - t. So each phase is a
/// convolution with its own taps, which reads t = taps - 1 ... 0 before q.
func transposedConvolution(_ node: NodeImport) throws -> Operand {
  let x = try node.input(0)
  let weights = try node.convolutionWeights()
  let attributes = try WindowAttributes(node, weights: Array(weights.dims[2...]))
  let groups = try node.int("group", default: 1)
  guard groups >= 1, weights.dims[0] % groups == 0, weights.count > 0 else {
    throw ONNXError("\(groups) groups of weights of the dimensions \(weights.dims)")
  }
  // Every stride multiplies the channels, and every dilated tap is one.
  guard attributes.strides.allSatisfy({ $0 <= 1 << 10 }),
    zip(attributes.kernel, attributes.dilations).allSatisfy({ ($0 - 1) * $1 < 1 << 20 })
  else {
    throw ONNXError("strides \(attributes.strides) with dilations \(attributes.dilations) are not supported")
  }
  let spatial = try PhaseAxis.axes(node, attributes, x)
  let phases = Phases(
    weights: weights.asImages, groups: groups, height: spatial.count == 2 ? spatial[0] : .unit,
    width: spatial[spatial.count - 1])
  let filters = try phases.filters()
  let bias = try node.optional(2) == nil ? nil : phases.repeated(node.floatConstant(2))
  return try node.channelsLast(x) { image in
    let convolved = try node.emitLayer(.convolution(phases.convolution), image, weights: filters, bias: bias)
    return try node.emit(.slice(phases.crop), node.emit(.depthToSpace(phases.interleaving), convolved))
  }
}

/// One axis of a transposed convolution.
private struct PhaseAxis {
  var kernel: Int, stride: Int, dilation: Int
  /// Padding of the convolution over the input.
  var padBefore: Int, padAfter: Int
  /// Outputs to be cut off.
  var cropBefore: Int, cropAfter: Int

  static let unit = PhaseAxis(kernel: 1, stride: 1, dilation: 1, cutBefore: 0, cutAfter: 0)

  /// `cutBefore` and `cutAfter` are cut from the outputs that input pixels reach; below zero, zeros are added.
  init(kernel: Int, stride: Int, dilation: Int, cutBefore: Int, cutAfter: Int) {
    self.kernel = kernel
    self.stride = stride
    self.dilation = dilation
    let taps = (kernel - 1) * dilation / stride + 1
    // As much as possible is cut by padding less; the rest are outputs that share their pixel with ones that stay.
    let skipped = min(cutBefore.flooredQuotient(by: stride), taps - 1)
    padBefore = taps - 1 - skipped
    cropBefore = cutBefore - skipped * stride
    let beyond = (kernel - 1) * dilation + 1 - cutAfter
    padAfter = max(0, -(-beyond).flooredQuotient(by: stride) - 1)
    cropAfter = (padAfter + 1) * stride - beyond
  }

  var taps: Int { (kernel - 1) * dilation / stride + 1 }

  /// The kernel's tap that reaches `phase` from `distance` input pixels before.
  func tap(phase: Int, distance: Int) -> Int? {
    let offset = phase + distance * stride
    return offset % dilation == 0 && offset / dilation < kernel ? offset / dilation : nil
  }

  static func axes(_ node: NodeImport, _ attributes: WindowAttributes, _ x: Operand) throws -> [PhaseAxis] {
    let extra = try node.ints("output_padding") ?? attributes.kernel.map { _ in 0 }
    let sizes = try node.ints("output_shape")
    guard extra.count == attributes.kernel.count, sizes?.count ?? extra.count == extra.count,
      (extra + (sizes ?? [])).allSatisfy({ $0 >= 0 && $0 < 1 << 24 })
    else { throw ONNXError("output_padding \(extra) or output_shape \(sizes ?? []) does not fit the kernel") }
    return try attributes.kernel.indices.map { axis in
      let kernel = attributes.kernel[axis]
      let stride = attributes.strides[axis]
      let dilation = attributes.dilations[axis]
      let isSame = attributes.automaticPadding != Window.Padding.explicit
      let span = (kernel - 1) * dilation + 1
      var before = attributes.before[axis]
      var after = attributes.after[axis]
      if isSame || sizes != nil {
        let size = x.dims[axis + 2]
        let outputs = sizes.map { Size($0[axis]) } ?? size * stride
        guard let total = ((size - 1) * stride + (extra[axis] + span) - outputs).constant else {
          throw node.dependsOnSize("output_shape", [size])
        }
        guard abs(total) < 1 << 30 else { throw ONNXError("\(total) outputs that are not in output_shape") }
        let smaller = total.flooredQuotient(by: 2)
        before = attributes.automaticPadding == Window.Padding.sameUpper ? smaller : total - smaller
        after = total - before
      }
      return PhaseAxis(
        kernel: kernel, stride: stride, dilation: dilation, cutBefore: before, cutAfter: after - extra[axis])
    }
  }
}

/// Weights and operations of a transposed convolution as phases.
private struct Phases {
  /// [C, F / groups, KH, KW]
  let weights: Tensor
  let groups: Int
  let height: PhaseAxis, width: PhaseAxis

  private var groupInputs: Int { weights.dims[0] / groups }
  private var groupOutputs: Int { weights.dims[1] }
  private var phaseCount: Int { height.stride * width.stride }

  /// A group's output channels lie side by side, so that a filter's phases do.
  private func channel(filter: Int, phase: Int) -> Int { filter * phaseCount + phase }

  /// [F · phases, taps, taps, C / groups]
  func filters() throws -> Tensor {
    let source = weights.floats
    let depth = groupInputs
    let area = weights.dims[2] * weights.dims[3]
    let dims = [groups * groupOutputs * phaseCount, height.taps, width.taps, depth]
    var result = [Float](repeating: 0, count: try foldedCount(dims))
    for phase in 0..<phaseCount {
      for row in 0..<height.taps {
        guard let sourceRow = height.tap(phase: phase / width.stride, distance: height.taps - 1 - row) else { continue }
        for column in 0..<width.taps {
          guard let sourceColumn = width.tap(phase: phase % width.stride, distance: width.taps - 1 - column) else {
            continue
          }
          for filter in 0..<groups * groupOutputs {
            let group = filter / groupOutputs
            let target = ((channel(filter: filter, phase: phase) * height.taps + row) * width.taps + column) * depth
            for input in 0..<depth {
              let image = (group * depth + input) * groupOutputs + filter % groupOutputs
              result[target + input] = source[image * area + sourceRow * weights.dims[3] + sourceColumn]
            }
          }
        }
      }
    }
    return Tensor(dims, result)
  }

  func repeated(_ bias: Tensor) throws -> Tensor {
    guard bias.dims == [groups * groupOutputs] else {
      throw ONNXError("a bias of the dimensions \(bias.dims) for \(groups * groupOutputs) channels")
    }
    return Tensor([bias.count * phaseCount], bias.floats.flatMap { Array(repeating: $0, count: phaseCount) })
  }

  var convolution: Convolution {
    var convolution = Convolution()
    convolution.groups = Int32(groups)
    (convolution.window.kernelHeight, convolution.window.kernelWidth) = (Int32(height.taps), Int32(width.taps))
    (convolution.window.padTop, convolution.window.padBottom) = (Int32(height.padBefore), Int32(height.padAfter))
    (convolution.window.padLeft, convolution.window.padRight) = (Int32(width.padBefore), Int32(width.padAfter))
    return convolution
  }

  var interleaving: DepthToSpace {
    var interleaving = DepthToSpace()
    (interleaving.blockHeight, interleaving.blockWidth) = (Int32(height.stride), Int32(width.stride))
    interleaving.mode = DepthToSpace.Mode.columnRowDepth
    return interleaving
  }

  var crop: Slice {
    var crop = Slice()
    for (axis, phases) in [(1, height), (2, width)] {
      crop.starts[axis] = Int32(phases.cropBefore)
      crop.ends[axis] = phases.cropAfter == 0 ? .max : Int32(-phases.cropAfter)
    }
    return crop
  }
}

extension Int {
  /// Rounded down, also below zero.
  fileprivate func flooredQuotient(by divisor: Int) -> Int { (self >= 0 ? self : self - divisor + 1) / divisor }
}
