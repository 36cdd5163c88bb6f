/// What a step of the graph computes, with its attributes. Images are channels-last: batch, height, width, channels.
///
/// Each case's attributes are a struct of 32-bit fields only, which is stored in the file as it lies in memory
/// (little-endian). `docs/model-format.md` lists every operation with its inputs; ``OperationCode`` has their numbers.
public enum Operation {
  /// x [N,H,W,C], weights [F,KH,KW,C/groups] (constant), bias [F] (constant, optional), residual (like the output,
  /// optional).
  case convolution(Convolution)
  /// x [..., K], weights [F,K] (constant), bias [F] (constant, optional).
  case fullyConnected(FullyConnected)
  /// a [..., M, K], b [..., K, N]; the leading dimensions broadcast.
  case matrixProduct
  /// x [N,H,W,C].
  case pool(Pool)
  /// x [..., C]: local response normalization across the last dimension.
  case responseNormalization(ResponseNormalization)
  case unary(Unary)
  /// Two inputs that broadcast against each other.
  case binary(Binary)
  case softmax(Softmax)
  /// x [..., C], scale [C], shift [C].
  case affine(Affine)
  /// One input or more.
  case concatenation(Concatenation)
  case slice(Slice)
  /// x, indices [K] (constant int64): the elements of x at these places of an axis.
  case gather(Gather)
  case padding(Padding)
  case transpose(Transpose)
  case reshape(Reshape)
  case expansion(Expansion)
  case tile(Tile)
  /// x [N,H,W,C].
  case resize(Resize)
  /// x [N,H,W,C].
  case depthToSpace(DepthToSpace)
  case reduction(Reduction)
  case argMax(ArgMax)
  case cast(Cast)
  /// No input: sizes that the network computes with, as an int64 tensor.
  case sizes(Sizes)
}

public enum OperationCode: Int32 {
  case convolution = 1
  case fullyConnected = 2
  case matrixProduct = 3
  case pool = 4
  case responseNormalization = 5
  case unary = 10
  case binary = 11
  case softmax = 12
  case affine = 13
  case concatenation = 20
  case slice = 21
  case padding = 22
  case transpose = 23
  case reshape = 24
  case expansion = 25
  case tile = 26
  case gather = 27
  case resize = 30
  case depthToSpace = 31
  case reduction = 32
  case argMax = 33
  case cast = 34
  case sizes = 35
}

/// The window of a convolution or pool. `automatic` pads are computed from the input's size, as ONNX's `auto_pad` says.
public struct Window: BitwiseCopyable {
  public enum Padding { public static let explicit: Int32 = 0, sameUpper: Int32 = 1, sameLower: Int32 = 2 }
  public var kernelHeight: Int32 = 1, kernelWidth: Int32 = 1
  public var strideHeight: Int32 = 1, strideWidth: Int32 = 1
  public var dilationHeight: Int32 = 1, dilationWidth: Int32 = 1
  public var padTop: Int32 = 0, padLeft: Int32 = 0, padBottom: Int32 = 0, padRight: Int32 = 0
  public var automaticPadding: Int32 = Padding.explicit
  public init() {}
}

/// Bounds applied to a result: ReLU is 0 ... ∞, ReLU6 is 0 ... 6.
public struct Clamp: BitwiseCopyable {
  public var low: Float = -.infinity, high: Float = .infinity
  public init(low: Float = -.infinity, high: Float = .infinity) {
    self.low = low
    self.high = high
  }
  public static let relu = Clamp(low: 0)
  public var isNone: Bool { low == -.infinity && high == .infinity }
}

public struct Convolution: BitwiseCopyable {
  public var window = Window()
  public var groups: Int32 = 1
  public var clamp = Clamp()
  public init() {}
}

public struct FullyConnected: BitwiseCopyable {
  public var clamp = Clamp()
  public init() {}
}

public struct Pool: BitwiseCopyable {
  public var window = Window()
  /// Of a ``PoolKind``.
  public var kindCode: Int32
  public var ceilMode: Int32 = 0
  public var countIncludePad: Int32 = 0
  public init(_ kind: PoolKind = .maximum) { kindCode = kind.rawValue }
  public var kind: PoolKind? { PoolKind(rawValue: kindCode) }
}

public struct ResponseNormalization: BitwiseCopyable {
  public var size: Int32 = 1
  public var alpha: Float = 1e-4, beta: Float = 0.75, bias: Float = 1
  public init() {}
}

public struct Unary: BitwiseCopyable {
  /// Of a ``UnaryFunction``.
  public var functionCode: Int32
  public var alpha: Float, beta: Float
  public init(_ function: UnaryFunction, alpha: Float = 0, beta: Float = 0) {
    functionCode = function.rawValue
    self.alpha = alpha
    self.beta = beta
  }
  public var function: UnaryFunction? { UnaryFunction(rawValue: functionCode) }
}

public struct Binary: BitwiseCopyable {
  /// Of a ``BinaryFunction``.
  public var functionCode: Int32
  public var clamp = Clamp()
  public init(_ function: BinaryFunction) { functionCode = function.rawValue }
  public var function: BinaryFunction? { BinaryFunction(rawValue: functionCode) }
  /// Whether it gives 0 or 1, and takes integers too.
  public var isComparison: Bool { function == .equal || function == .less || function == .lessOrEqual }
}

public struct Softmax: BitwiseCopyable {
  /// 0 ..< rank.
  public var axis: Int32 = 0
  public var logarithm: Int32 = 0
  public init() {}
}

/// x · scale + shift, such as batch normalization is.
public struct Affine: BitwiseCopyable {
  public var clamp = Clamp()
  public init() {}
}

public struct Concatenation: BitwiseCopyable {
  public var axis: Int32 = 0
  public init() {}
}

/// Indices below 0 count from the end of the axis; they are cut to it.
public struct Gather: BitwiseCopyable {
  public var axis: Int32 = 0
  public init() {}
}

/// Every axis has a start, an end and a step. Starts and ends below 0 count from the end of the axis, and both are cut
/// to it, as in ONNX; `Int32.max` is the end, and with a negative step `Int32.min` is past the first element.
public struct Slice: BitwiseCopyable {
  public var starts = PerAxis<Int32>(repeating: 0)
  public var ends = PerAxis<Int32>(repeating: .max)
  public var steps = PerAxis<Int32>(repeating: 1)
  public init() {}
}

/// Negative pads cut.
public struct Padding: BitwiseCopyable {
  public enum Mode { public static let constant: Int32 = 0, reflect: Int32 = 1, edge: Int32 = 2 }
  public var mode: Int32 = Mode.constant
  public var value: Float = 0
  public var before = PerAxis<Int32>(repeating: 0)
  public var after = PerAxis<Int32>(repeating: 0)
  public init() {}
}

/// Output axis i is input axis `permutation[i]`.
public struct Transpose: BitwiseCopyable {
  public var permutation = PerAxis<Int32>(repeating: 0)
  public init() {}
}

/// A dimension is a number, ``inferred`` (one at the most), or ``copy(_:)`` of an input's dimension.
public struct Reshape: BitwiseCopyable {
  public static let inferred: Int32 = -1
  public static func copy(_ axis: Int) -> Int32 { -2 - Int32(axis) }
  /// Which attribute word is `dims[0]`.
  public static let firstDimensionWord = 1
  public var rank: Int32 = 0
  public var dims = PerAxis<Int32>(repeating: 0)
  public init() {}
}

/// Broadcasts to `dims`, numbers or `Reshape.copy(axis)`; as in ONNX, an input's dimension may also be the larger one.
public struct Expansion: BitwiseCopyable {
  public var rank: Int32 = 0
  public var dims = PerAxis<Int32>(repeating: 0)
  public init() {}
}

public struct Tile: BitwiseCopyable {
  public var repeats = PerAxis<Int32>(repeating: 1)
  public init() {}
}

/// Height and width become `height` × `width`, or, where those are 0, ⌊size · scale⌋. The scales are used for
/// coordinates in both cases.
public struct Resize: BitwiseCopyable {
  public enum Mode { public static let nearest: Int32 = 0, linear: Int32 = 1 }
  public enum Coordinates {
    public static let halfPixel: Int32 = 0, asymmetric: Int32 = 1, alignCorners: Int32 = 2, pytorchHalfPixel: Int32 = 3
    public static let halfPixelSymmetric: Int32 = 4
  }
  public enum Nearest {
    public static let roundPreferFloor: Int32 = 0, roundPreferCeil: Int32 = 1, floor: Int32 = 2, ceil: Int32 = 3
  }
  public var mode: Int32 = Mode.nearest
  public var coordinates: Int32 = Coordinates.halfPixel
  public var nearest: Int32 = Nearest.roundPreferFloor
  public var height: Int32 = 0, width: Int32 = 0
  /// Output size over input size; 0 where it follows from `height` and `width`.
  public var heightScale: Float = 0, widthScale: Float = 0
  public init() {}
}

/// Blocks of channels become blocks of pixels; with `inverse` the other way round.
public struct DepthToSpace: BitwiseCopyable {
  public enum Mode { public static let depthColumnRow: Int32 = 0, columnRowDepth: Int32 = 1 }
  public var blockHeight: Int32 = 1, blockWidth: Int32 = 1
  public var mode: Int32 = Mode.depthColumnRow
  public var inverse: Int32 = 0
  public init() {}
}

public struct Reduction: BitwiseCopyable {
  /// Of a ``ReductionFunction``.
  public var functionCode: Int32
  /// Bit i is set where axis i is reduced.
  public var axes: Int32 = 0
  public var keepDims: Int32 = 1
  public init(_ function: ReductionFunction) { functionCode = function.rawValue }
  public var function: ReductionFunction? { ReductionFunction(rawValue: functionCode) }
}

/// Gives int64.
public struct ArgMax: BitwiseCopyable {
  public var axis: Int32 = 0
  public var keepDims: Int32 = 1
  public var selectLast: Int32 = 0
  public init() {}
}

public struct Cast: BitwiseCopyable {
  /// An ``ElementType``.
  public var type: Int32
  public init(_ type: ElementType) { self.type = type.rawValue }
}

/// A scalar, or a vector of the first `count` values, which bindings give where they are not constant.
public struct Sizes: BitwiseCopyable {
  /// 0 or 1.
  public var rank: Int32 = 0
  /// 1 for a scalar.
  public var count: Int32 = 1
  public var values = PerAxis<Int32>(repeating: 0)
  public init() {}
}
