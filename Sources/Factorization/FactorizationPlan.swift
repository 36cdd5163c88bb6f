import Foundation

/// Methods and hyper-parameters by layer. Layers that it does not name stay as they are.
public struct FactorizationPlan: Equatable {
  /// A method's name, which may be "none", with its hyper-parameters and metric. Whether they suit the layer is found
  /// out when the plan is applied to a graph.
  public struct Choice: Equatable {
    public var method: String
    public var parameters: [String: Value]

    public init(method: String, parameters: [String: Value] = [:]) {
      self.method = method
      self.parameters = parameters
    }

    /// A method with its hyper-parameters, for a layer that it can factor.
    public init(_ method: any Method, of layer: DenseLayer) {
      let names = method.hyperparameters(of: layer.part(0)).map(\.name)
      self.init(
        method: method.name,
        parameters: Dictionary(uniqueKeysWithValues: zip(names, method.values.map(Value.integer))))
    }

    public static let none = Choice(method: "none")
  }

  public enum Value: Equatable {
    case integer(Int)
    case text(String)
  }

  public var choices: [String: Choice]

  public init(_ choices: [String: Choice] = [:]) { self.choices = choices }
}

/// What is wrong with a plan, and what would be accepted.
public struct PlanError: Error, Equatable, CustomStringConvertible {
  public var layer: String?
  public var reason: String

  public var description: String { layer.map { "layer '\($0)': \(reason)" } ?? reason }
}

// MARK: JSON

extension FactorizationPlan {
  /// {"conv1": {"method": "channel", "rank": 64}, …}
  public init(json: Data) throws(PlanError) {
    do {
      choices = try JSONDecoder().decode([String: Choice].self, from: json)
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
      let example = #"{"conv1": {"method": "channel", "rank": 64}}"#
      throw PlanError(layer: context.codingPath.first?.stringValue, reason: "must be an object, as in \(example)")
    } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
      let path = context.codingPath.map(\.stringValue)
      throw PlanError(
        layer: path[0], reason: (path.dropFirst().map { "'\($0)' " } + [context.debugDescription]).joined())
    } catch {
      throw PlanError(reason: "is not valid JSON")
    }
  }

  public var json: String { sortedJSON(choices) }
}

extension FactorizationPlan.Choice: Codable {
  private static let methodKey = "method"

  public init(from decoder: any Decoder) throws {
    var values = try [String: FactorizationPlan.Value](from: decoder)
    guard case .text(let method)? = values.removeValue(forKey: Self.methodKey) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "\"method\" must be one of \(acceptedMethods)"))
    }
    self.init(method: method, parameters: values)
  }

  public func encode(to encoder: any Encoder) throws {
    try parameters.merging([Self.methodKey: .text(method)]) { $1 }.encode(to: encoder)
  }

  var parametersJSON: String { sortedJSON(parameters) }
}

extension FactorizationPlan.Value: Codable, CustomStringConvertible {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let integer = try? container.decode(Int.self) {
      self = .integer(integer)
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "is neither a whole number nor text")
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .integer(let integer): try container.encode(integer)
    case .text(let text): try container.encode(text)
    }
  }

  public var description: String {
    switch self {
    case .integer(let integer): "\(integer)"
    case .text(let text): "\"\(text)\""
    }
  }
}

private func sortedJSON(_ value: some Encodable) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  // Objects of strings and integers are always encodable.
  return String(decoding: try! encoder.encode(value), as: UTF8.self)
}

let acceptedMethods = (["none"] + methods.map(\.name)).joined(separator: ", ")
