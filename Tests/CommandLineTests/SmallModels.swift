import PrefactorGraph
import PrefactorModelFormat

enum SmallModels {
  /// The mean of each channel of an image: with three classes, which color it has.
  static func color(height: Int? = 4, width: Int? = 4) -> Graph {
    var graph = Graph()
    let image = graph.addInput(name: "image", dims: [nil, 3, height, width])
    var mean = Reduction(.mean)
    mean.axes = 0b1100
    mean.keepDims = 0
    graph.outputs = [graph.addNode(.reduction(mean), [image], name: "mean")]
    graph.names[graph.outputs[0]] = "scores"
    return graph
  }

  static func describedColor() -> Graph {
    var graph = color()
    graph.preprocessing = Preprocessing(width: 4, height: 4, mean: [0, 0, 0], deviation: [50, 50, 50])
    graph.labels = ["red", "green", "blue"]
    return graph
  }

  /// A fully-connected layer on the mean of each channel of an image.
  static func describedScores() -> Graph {
    var graph = describedColor()
    let weights = graph.addConstant(Tensor([3, 3], [5, 1, -1, 2, 3, -2, 0.5, 1, 4]))
    graph.layers = [Layer(name: "fc", macsBefore: 9, bytesBefore: 36)]
    graph.outputs = [
      graph.addNode(.fullyConnected(FullyConnected()), [graph.outputs[0], weights], name: "fc", layer: 0)
    ]
    graph.names[graph.outputs[0]] = "classes"
    return graph
  }

  /// a + b, of floating-point a and integer b.
  static func sum() -> Graph {
    var graph = Graph()
    let a = graph.addInput(name: "in/a", dims: [nil, 3])
    let b = graph.addInput(name: "b", type: .int64, dims: [nil, 3])
    let converted = graph.addNode(.cast(Cast(.float32)), [b], name: "convert")
    graph.outputs = [graph.addNode(.binary(Binary(.add)), [a, converted], name: "add")]
    graph.names[graph.outputs[0]] = "out/sum"
    return graph
  }

  /// The mean of each channel, read by two layers of the same weights; their sum, which is an output, is read by two
  /// more.
  static func branches() -> Graph {
    var graph = describedColor()
    var numbers = SplitMix64(seed: 2)
    func layers(_ names: [String], on input: Value, of size: (Int, Int)) -> [Value] {
      let weights = (0..<size.0 * size.1).map { _ in Float.random(in: -1...1, using: &numbers) }
      return names.map { name in
        graph.layers.append(Layer(name: name, macsBefore: size.0 * size.1, bytesBefore: 4 * size.0 * size.1))
        let constant = graph.addConstant(Tensor([size.0, size.1], weights))
        return graph.addNode(
          .fullyConnected(FullyConnected()), [input, constant], name: name, layer: graph.layers.count - 1)
      }
    }
    let scores = graph.outputs[0]
    let first = layers(["left", "right"], on: scores, of: (4, 3))
    let sum = graph.addNode(.binary(Binary(.add)), first.map(Optional.some), name: "sum")
    let second = layers(["upper", "lower"], on: sum, of: (3, 4))
    graph.outputs = [sum, graph.addNode(.binary(Binary(.multiply)), second.map(Optional.some), name: "product")]
    (graph.names[graph.outputs[0]], graph.names[graph.outputs[1]]) = ("sum", "classes")
    return graph
  }

  /// A fully-connected layer on x·y.
  static func twoInputs() -> Graph {
    var graph = Graph()
    let inputs = ["x", "y"].map { graph.addInput(name: $0, dims: [nil, 3]) }
    let product = graph.addNode(.binary(Binary(.multiply)), inputs, name: "product")
    let weights = graph.addConstant(Tensor([3, 3], [5, 1, -1, 2, 3, -2, 0.5, 1, 4]))
    graph.layers = [Layer(name: "fc", macsBefore: 9, bytesBefore: 36)]
    graph.outputs = [graph.addNode(.fullyConnected(FullyConnected()), [product, weights], name: "fc", layer: 0)]
    graph.names[graph.outputs[0]] = "z"
    return graph
  }

  /// One fully-connected layer with weights of rank one, or of others that are random; of a signal, on each 16 samples.
  static func dense(rank: Int = 1, ofSignal: Bool = false) -> Graph {
    var graph = Graph()
    var x: Value
    if ofSignal {
      x = graph.addInput(name: "x", dimensions: [.symbol(graph.symbol(named: "T", .length))])
      var frames = Reshape()
      (frames.rank, frames.dims[0], frames.dims[1]) = (2, Reshape.inferred, 16)
      x = graph.addNode(.reshape(frames), [x], name: "frames")
    } else {
      x = graph.addInput(name: "x", dims: [nil, 16])
    }
    let elements = (0..<12 * 16).map { index -> Float in
      let (row, column) = index.quotientAndRemainder(dividingBy: 16)
      return Float((row + 1) * (column - 7)) / 100
    }
    var numbers = SplitMix64(seed: 5)
    let full = elements.map { _ in Float.random(in: -1...1, using: &numbers) }
    let weights = graph.addConstant(Tensor([12, 16], rank == 1 ? elements : full))
    graph.layers = [Layer(name: "fc", macsBefore: 12 * 16, bytesBefore: 4 * 12 * 16)]
    graph.outputs = [graph.addNode(.fullyConnected(FullyConnected()), [x, weights], name: "fc", layer: 0)]
    graph.names[graph.outputs[0]] = "y"
    return graph
  }

  /// Three convolutions of 3×3 with ReLUs and a pool between them.
  static func convolutions() -> Graph {
    var graph = Graph()
    var numbers = SplitMix64(seed: 1)
    var value = graph.addInput(name: "x", dims: [1, 9, 9, 4])
    for (index, (filters, channels)) in [(8, 4), (12, 8), (4, 12)].enumerated() {
      let elements = (0..<filters * 9 * channels).map { _ in Float.random(in: -0.3...0.3, using: &numbers) }
      var convolution = Convolution()
      (convolution.window.kernelHeight, convolution.window.kernelWidth, convolution.clamp) = (3, 3, .relu)
      let name = "conv\(index + 1)"
      graph.layers.append(Layer(name: name, macsBefore: 0, bytesBefore: 0))
      let weights = graph.addConstant(Tensor([filters, 3, 3, channels], elements))
      value = graph.addNode(.convolution(convolution), [value, weights], name: name, layer: index)
      if index == 0 {
        var pool = Pool()
        (pool.window.kernelHeight, pool.window.kernelWidth) = (2, 2)
        value = graph.addNode(.pool(pool), [value], name: "pool")
      }
    }
    graph.outputs = [value]
    graph.names[value] = "y"
    return graph
  }
}
