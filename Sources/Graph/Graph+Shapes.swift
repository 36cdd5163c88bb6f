import CPrefactor
import PrefactorModelFormat
import PrefactorRuntime

/// A step that cannot be applied to its inputs, with the reason.
public struct ShapeError: Error, CustomStringConvertible {
  public var node: String
  public var reason: String
  public var description: String { "layer '\(node)': \(reason)" }
}

extension Failure {
  /// The reason as a sentence.
  public var message: String {
    var text = ""
    var numbers = 0
    var names = 0
    for character in "\(reason)" {
      if character == "#", numbers < 3 {
        text += "\(number(numbers))"
        numbers += 1
      } else if character == "@", names < 3 {
        text += String(cString: name(names))
        names += 1
      } else {
        text.append(character)
      }
    }
    return text
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

  /// Multiply-adds, or what takes about as long, by the runtime's own rules.
  public func work(_ inputs: [Shape?], output: Shape) -> Int {
    inputs.withUnsafeBufferPointer { Int(clamping: work(InputShapes($0), output: output)) }
  }

  public func layout(ofInput index: Int, _ inputs: [Shape?]) -> ConstantLayout {
    inputs.withUnsafeBufferPointer { layout(ofInput: index, InputShapes($0)) }
  }
}

extension Graph {
  public func shape(of input: Input, _ binding: Binding) -> Shape {
    let dims = input.dimensions.map { dimension in
      switch dimension {
      case .fixed(let number): number
      case .symbol(let index): size(ofSymbol: index, binding)
      }
    }
    return Shape(dims, type: input.type)
  }

  /// The network with these sizes in the place of its open dimensions.
  public func bound(_ binding: Binding) throws(ShapeError) -> Graph {
    var graph = self
    let sizes = sizes(binding)
    for index in inputs.indices {
      graph.inputs[index].dimensions = shape(of: inputs[index], binding).dims.map { .fixed($0) }
    }
    for index in nodes.indices {
      do throws(Failure) { graph.nodes[index].operation = try nodes[index].operation(sizes) } catch {
        throw ShapeError(node: nodes[index].name, reason: error.message)
      }
      graph.nodes[index].bindings = []
    }
    (graph.symbols, graph.expressions, graph.outputDimensions) = ([], [], [:])
    return graph
  }

  /// The shape of every value.
  public func shapes(_ binding: Binding) throws(ShapeError) -> [Value: Shape] {
    var shapes: [Value: Shape] = [:]
    for input in inputs { shapes[input.value] = shape(of: input, binding) }
    for (value, tensor) in constants { shapes[value] = Shape(tensor.dims, type: tensor.type) }
    let sizes = sizes(binding)
    for node in nodes {
      do throws(Failure) {
        shapes[node.output] = try node.operation(sizes).outputShape(node.inputs.map { $0.flatMap { shapes[$0] } })
      } catch {
        throw ShapeError(node: node.name, reason: error.message)
      }
    }
    return shapes
  }
}
