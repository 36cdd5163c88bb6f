import PrefactorGraph
import PrefactorModelFormat

/// What an ONNX value is during import: a tensor that the graph computes, one whose elements are known, or both.
final class Operand {
  let shape: SymbolicShape
  /// Nil where only the graph computes them.
  let elements: KnownElements?
  /// Nil for known elements until the graph needs them.
  var value: Value?
  /// An input of the network, whose elements are known for this run alone: they count only where an operator has no
  /// other way.
  let isNetworkInput: Bool
  /// An operator took the elements as static.
  var isStatic = false
  /// How its float32 numbers may differ from those of the model, where those are of another type.
  var rounding = Rounding.float32
  /// Why it is not known, although it follows from nothing but constants and sizes.
  var unfolded: Unfolded?

  init(shape: SymbolicShape, elements: KnownElements? = nil, value: Value? = nil, isNetworkInput: Bool = false) {
    self.shape = shape
    self.elements = elements
    self.value = value
    self.isNetworkInput = isNetworkInput
  }

  convenience init(_ tensor: Tensor) {
    self.init(shape: SymbolicShape(tensor.dims.map { Size($0) }, type: tensor.type), elements: .numbers(tensor))
  }

  convenience init(_ tensor: SymbolicTensor) {
    self.init(
      shape: SymbolicShape(tensor.dims.map { Size($0) }, type: tensor.type),
      elements: tensor.constant.map { .numbers($0) } ?? .sizes(tensor))
  }

  var type: ElementType { shape.type }
  var rank: Int { shape.rank }
  var dims: [Size] { shape.dims }

  /// The elements where they are the same at all sizes.
  var constant: Tensor? { if case .numbers(let tensor)? = elements { tensor } else { nil } }
  /// Elements that do not change from run to run.
  var isConstant: Bool { constant != nil && !isNetworkInput }

  /// The elements, also where they follow from sizes.
  var symbolic: SymbolicTensor? {
    switch elements {
    case .numbers(let tensor): SymbolicTensor(tensor)
    case .sizes(let tensor): tensor
    case nil: nil
    }
  }
}

enum Unfolded {
  case tooLarge
  /// Those that it follows from.
  case sizes([Size])

  /// Of what an operator makes of such inputs; nil where one of them is computed from the network's inputs.
  init?(_ inputs: [Operand]) {
    var all: [Size] = []
    for input in inputs {
      switch (input.unfolded, input.elements) {
      case (.tooLarge?, _):
        self = .tooLarge
        return
      case (.sizes(let sizes)?, _): all += sizes
      case (nil, .sizes(let tensor)?): all += tensor.elements.compactMap(\.size)
      case (nil, .numbers?) where !input.isNetworkInput: break
      default: return nil
      }
    }
    self = .sizes(all)
  }
}

enum KnownElements {
  case numbers(Tensor)
  /// Some of them follow from the sizes of the network's inputs.
  case sizes(SymbolicTensor)
}

/// A small tensor whose elements follow from the sizes of the network's inputs.
struct SymbolicTensor {
  var dims: [Int]
  var type: ElementType
  var elements: [SymbolicNumber]

  init(_ dims: [Int], _ type: ElementType, _ elements: [SymbolicNumber]) {
    self.dims = dims
    self.type = type
    self.elements = elements
  }

  init(_ dims: [Int], _ sizes: [Size]) { self.init(dims, .int64, sizes.map { .integer($0) }) }

  init(_ tensor: Tensor) {
    switch tensor.numbers {
    case .floats(let values): self.init(tensor.dims, .float32, values.map { .float(FloatSize($0)) })
    case .integers(let values): self.init(tensor.dims, .int64, values.map { .integer(Size(Int($0))) })
    }
  }

  /// Nil where an element is open.
  var constant: Tensor? {
    if type == .int64 {
      let values = elements.compactMap(\.size?.constant)
      return values.count == elements.count ? Tensor(dims, values.map(Int64.init)) : nil
    }
    let values = elements.compactMap(\.float?.constant)
    return values.count == elements.count ? Tensor(dims, values) : nil
  }

  /// More elements are rather computed by the graph.
  static let mostElements = 256
}

extension SymbolicNumber {
  var size: Size? { if case .integer(let size) = self { size } else { nil } }
  var float: FloatSize? { if case .float(let number) = self { number } else { nil } }
  /// As a float32 number.
  var asFloat: FloatSize {
    switch self {
    case .integer(let size): FloatSize(size)
    case .float(let number): number
    }
  }
}
