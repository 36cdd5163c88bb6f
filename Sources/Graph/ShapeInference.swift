import CPrefactor
import PrefactorModelFormat
import PrefactorRuntime

/// What the network's open dimensions are taken to be: batch (dimension 0), height and width (the two innermost of rank 4 in the
/// channels-first order of the inputs).
public struct Binding: Hashable, Sendable {
  public var batch: Int, height: Int, width: Int
  public init(batch: Int = 1, height: Int = 224, width: Int = 224) {
    self.batch = batch
    self.height = height
    self.width = width
  }
}

/// A step that cannot be applied to its inputs, with the reason.
public struct ShapeError: Error, CustomStringConvertible {
  public var node: String
  public var reason: String
  public var description: String { "layer '\(node)': \(reason)" }
}

extension Failure {
  /// The reason as a sentence.
  public var message: String {
    let parts = "\(reason)".split(separator: "#", omittingEmptySubsequences: false)
    let numbers = ["\(numbers.0)", "\(numbers.1)", "\(numbers.2)"]
    return parts.enumerated().map { index, part in index < numbers.count && index < parts.count - 1 ? part + numbers[index] : String(part) }.joined()
  }
}

extension Operation {
  /// The output's shape, by the runtime's own rules.
  public func outputShape(_ inputs: [Shape?]) throws(Failure) -> Shape {
    let result: Result<Shape, Failure> = inputs.withUnsafeBufferPointer { buffer in
      do throws(Failure) { return .success(try outputShape(InputShapes(buffer))) } catch { return .failure(error) }
    }
    return try result.get()
  }

  /// Multiply-adds, by the runtime's own rules.
  public func multiplyAdds(_ inputs: [Shape?], output: Shape) -> Int {
    inputs.withUnsafeBufferPointer { Int(multiplyAdds(InputShapes($0), output: output)) }
  }

  public func layout(ofInput index: Int, _ inputs: [Shape?]) -> ConstantLayout {
    inputs.withUnsafeBufferPointer { layout(ofInput: index, InputShapes($0)) }
  }
}

extension Graph {
  public func shape(of input: Input, _ binding: Binding) -> Shape {
    let dims = input.dims.enumerated().map { axis, dimension in
      dimension ?? (axis == 0 ? binding.batch : axis == input.dims.count - 1 ? binding.width : binding.height)
    }
    return Shape(dims, type: input.type)
  }

  /// The shape of every value.
  public func shapes(_ binding: Binding) throws(ShapeError) -> [Value: Shape] {
    var shapes: [Value: Shape] = [:]
    for input in inputs { shapes[input.value] = shape(of: input, binding) }
    for (value, tensor) in constants { shapes[value] = Shape(tensor.dims, type: tensor.type) }
    for node in nodes {
      do throws(Failure) {
        shapes[node.output] = try node.operation.outputShape(node.inputs.map { $0.flatMap { shapes[$0] } })
      } catch {
        throw ShapeError(node: node.name, reason: error.message)
      }
    }
    return shapes
  }
}
