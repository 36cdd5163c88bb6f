import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport

@testable import PrefactorPasses

/// Foundation has one too.
typealias Operation = PrefactorModelFormat.Operation

func window(_ size: Int32, stride: Int32 = 1, pad: Int32 = 0, dilation: Int32 = 1) -> Window {
  with(Window()) {
    ($0.kernelHeight, $0.kernelWidth, $0.strideHeight, $0.strideWidth) = (size, size, stride, stride)
    ($0.padTop, $0.padLeft, $0.padBottom, $0.padRight) = (pad, pad, pad, pad)
    ($0.dilationHeight, $0.dilationWidth) = (dilation, dilation)
  }
}

/// Makes networks as the importer does: values are channels-first, and operations on images stand between transposes.
struct TestNetwork {
  var graph = Graph()

  mutating func input(_ dims: [Int?], name: String = "x") -> Value { graph.addInput(name: name, dims: dims) }

  mutating func constant(_ dims: [Int], in range: ClosedRange<Float> = -1...1) -> Value {
    graph.addConstant(.random(dims, seed: graph.constants.count + 1, in: range))
  }

  mutating func add(_ operation: Operation, _ inputs: Value?...) -> Value {
    graph.addNode(operation, inputs, name: "node \(graph.nodes.count)")
  }

  mutating func output(_ value: Value, name: String) {
    graph.outputs.append(value)
    graph.names[value] = name
  }
}

// MARK: Operations

extension TestNetwork {
  mutating func transpose(_ x: Value, _ permutation: [Int]) -> Value {
    add(.transpose(Permutation(permutation).transpose), x)
  }

  mutating func reshape(_ x: Value, _ dims: [Int32]) -> Value { add(.reshape(Reshape(dims)), x) }

  mutating func flatten(_ x: Value) -> Value { reshape(x, [Reshape.copy(0), Reshape.inferred]) }

  mutating func unary(_ x: Value, _ function: UnaryFunction, alpha: Float = 0, beta: Float = 0) -> Value {
    add(.unary(Unary(function, alpha: alpha, beta: beta)), x)
  }

  mutating func relu(_ x: Value) -> Value { unary(x, .relu) }

  mutating func binary(_ function: BinaryFunction, _ left: Value, _ right: Value) -> Value {
    add(.binary(Binary(function)), left, right)
  }

  mutating func concatenation(_ values: [Value], axis: Int32) -> Value {
    graph.addNode(.concatenation(with(Concatenation()) { $0.axis = axis }), values, name: "node \(graph.nodes.count)")
  }

  mutating func slice(_ x: Value, axis: Int, from start: Int32, to end: Int32, step: Int32 = 1) -> Value {
    add(.slice(with(Slice()) { ($0.starts[axis], $0.ends[axis], $0.steps[axis]) = (start, end, step) }), x)
  }

  mutating func padding(_ x: Value, _ before: PerAxis<Int32>, _ after: PerAxis<Int32>, value: Float = 0) -> Value {
    add(.padding(with(Padding()) { ($0.before, $0.after, $0.value) = (before, after, value) }), x)
  }

  mutating func average(_ x: Value, axes: Int32, keepDims: Int32 = 1) -> Value {
    add(.reduction(with(Reduction(.mean)) { ($0.axes, $0.keepDims) = (axes, keepDims) }), x)
  }

  mutating func softmax(_ x: Value, axis: Int32) -> Value { add(.softmax(with(Softmax()) { $0.axis = axis }), x) }

  mutating func fullyConnected(_ x: Value, from inputs: Int, to outputs: Int) -> Value {
    add(.fullyConnected(FullyConnected()), x, constant([outputs, inputs]), constant([outputs]))
  }

  mutating func batchNormalization(_ x: Value, channels: Int) -> Value {
    let scaled = binary(.multiply, x, constant([channels, 1, 1], in: 0.5...2))
    return binary(.add, scaled, constant([channels, 1, 1]))
  }
}

// MARK: Operations on images

extension TestNetwork {
  mutating func channelsLast(_ operation: Operation, _ inputs: Value?...) -> Value {
    let image = transpose(inputs[0]!, [0, 2, 3, 1])
    let result = graph.addNode(
      operation, [image] + inputs.dropFirst(), name: "node \(graph.nodes.count)", layer: layer(of: operation))
    return transpose(result, [0, 3, 1, 2])
  }

  private mutating func layer(of operation: Operation) -> Int? {
    guard case .convolution = operation else { return nil }
    graph.layers.append(Layer(name: "layer \(graph.layers.count)", macsBefore: 1, bytesBefore: 1))
    return graph.layers.count - 1
  }

  mutating func convolution(
    _ x: Value, from inputs: Int, to outputs: Int, _ window: Window = window(1), groups: Int = 1, hasBias: Bool = true
  ) -> Value {
    let weights = constant([outputs, Int(window.kernelHeight), Int(window.kernelWidth), inputs / groups])
    let bias = hasBias ? constant([outputs]) : nil
    return channelsLast(
      .convolution(with(Convolution()) { ($0.window, $0.groups) = (window, Int32(groups)) }), x, weights, bias)
  }

  mutating func pool(
    _ x: Value, _ kind: PoolKind, _ window: Window, ceilMode: Int32 = 0, countIncludePad: Int32 = 0
  ) -> Value {
    let pool = with(Pool(kind)) {
      ($0.window, $0.ceilMode, $0.countIncludePad) = (window, ceilMode, countIncludePad)
    }
    return channelsLast(.pool(pool), x)
  }
}
