import Foundation
import PrefactorEngine
import PrefactorGraph

@testable import PrefactorONNX

/// A small ONNX model in code: inputs, initializers, nodes, outputs.
struct ModelBuilder {
  var model = Onnx_ModelProto()

  init(opset: Int64 = 17) {
    model.irVersion = 8
    model.opsetImport = [.with { $0.version = opset }]
  }

  /// A dimension given as a string is open.
  mutating func input(_ name: String, _ dims: [Any], type: DataType = .float) {
    model.graph.input.append(
      .with {
        $0.name = name
        $0.type.tensorType.elemType = type.rawValue
        $0.type.tensorType.shape.dim = dims.map { size in
          .with { if let number = size as? Int { $0.dimValue = Int64(number) } else { $0.dimParam = "\(size)" } }
        }
      })
  }

  mutating func constant(_ name: String, _ dims: [Int], _ values: [Float]) {
    model.graph.initializer.append(.floats(name, dims, values))
  }

  mutating func integers(_ name: String, _ values: [Int64]) { integers(name, [values.count], values) }

  mutating func integers(_ name: String, _ dims: [Int], _ values: [Int64]) {
    model.graph.initializer.append(
      .with {
        ($0.name, $0.dims, $0.dataType, $0.int64Data) = (name, dims.map(Int64.init), DataType.int64.rawValue, values)
      })
  }

  mutating func node(
    _ type: String, _ inputs: [String], _ outputs: [String], _ attributes: Onnx_AttributeProto..., name: String = ""
  ) {
    model.graph.node.append(
      .with { ($0.opType, $0.input, $0.output, $0.attribute, $0.name) = (type, inputs, outputs, attributes, name) })
  }

  mutating func output(_ name: String) { model.graph.output.append(.with { $0.name = name }) }

  func graph(_ bindings: [String: Tensor] = [:]) throws -> Graph { try importModel(model, bindings: bindings) }

  /// The message of the import's error, or "" where there is none.
  func importError() -> String {
    do { _ = try graph() } catch { return "\(error)" }
    return ""
  }
}

extension Onnx_TensorProto {
  static func floats(_ name: String, _ dims: [Int], _ values: [Float]) -> Self {
    .with {
      ($0.name, $0.dims, $0.dataType, $0.floatData) = (name, dims.map(Int64.init), DataType.float.rawValue, values)
    }
  }
}

extension ModelBuilder {
  /// A model of one node, with input "x" and output "y".
  static func single(
    _ type: String, _ dims: [Any], _ attributes: Onnx_AttributeProto...,
    constants: [(dims: [Int], values: [Float])] = [],
    integers: [[Int64]] = [], opset: Int64 = 17
  ) -> ModelBuilder {
    var builder = ModelBuilder(opset: opset)
    builder.input("x", dims)
    let floatNames = constants.indices.map { "f\($0)" }
    let integerNames = integers.indices.map { "i\($0)" }
    for (name, constant) in zip(floatNames, constants) { builder.constant(name, constant.dims, constant.values) }
    for (name, values) in zip(integerNames, integers) { builder.integers(name, values) }
    builder.model.graph.node.append(
      .with {
        ($0.opType, $0.input, $0.output, $0.attribute) = (type, ["x"] + floatNames + integerNames, ["y"], attributes)
      })
    builder.output("y")
    return builder
  }

  /// The dimensions of the output at a size of the open ones.
  func outputDims(_ binding: Binding = Binding()) throws -> [Int] {
    let graph = try graph()
    return try graph.shapes(binding)[graph.outputs[0]]!.dims
  }

  /// The first output for these inputs.
  func run(_ inputs: [Tensor]) throws -> Tensor { try Engine(graph: graph()).run(inputs)[0] }
}

/// A tensor of numbers that are written without a point.
func tensor(_ dims: [Int], _ values: [Float]) -> Tensor { Tensor(dims, values) }

/// Numbers that are neither equal nor regular.
func ramp(_ dims: [Int], _ phase: Int = 0) -> Tensor {
  let count = dims.reduce(1, *)
  return tensor(dims, (0..<count).map { Float(($0 * 7 + phase * 3) % 13 - 6) / 4 })
}
