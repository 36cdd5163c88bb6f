import PrefactorGraph
import PrefactorONNX

/// Inputs as the user knows them: an ONNX model may take bytes where the graph takes float32 or int64 numbers.
extension Graph {
  public func name(of input: Input) -> String { names[input.value] ?? "" }

  /// The element type that an input had in its ONNX model, where the graph's is another.
  public func declaredType(of input: Input) -> InputType? {
    let key = InputType.metadataKey(name(of: input))
    return metadata.first { $0.key == key }.flatMap { InputType(rawValue: $0.value) }
  }

  /// Whether the ONNX model had Booleans where the graph has 0 and 1.
  public func isBoolean(output name: String) -> Bool {
    metadata.contains { $0.key == InputType.outputMetadataKey(name) && $0.value == InputType.bool.rawValue }
  }

  /// Its type and shape, as a user gives it; open dimensions have their names.
  public func text(of input: Input) -> String {
    "\(declaredType(of: input)?.rawValue ?? "\(input.type)") \(shapeText(of: input))"
  }

  /// A tensor from a file in the type that the graph takes, if its numbers are such as the ONNX model took.
  public func converted(_ given: FileTensor, for input: Input, _ file: String) throws -> Tensor {
    func refusal(_ number: some CustomStringConvertible, _ reason: String) -> FileError {
      FileError(
        file,
        """
        holds \(number), and input '\(name(of: input))' takes \
        \(declaredType(of: input)?.rawValue ?? "\(input.type)")\(reason)
        """
      )
    }
    let tensor = given.tensor
    switch (tensor.numbers, input.type) {
    case (.integers(let integers), let type):
      let range = (declaredType(of: input) ?? InputType(rawValue: "\(type)"))?.range
      if let range, let outside = integers.first(where: { !range.contains($0) }) {
        throw refusal(outside, ": from \(range.lowerBound) to \(range.upperBound)")
      }
      return type == .float32
        ? Tensor(tensor.dims, integers.map(Float.init)) : Tensor(tensor.dims, integers, as: type)
    case (.floats, .float32): return tensor
    case (.floats(let floats), _):
      if let fraction = given.fraction { throw refusal(fraction, "") }
      let integers = try floats.map {
        guard let integer = Int64(exactly: $0) else { throw refusal($0, "") }
        return integer
      }
      return try converted(FileTensor(Tensor(tensor.dims, integers)), for: input, file)
    }
  }
}
