import PrefactorGraph
import PrefactorModelFormat

/// ONNX has the channels before the pixels, the graph after them.
extension NodeImport {
  /// Applies operations on channels-last images of two dimensions to `x`, [N, C, H, W] or [N, C, L]. A pass removes
  /// transposes that meet their inverse.
  func channelsLast(_ x: Operand, _ body: (Operand) throws -> Operand) throws -> Operand {
    switch x.rank {
    case 4: return try transpose(body(transpose(x, [0, 2, 3, 1])), [0, 3, 1, 2])
    case 3:
      let row = try transpose(x, [0, 2, 1])
      let result = try body(reshape(row, to: [row.dims[0], Size(1), row.dims[1], row.dims[2]]))
      return try transpose(reshape(result, to: [result.dims[0], result.dims[2], result.dims[3]]), [0, 2, 1])
    default: throw ONNXError("images of \(x.rank - 2) dimensions are not supported, of 1 and 2 are")
    }
  }

  /// A convolution or fully-connected layer, which the compiler may factor.
  func emitLayer(_ operation: Operation, _ x: Operand, weights: Tensor, bias: Tensor?) throws -> Operand {
    try importer.appendLayer(operation, [x, constant(weights), bias.map(constant)], of: self)
  }
}

/// The attributes of a window that slides over an image, one number for each of its dimensions.
struct WindowAttributes {
  var kernel: [Int]
  var strides: [Int], dilations: [Int]
  var before: [Int], after: [Int]
  /// A `Window.Padding`.
  var automaticPadding: Int32

  /// The kernel's size is that of the weights, where there are any.
  init(_ node: NodeImport, weights: [Int]? = nil) throws {
    let named = try node.ints("kernel_shape")
    guard let kernel = weights ?? named, named ?? kernel == kernel else {
      throw ONNXError("kernel_shape is missing, or is not that of the weights")
    }
    guard kernel.count == 1 || kernel.count == 2 else {
      throw ONNXError("\(kernel.count)-D windows are not supported, 1-D and 2-D are")
    }
    func list(_ name: String, default value: Int, count: Int = kernel.count, least: Int) throws -> [Int] {
      let list = try node.ints(name) ?? Array(repeating: value, count: count)
      guard list.count == count, list.allSatisfy({ $0 >= least && $0 < 1 << 24 }) else {
        throw ONNXError("\(name) \(list) for a window of \(kernel)")
      }
      return list
    }
    guard kernel.allSatisfy({ $0 >= 1 && $0 < 1 << 24 }) else { throw ONNXError("a window of \(kernel)") }
    self.kernel = kernel
    strides = try list("strides", default: 1, least: 1)
    dilations = try list("dilations", default: 1, least: 1)
    let explicit = Window.Padding.explicit
    let modes = [
      "NOTSET": explicit, "VALID": explicit, "SAME_UPPER": Window.Padding.sameUpper,
      "SAME_LOWER": Window.Padding.sameLower,
    ]
    automaticPadding = try node.choice("auto_pad", default: "NOTSET", modes)
    let pads = try list("pads", default: 0, count: 2 * kernel.count, least: 0)
    let usesPads = try node.string("auto_pad", default: "NOTSET") == "NOTSET"
    before = kernel.indices.map { usesPads ? pads[$0] : 0 }
    after = kernel.indices.map { usesPads ? pads[$0 + kernel.count] : 0 }
  }

  /// The graph's window; of one dimension, it is a row.
  var window: Window {
    func vertical(_ list: [Int], _ none: Int32) -> Int32 { list.count == 2 ? Int32(list[0]) : none }
    func horizontal(_ list: [Int]) -> Int32 { Int32(list[list.count - 1]) }
    var window = Window()
    (window.kernelHeight, window.kernelWidth) = (vertical(kernel, 1), horizontal(kernel))
    (window.strideHeight, window.strideWidth) = (vertical(strides, 1), horizontal(strides))
    (window.dilationHeight, window.dilationWidth) = (vertical(dilations, 1), horizontal(dilations))
    (window.padTop, window.padLeft) = (vertical(before, 0), horizontal(before))
    (window.padBottom, window.padRight) = (vertical(after, 0), horizontal(after))
    window.automaticPadding = automaticPadding
    return window
  }
}
