import PrefactorGraph
import PrefactorLinearAlgebra
import PrefactorModelFormat

@testable import PrefactorFactorization

/// Marsaglia's xorshift: the same numbers on every machine.
struct Numbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  /// From -1 to 1.
  mutating func next() -> Float {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
  }

  mutating func tensor(_ dims: [Int]) -> Tensor { Tensor(dims, (0..<dims.reduce(1, *)).map { _ in next() }) }

  mutating func matrix(_ rows: Int, _ columns: Int) -> Matrix {
    Matrix(rows: rows, columns: columns, (0..<rows * columns).map { _ in Double(next()) })
  }
}

/// A layer with an input that it can be run on.
struct Sample {
  let name: String
  var layer: DenseLayer
  let input: [Int]

  /// A convolution of random weights.
  static func convolution(
    _ name: String, filters: Int, channels: Int, kernel: (Int32, Int32), stride: (Int32, Int32) = (1, 1),
    dilation: (Int32, Int32) = (1, 1),
    pads: (Int32, Int32, Int32, Int32) = (0, 0, 0, 0), automatic: Int32 = Window.Padding.explicit, groups: Int = 1,
    input: [Int] = [2, 13, 11]
  ) -> Sample {
    var convolution = Convolution()
    (convolution.window.kernelHeight, convolution.window.kernelWidth) = kernel
    (convolution.window.strideHeight, convolution.window.strideWidth) = stride
    (convolution.window.dilationHeight, convolution.window.dilationWidth) = dilation
    (convolution.window.padTop, convolution.window.padLeft, convolution.window.padBottom, convolution.window.padRight) =
      pads
    convolution.window.automaticPadding = automatic
    convolution.clamp = Clamp(low: -0.5, high: 6)
    convolution.groups = Int32(groups)
    var numbers = Numbers(seed: UInt64(filters * channels))
    let weights = numbers.tensor([filters, Int(kernel.0), Int(kernel.1), channels / groups])
    return Sample(name: name, layer: DenseLayer(convolution, weights: weights), input: input + [channels])
  }

  static func fullyConnected(_ name: String, filters: Int, channels: Int) -> Sample {
    var fullyConnected = FullyConnected()
    fullyConnected.clamp = .relu
    var numbers = Numbers(seed: UInt64(filters * channels))
    return Sample(
      name: name, layer: DenseLayer(fullyConnected, weights: numbers.tensor([filters, channels])), input: [3, channels])
  }

  static let all: [Sample] = [
    .fullyConnected("wide", filters: 9, channels: 20),
    .fullyConnected("narrow", filters: 21, channels: 8),
    .convolution("1×1", filters: 10, channels: 7, kernel: (1, 1)),
    .convolution("1×1/2", filters: 6, channels: 9, kernel: (1, 1), stride: (2, 2)),
    .convolution("3×3", filters: 12, channels: 8, kernel: (3, 3), pads: (1, 1, 1, 1)),
    .convolution("few filters", filters: 2, channels: 5, kernel: (3, 3)),
    .convolution("one channel", filters: 6, channels: 1, kernel: (5, 5), pads: (2, 2, 2, 2)),
    .convolution("7×7/2", filters: 11, channels: 3, kernel: (7, 7), stride: (2, 2), pads: (3, 3, 3, 3)),
    .convolution("5×3/(3,2), uneven pads", filters: 7, channels: 6, kernel: (5, 3), stride: (3, 2), pads: (0, 1, 2, 3)),
    .convolution("3×3, dilation (2,3)", filters: 8, channels: 6, kernel: (3, 3), dilation: (2, 3), pads: (2, 3, 2, 3)),
    .convolution(
      "3×2/2, dilation (1,2)", filters: 5, channels: 4, kernel: (3, 2), stride: (2, 2), dilation: (1, 2),
      pads: (1, 0, 0, 1)),
    .convolution("1×7", filters: 8, channels: 5, kernel: (1, 7), pads: (0, 3, 0, 3)),
    .convolution("7×1/(1,2)", filters: 8, channels: 5, kernel: (7, 1), stride: (1, 2), pads: (3, 0, 3, 0)),
    .convolution(
      "same upper 4×3/(2,3)", filters: 6, channels: 5, kernel: (4, 3), stride: (2, 3),
      automatic: Window.Padding.sameUpper),
    .convolution(
      "same lower 4×5/(3,2)", filters: 6, channels: 5, kernel: (4, 5), stride: (3, 2),
      automatic: Window.Padding.sameLower),
  ]

  static let grouped: [Sample] = [
    .convolution("1×1 in 3 groups", filters: 12, channels: 9, kernel: (1, 1), groups: 3),
    .convolution(
      "3×3/2 in 2 groups", filters: 8, channels: 6, kernel: (3, 3), stride: (2, 2), pads: (1, 1, 1, 1), groups: 2),
    .convolution("5×3 in 4 groups", filters: 16, channels: 12, kernel: (5, 3), pads: (2, 1, 0, 1), groups: 4),
    .convolution("depthwise", filters: 6, channels: 6, kernel: (3, 3), dilation: (2, 1), pads: (2, 1, 2, 1), groups: 6),
  ]

  /// Each method with each of the samples that it can factor.
  static func forEachMethod(
    of samples: [Sample] = all, _ body: (_ method: any Method, _ sample: Sample, _ what: String) throws -> Void
  ) rethrows {
    for method in methods {
      for sample in samples where method.refusal(ofPartsOf: sample.layer) == nil {
        try body(method, sample, "\(method.name) of \(sample.name)")
      }
    }
  }
}

extension Method {
  func fullRanks(of layer: DenseLayer) -> [Int] { values(of: layer.parts[0]) { $0.last! } }

  func middleValues(of layer: DenseLayer) -> [Int] { values(of: layer.parts[0]) { $0[($0.count - 1) / 2] } }

  /// In the Frobenius norm, group by group.
  func factored(_ layer: DenseLayer) throws -> FactoredLayer {
    try factor(layer, in: [ErrorMetric](repeating: .frobenius, count: layer.groups))
  }

  private func values(of layer: DenseLayer, _ choose: ([Int]) -> Int) -> [Int] {
    var method = self
    for index in values.indices { method.values[index] = choose(method.hyperparameters(of: layer)[index].accepted) }
    return method.values
  }

  /// From the lowest values to the highest, each step raising one of them, so that the best error cannot rise. Clusters
  /// are kept as they are where there are ranks to raise; otherwise their number becomes a multiple of what it was,
  /// since other clusters do not refine the ones before.
  func staircase(for layer: DenseLayer) -> [[Int]] {
    let middle = middleValues(of: layer)
    let accepted = with(middle).hyperparameters(of: layer).enumerated().map { index, hyperparameter -> [Int] in
      let all = hyperparameter.accepted
      if hyperparameter.name.hasSuffix("Clusters") { return [middle[index]] }
      if hyperparameter.name == "colors" { return all.reduce([Int]()) { $1 % ($0.last ?? 1) == 0 ? $0 + [$1] : $0 } }
      // What takes many iterations is tried at a few values.
      let step = self is any SpectralMethod ? 1 : max(1, all.count / 4)
      return stride(from: 0, to: all.count - 1, by: step).map { all[$0] } + [all.last!]
    }
    var steps = accepted.map { _ in 0 }
    var result = [accepted.map { $0[0] }]
    while zip(steps, accepted).contains(where: { $0 < $1.count - 1 }) {
      for index in steps.indices where steps[index] < accepted[index].count - 1 {
        steps[index] += 1
        result.append(zip(accepted, steps).map { $0[$1] })
      }
    }
    return result
  }

  /// Whether the highest values give the layer back. One color for each filter still leaves only a window of rank one
  /// of it.
  func isExactAtFullRank(for layer: DenseLayer) -> Bool { name != "monochromatic" || layer[.channel] == 1 }
}

extension Sample {
  /// A network of this layer alone, with a bias and, for a convolution, a residual, which is the second input.
  func graph(weights: [Float]? = nil) -> Graph {
    var graph = Graph()
    var numbers = Numbers(seed: 5)
    let dims = layer.asFactor.weightDims
    let input = graph.addInput(name: "input", dims: input)
    let constant = graph.addConstant(Tensor(dims, weights ?? layer.weights.floats))
    let bias = graph.addConstant(numbers.tensor([layer[.filter]]))
    var inputs: [Value?] = [input, constant, bias]
    if case .convolution = layer.operation {
      let output = try! layer.operation.outputShape([Shape(self.input), Shape(dims)])
      inputs.append(graph.addInput(name: "residual", dims: output.dims))
    }
    graph.layers = [Layer(name: name, macsBefore: 0, bytesBefore: 0)]
    graph.outputs = [graph.addNode(layer.operation, inputs, name: name, layer: 0)]
    graph.names[graph.outputs[0]] = "output"
    graph.layers[0].macsBefore = try! graph.layerCosts()[0].macs
    return graph
  }
}
