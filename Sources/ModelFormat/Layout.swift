/// The layout of a `.pfmodel`, versions 1 to 3: a header, a table of sections, and the sections.
/// `docs/model-format.md` is its specification.
public enum Layout {
  /// In the manner of PNG: a byte that is not ASCII, the name, and line ends that a text-mode transfer would change.
  public static let magic: [8 of UInt8] = [0x89, 0x50, 0x46, 0x4D, 0x0D, 0x0A, 0x1A, 0x0A]
  public static let version: UInt32 = 3
  /// Of files without quantizations, which releases before those read too.
  public static let unquantizedVersion: UInt32 = 2
  /// The first, whose open dimensions have no names and no expressions.
  public static let oldestVersion: UInt32 = 1
  /// Sections and constants start at multiples of this, and so must the file in memory.
  public static let alignment = 64

  public static let maximumValues = 16384
  /// Inputs of a network, and outputs.
  public static let maximumInterface = 256
  public static let maximumSymbols = 256
  public static let maximumExpressions = 65536
  /// Of an open dimension.
  public static let maximumSize: Int64 = 1 &<< 24

  /// Of an image, and of what preprocessing makes of it, in pixels.
  public static let longestSide = 65536

  public enum Header {
    public static let size = 64
    public static let version = 8, sectionCount = 12, fileLength = 16, tableChecksum = 24, checksum = 28
  }

  public enum SectionEntry {
    public static let size = 32
    public static let kind = 0, checksum = 4, offset = 8, length = 16, count = 24
  }

  public enum Value {
    public static let size = 64
    public static let name = 0, type = 4, kind = 8, rank = 12, dims = 16, offset = 48, groups = 56, algorithm = 60
  }

  public enum Node {
    public static let size = 32
    public static let code = 0, name = 4, firstInput = 8, inputCount = 12, output = 16, firstAttribute = 20,
      attributeCount = 24, layer = 28
  }

  public enum Layer {
    public static let size = 64
    public static let name = 0, method = 4, parameters = 8
    public static let macsBefore = 16, bytesBefore = 24, macsAfter = 32, bytesAfter = 40, relativeError = 48
  }

  public enum Preprocessing {
    public static let size = 48
    public static let width = 0, height = 4, resize = 8, crop = 12, channels = 16, mean = 20, deviation = 32,
      layout = 44
  }

  public enum Symbol {
    public static let size = 12
    public static let name = 0, role = 4, reference = 8
  }

  public enum Expression {
    public static let size = 16
    public static let operation = 0, a = 4, b = 8, c = 12
  }

  public enum Binding {
    public static let size = 12
    public static let node = 0, word = 4, expression = 8
  }

  public enum Quantization {
    public static let size = 16
    public static let value = 0, axis = 4, first = 8, count = 12
  }

  /// An operand that is left out.
  public static let absent = UInt32.max
  /// A dimension that is known when a session is created: in the file of version 1, and in ``ModelFile/Value`` always.
  /// From version 2 on the file has -1 - the number of its expression.
  public static let open: Int32 = -1
  /// From version 2 on, a dimension of an output of which the file says nothing.
  public static let unstated = Int32.min
}

/// Something for each section of a file.
public typealias PerSection<Element> = InlineArray<18, Element>

/// Each appears exactly once, in this order.
public enum SectionKind: UInt32 {
  case strings = 1
  case values, nodes, operands, attributes, inputs, outputs, layers, labels, metadata, preprocessing, weights
  case symbols, expressions, bindings
  case quantizations, scales, zeroPoints

  /// How many a file of a version has.
  public static func count(version: UInt32) -> Int {
    version == Layout.oldestVersion ? 12 : version == Layout.unquantizedVersion ? 15 : PerSection<Bytes>.count
  }

  /// Bytes of a record.
  public var stride: Int {
    switch self {
    case .strings, .weights: 1
    case .values: Layout.Value.size
    case .nodes: Layout.Node.size
    case .operands, .attributes, .inputs, .outputs, .labels, .scales, .zeroPoints: 4
    case .layers: Layout.Layer.size
    case .metadata: 8
    case .preprocessing: Layout.Preprocessing.size
    case .symbols: Layout.Symbol.size
    case .expressions: Layout.Expression.size
    case .bindings: Layout.Binding.size
    case .quantizations: Layout.Quantization.size
    }
  }
}

/// What a value is. Constants say how they lie in the file: `constant` + `ConstantLayout`.
public enum ValueKind: UInt32 {
  case computed = 0
  case input = 1
  case constantPlain = 2
  case constantPanels = 3
  case constantTapsFirst = 4
  case constantTransformed = 5
  case constantHalfPanels = 6

  func layout(groups: Int, algorithm: Int32) -> ConstantLayout? {
    switch self {
    case .computed, .input: nil
    case .constantPlain: .plain
    case .constantPanels: .panels(groups: groups)
    case .constantHalfPanels: .halfPanels(groups: groups)
    case .constantTapsFirst: .tapsFirst
    case .constantTransformed: .transformed(ConvolutionAlgorithm(rawValue: algorithm), groups: groups)
    }
  }

  public init(_ layout: ConstantLayout) {
    switch layout {
    case .plain: self = .constantPlain
    case .panels: self = .constantPanels
    case .halfPanels: self = .constantHalfPanels
    case .tapsFirst: self = .constantTapsFirst
    case .transformed: self = .constantTransformed
    }
  }
}
