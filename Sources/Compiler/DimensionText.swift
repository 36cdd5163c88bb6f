import PrefactorGraph
import PrefactorModelFormat

/// A dimension as it is shown: a number, or how it follows from open ones.
public enum DimensionText: Encodable, CustomStringConvertible {
  case number(Int)
  case text(String)

  public var description: String {
    switch self {
    case .number(let number): "\(number)"
    case .text(let text): text
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let number): try container.encode(number)
    case .text(let text): try container.encode(text)
    }
  }
}

extension Graph {
  public func dimensions(of input: Input) -> [DimensionText] {
    input.dimensions.map { dimension in
      switch dimension {
      case .fixed(let number): .number(number)
      case .symbol(let index): .text(symbols[index].name)
      }
    }
  }

  /// `dims` are those at some size, which are right where none is open; of others only what the file says is known.
  func dimensions(ofOutput output: Value, _ dims: [Int]) -> [DimensionText] {
    if symbols.isEmpty { return dims.map { .number($0) } }
    guard let dimensions = outputDimensions[output] else { return dims.map { _ in .text("?") } }
    let texts = expressionTexts
    return dimensions.map { dimension in
      switch dimension {
      case .fixed(let number): .number(number)
      case .expression(let index): .text(texts[index])
      }
    }
  }

  /// Long ones say nothing to a reader.
  private var expressionTexts: [String] {
    var texts: [String] = []
    for expression in expressions {
      let text = text(expression, texts)
      texts.append(text.count > 40 ? "?" : text)
    }
    return texts
  }

  private func text(_ expression: SizeExpression, _ texts: [String]) -> String {
    func operands(_ count: Int) -> [String]? {
      let operands = (0..<count).map { texts[Int(expression.operand($0))] }
      return operands.contains("?") ? nil : operands
    }
    func binary(_ sign: String) -> String { operands(2).map { "(\($0[0]) \(sign) \($0[1]))" } ?? "?" }
    switch expression.operation {
    case .integer: return "\(expression.constant)"
    case .symbol: return symbols[Int(expression.a)].name
    case .add: return binary("+")
    case .subtract: return binary("-")
    case .multiply: return binary("*")
    case .floorDivide: return binary("/")
    case .modulo: return binary("%")
    case .minimum: return operands(2).map { "min(\($0[0]), \($0[1]))" } ?? "?"
    case .maximum: return operands(2).map { "max(\($0[0]), \($0[1]))" } ?? "?"
    default: return "?"
    }
  }
}
