import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport

/// Networks small enough to be kept in the repository, which between them have everything that a file can have.
enum TestGraph {
  static var all: [(name: String, graph: Graph)] { ofTensors + [("quantized", quantized)] }

  /// Those that an engine runs: their inputs and outputs have types that the compiler has tensors of.
  static var ofTensors: [(name: String, graph: Graph)] {
    [
      ("operations", operations), ("functions", functions), ("classifier", classifier), ("interface", interface),
      ("scales", scales),
      ("halves", halves), ("gathers", gathers), ("colors", colors), ("sizes", sizes), ("comparisons", comparisons),
    ]
  }

  /// Values whose integers stand for real numbers, for each type and for each place that a value may have.
  static var quantized: Graph {
    var graph = Graph()
    func add(_ operation: Operation, _ input: Value, _ name: String, _ quantization: Quantization) -> Value {
      let output = graph.addNode(operation, [input], name: name)
      graph.quantizations[output] = quantization
      return output
    }
    let pixels = graph.addInput(name: "pixels", type: .uint8, dims: [nil, 3, 4, 5])
    let pixelScale = Quantization(scale: 0.0078125, zeroPoint: 128)
    let weights = graph.addInput(name: "weights", type: .int8, dims: [4, 6])
    let weightScales = Quantization(scales: [0.5, 0.25, 0.125, 3], zeroPoints: [0, -1, 127, -128], axis: 0)
    let biases = graph.addInput(name: "biases", type: .int32, dims: [4])
    let biasScales = Quantization(scales: [1, 2, 3, 4], zeroPoints: [0, 0, 0, 0], axis: 0)
    graph.quantizations = [pixels: pixelScale, weights: weightScales, biases: biasScales]

    // Computed, and no output.
    let image = add(
      .transpose(with(Transpose()) { $0.permutation = perAxis(0, 2, 3, 1) }), pixels, "channels last",
      Quantization(scales: [0.5, 1, 2], zeroPoints: [0, 128, 255], axis: 3))
    graph.outputs = [
      add(.slice(with(Slice()) { $0.ends = perAxis(.max, 2, fill: .max) }), image, "rows", pixelScale),
      add(
        .transpose(with(Transpose()) { $0.permutation = perAxis(1, 0) }), weights, "columns",
        with(weightScales) { $0.axis = 1 }),
      add(
        .slice(with(Slice()) { ($0.starts, $0.ends) = (perAxis(1), perAxis(3, fill: .max)) }), biases, "middle",
        Quantization(scales: [2, 3], zeroPoints: [0, 0], axis: 0)),
    ]
    for (value, name) in zip(graph.outputs, ["rows", "columns", "middle"]) { graph.names[value] = name }
    return graph
  }

  /// What came after `operations` was kept.
  static var scales: Graph {
    var graph = Graph()
    let x = graph.addInput(name: "x", dims: [nil, 3, 5])
    let y = graph.addNode(
      .affine(with(Affine()) { $0.clamp = Clamp(low: -0.5, high: 0.75) }),
      [x, graph.addConstant(.random([5], seed: 1)), graph.addConstant(.random([5], seed: 2))], name: "affine")
    graph.names[y] = "y"
    graph.outputs = [y]
    return graph
  }

  /// Orders of channels, and depthwise convolutions of which several filters read a channel.
  static var gathers: Graph {
    var graph = Graph()
    let x = graph.addInput(name: "x", dims: [nil, 9, 7, 6])
    func order(_ indices: [Int64]) -> Value { graph.addConstant(Tensor([indices.count], indices)) }
    let gather = Operation.gather(with(Gather()) { $0.axis = 3 })
    let turned = graph.addNode(gather, [x, order([5, 0, -2, 3, 1, 2])], name: "turned")
    let window = with(Window()) {
      ($0.kernelHeight, $0.kernelWidth, $0.strideHeight, $0.strideWidth, $0.padTop) = (7, 5, 2, 1, 3)
    }
    let multiplied = graph.addNode(
      .convolution(with(Convolution()) { ($0.window, $0.groups) = (window, 6) }),
      [turned, graph.addConstant(.random([42, 7, 5, 1], seed: 1)), graph.addConstant(.random([42], seed: 2))],
      name: "multiplied")
    let y = graph.addNode(gather, [multiplied, order((0..<42).map { ($0 * 5 + 3) % 42 })], name: "y")
    graph.names[y] = "y"
    graph.outputs = [y]
    return graph
  }

  /// A monochromatic layer: mixed channels, each of them read by several filters.
  static var colors: Graph {
    var graph = Graph()
    let x = graph.addInput(name: "x", dims: [nil, 19, 23, 3])
    let mixed = graph.addNode(
      .convolution(Convolution()), [x, graph.addConstant(.random([5, 1, 1, 3], seed: 1))], name: "mixed")
    let places = graph.addConstant(Tensor([40], (0..<40).map { Int64($0 * 3 % 5) }))
    let read = graph.addNode(.gather(with(Gather()) { $0.axis = 3 }), [mixed, places], name: "read")
    let window = with(Window()) {
      ($0.kernelHeight, $0.kernelWidth, $0.strideHeight, $0.strideWidth, $0.padTop, $0.padLeft) = (7, 7, 2, 2, 3, 2)
    }
    let y = graph.addNode(
      .convolution(with(Convolution()) { ($0.window, $0.groups, $0.clamp) = (window, 40, .relu) }),
      [read, graph.addConstant(.random([40, 7, 7, 1], seed: 2)), graph.addConstant(.random([40], seed: 3))], name: "y")
    graph.names[y] = "y"
    graph.outputs = [y]
    return graph
  }

  /// Weights of half precision, of all kinds that can be.
  static var halves: Graph {
    var graph = Graph()
    let window = with(Window()) {
      ($0.kernelHeight, $0.kernelWidth, $0.padTop, $0.padLeft, $0.padBottom, $0.padRight) = (3, 3, 1, 1, 1, 1)
    }
    func weights(_ dims: [Int], _ seed: UInt64) -> Value { graph.addConstant(.random(dims, seed: seed)) }
    let x = graph.addInput(name: "x", dims: [nil, 9, 7, 16])
    let first = graph.addNode(
      .convolution(with(Convolution()) { $0.window = window }), [x, weights([38, 3, 3, 16], 1), weights([38], 2)],
      name: "first")
    let second = graph.addNode(
      .convolution(with(Convolution()) { ($0.window, $0.groups) = (window, 2) }), [first, weights([12, 3, 3, 19], 3)],
      name: "second")
    let flat = graph.addNode(
      .reshape(with(Reshape()) { ($0.rank, $0.dims) = (2, perAxis(Reshape.copy(0), -1)) }), [second], name: "flat")
    let scores = graph.addNode(
      .fullyConnected(FullyConnected()), [flat, weights([7, 756], 4), weights([7], 5)], name: "scores")
    graph.names[scores] = "scores"
    graph.outputs = [scores]
    try! graph.roundWeights()
    return graph
  }

  /// Every operation, on images.
  static var operations: Graph {
    var graph = Graph()
    var seed: UInt64 = 0
    func weights(_ dims: Int...) -> Value {
      seed += 1
      return graph.addConstant(.random(dims, seed: seed))
    }
    func add(_ operation: Operation, _ inputs: Value?...) -> Value {
      graph.addNode(operation, inputs, name: "node \(graph.nodes.count)")
    }
    let window3 = with(Window()) {
      ($0.kernelHeight, $0.kernelWidth, $0.padTop, $0.padLeft, $0.padBottom, $0.padRight) = (3, 3, 1, 1, 1, 1)
    }
    let convolution3 = with(Convolution()) { $0.window = window3 }

    let image = graph.addInput(name: "image", dims: [nil, 3, 8, 8])
    let pixels = add(.transpose(with(Transpose()) { $0.permutation = perAxis(0, 2, 3, 1) }), image)
    let dense = add(.convolution(with(convolution3) { $0.clamp = .relu }), pixels, weights(8, 3, 3, 3), weights(8))
    // Six output channels a group, which fill no panel.
    let grouped = add(.convolution(with(convolution3) { $0.groups = 2 }), dense, weights(12, 3, 3, 4))
    let depthwise = add(.convolution(with(convolution3) { $0.groups = 12 }), grouped, weights(12, 3, 3, 1), weights(12))
    let residual = add(.convolution(Convolution()), depthwise, weights(12, 1, 1, 12), nil, depthwise)
    let maximum = add(
      .pool(
        with(Pool()) {
          ($0.window.kernelHeight, $0.window.kernelWidth, $0.window.strideHeight, $0.window.strideWidth) = (2, 2, 2, 2)
        }), residual)
    let average = add(
      .pool(with(Pool(.average)) { ($0.window, $0.countIncludePad) = (window3, 1) }), maximum)
    let normalized = add(.responseNormalization(with(ResponseNormalization()) { $0.size = 3 }), average)
    let squashed = add(.unary(Unary(.sigmoid)), average)
    let sum = add(.binary(with(Binary(.add)) { $0.clamp = Clamp(low: -2, high: 2) }), maximum, squashed)
    let joined = add(.concatenation(with(Concatenation()) { $0.axis = 3 }), sum, normalized)
    let cut = add(.slice(with(Slice()) { $0.ends = perAxis(.max, .max, .max, -8, fill: .max) }), joined)
    let mirrored = add(
      .padding(
        with(Padding()) {
          ($0.mode, $0.before, $0.after) = (Padding.Mode.reflect, perAxis(0, 1, 1), perAxis(0, 1, 1))
        }),
      cut)
    let resized = add(.resize(with(Resize()) { ($0.mode, $0.height, $0.width) = (Resize.Mode.linear, 4, 5) }), mirrored)
    let spread = add(.depthToSpace(with(DepthToSpace()) { ($0.blockHeight, $0.blockWidth) = (2, 2) }), resized)
    let mean = add(.reduction(with(Reduction(.mean)) { ($0.axes, $0.keepDims) = (0b110, 0) }), spread)
    let column = add(.reshape(with(Reshape()) { ($0.rank, $0.dims) = (3, perAxis(Reshape.copy(0), -1, 1)) }), mean)
    let expanded = add(.expansion(with(Expansion()) { ($0.rank, $0.dims) = (3, perAxis(1, 4, 3)) }), column)
    let tiled = add(.tile(with(Tile()) { $0.repeats = perAxis(1, 1, 2, fill: 1) }), expanded)
    let product = add(.matrixProduct, tiled, weights(6, 5))
    let scores = add(.fullyConnected(FullyConnected()), product, weights(7, 5), weights(7))
    let probabilities = add(.softmax(with(Softmax()) { $0.axis = 2 }), scores)
    let best = add(.argMax(with(ArgMax()) { ($0.axis, $0.keepDims) = (2, 0) }), probabilities)
    let number = add(.cast(Cast(.float32)), best)

    graph.outputs = [spread, probabilities, best, number]
    for (value, name) in zip(graph.outputs, ["pixels", "probabilities", "best", "number"]) { graph.names[value] = name }
    return graph
  }

  /// Every function of one and two arguments, and every reduction.
  static var functions: Graph {
    var graph = Graph()
    let x = graph.addInput(name: "x", dims: [nil, 5])
    let y = graph.addInput(name: "y", dims: [nil, 5])
    func addOutput(_ name: String, _ operation: Operation, _ inputs: [Value?]) {
      let output = graph.addNode(operation, inputs, name: name)
      graph.names[output] = name
      graph.outputs.append(output)
    }
    for function in (1...22).compactMap(UnaryFunction.init(rawValue:)) {
      addOutput("unary \(function.rawValue)", .unary(Unary(function, alpha: 0.25, beta: 0.5)), [x])
    }
    for function in (1...8).compactMap(BinaryFunction.init(rawValue:)) {
      addOutput("binary \(function.rawValue)", .binary(Binary(function)), [x, y])
    }
    for function in [ReductionFunction.mean, .sum, .maximum, .minimum] {
      addOutput(
        "reduction \(function.rawValue)", .reduction(with(Reduction(function)) { $0.axes = 0b10 }), [x])
    }
    return graph
  }

  /// Comparisons of numbers, some of which are 0, and of integers; masks and products.
  static var comparisons: Graph {
    var graph = Graph()
    let x = graph.addInput(name: "x", dims: [nil, 5])
    let y = graph.addInput(name: "y", dims: [nil, 5])
    func add(_ operation: Operation, _ inputs: Value...) -> Value {
      graph.addNode(operation, inputs, name: operation.name.description)
    }
    func addOutput(_ name: String, _ value: Value) {
      graph.names[value] = name
      graph.outputs.append(value)
    }
    let positive = [x, y].map { add(.unary(Unary(.relu)), $0) }
    let integers = [x, y].map { add(.cast(Cast(.int64)), add(.binary(Binary(.add)), $0, $0)) }
    for function in [BinaryFunction.equal, .less, .lessOrEqual] {
      addOutput("numbers \(function.rawValue)", add(.binary(Binary(function)), positive[0], positive[1]))
      addOutput("integers \(function.rawValue)", add(.binary(Binary(function)), integers[0], integers[1]))
    }
    addOutput("mask", add(.binary(Binary(.mask)), positive[0], y))
    addOutput("product", add(.reduction(with(Reduction(.product)) { $0.axes = 0b10 }), x))
    return graph
  }

  /// What goes with a network: open sizes, preprocessing, labels, metadata, and a layer that has been factored.
  static var classifier: Graph {
    var graph = Graph()
    graph.preprocessing = Preprocessing(
      width: 12, height: 10, resize: .shorterSideCrop, crop: 14, channels: .bgr, mean: [124, 117, 104],
      deviation: [58, 57, 56])
    graph.labels = ["circle", "square", "triangle", "étoile", "星"]
    graph.metadata = [("producer", "prefactor tests"), ("source", "TestGraphs.swift")]
    graph.layers = [
      Layer(name: "conv", macsBefore: 18_000, bytesBefore: 2_432), Layer(name: "fc", macsBefore: 40, bytesBefore: 180),
    ]
    graph.layers[0].method = "spatial"
    graph.layers[0].parameters = #"{"metric":"frobenius","rank":4}"#
    graph.layers[0].relativeError = 0.125

    let image = graph.addInput(name: "image", dims: [nil, 3, nil, nil])
    let pixels = graph.addNode(
      .transpose(with(Transpose()) { $0.permutation = perAxis(0, 2, 3, 1) }), [image], name: "channels last")
    let rows = graph.addNode(
      .convolution(with(Convolution()) { ($0.window.kernelHeight, $0.window.strideHeight) = (5, 2) }),
      [pixels, graph.addConstant(.random([4, 5, 1, 3], seed: 1))], name: "conv rows", layer: 0)
    let columns = graph.addNode(
      .convolution(with(Convolution()) { ($0.window.kernelWidth, $0.window.strideWidth, $0.clamp) = (5, 2, .relu) }),
      [rows, graph.addConstant(.random([8, 1, 5, 4], seed: 2)), graph.addConstant(.random([8], seed: 3))],
      name: "conv columns", layer: 0)
    let mean = graph.addNode(
      .reduction(with(Reduction(.mean)) { ($0.axes, $0.keepDims) = (0b110, 0) }), [columns], name: "mean")
    let scores = graph.addNode(
      .fullyConnected(FullyConnected()),
      [mean, graph.addConstant(.random([5, 8], seed: 4)), graph.addConstant(.random([5], seed: 5))],
      name: "fc", layer: 1)
    let probabilities = graph.addNode(.softmax(with(Softmax()) { $0.axis = 1 }), [scores], name: "softmax")
    graph.outputs = [probabilities]
    graph.names[probabilities] = "probabilities"
    return graph
  }

  /// Inputs and outputs of every kind: integers, a scalar, an input that nobody uses, views of inputs and of outputs,
  /// and an output that is used further on.
  static var interface: Graph {
    var graph = Graph()
    func addOutput(_ name: String, _ operation: Operation, _ inputs: Value...) -> Value {
      let output = graph.addNode(operation, inputs, name: name)
      graph.names[output] = name
      graph.outputs.append(output)
      return output
    }
    func reshape(_ dims: Int32...) -> Operation {
      var reshape = Reshape()
      reshape.rank = Int32(dims.count)
      for (axis, dimension) in dims.enumerated() { reshape.dims[axis] = dimension }
      return .reshape(reshape)
    }
    let numbers = graph.addInput(name: "numbers", type: .int64, dims: [4])
    _ = graph.addInput(name: "unused", dims: [2, 3])
    let x = graph.addInput(name: "x", dims: [2, 6])
    _ = addOutput("view of an input", reshape(12), x)
    _ = addOutput("another", reshape(3, 4), x)
    let negative = addOutput("negative", .unary(Unary(.negate)), x)
    _ = addOutput("view of an output", reshape(4, 3), negative)
    let doubled = addOutput("doubled", .binary(Binary(.add)), negative, negative)
    _ = addOutput("scalar", .reduction(with(Reduction(.sum)) { ($0.axes, $0.keepDims) = (0b11, 0) }), doubled)
    _ = addOutput("integers", reshape(2, 2), numbers)
    _ = addOutput("floats", .cast(Cast(.float32)), numbers)
    return graph
  }
}
