import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport

/// Layers that every algorithm applies to one of, and of which some are fastest in another way than directly.
struct Windows {
  var graph = Graph()

  init(
    size: Int = 28, channels: [Int] = [16, 64, 64, 32, 32, 33],
    kernels: [(Int, Int)] = [(3, 3), (5, 5), (9, 9), (1, 3), (5, 1)]
  ) {
    func layer(_ input: Value, _ kernel: (height: Int, width: Int), from inputs: Int, to outputs: Int) -> Value {
      let (height, width) = (Int32(kernel.height), Int32(kernel.width))
      let convolution = with(Convolution()) {
        ($0.window.kernelHeight, $0.window.kernelWidth) = (height, width)
        ($0.window.padTop, $0.window.padLeft, $0.window.padBottom, $0.window.padRight) = (
          height / 2, width / 2, height / 2, width / 2
        )
      }
      let weights = Tensor.random([outputs, kernel.height, kernel.width, inputs], seed: UInt64(kernel.height))
      return graph.addNode(.convolution(convolution), [input, graph.addConstant(weights)], name: "\(height)×\(width)")
    }
    var value = graph.addInput(name: "x", dims: [nil, size, size - 2, channels[0]])
    for (index, kernel) in kernels.enumerated() {
      value = layer(value, kernel, from: channels[index], to: channels[index + 1])
    }
    graph.outputs = [value]
    graph.names[graph.outputs[0]] = "y"
  }

  func run(_ bytes: [UInt8]? = nil, threads: Int = 1, lowMemory: Bool = false) throws -> (
    output: [Float], kernels: [String], isa: String
  ) {
    var options = EngineOptions()
    options.threads = threads
    options.lowMemory = lowMemory
    options.batch = 1
    let engine = try Engine(bytes: bytes ?? graph.encoded(), options: options)
    return (try engine.run(engine.randomInputs(seed: 1))[0].floats, engine.steps.map(\.kernel), engine.isa)
  }
}
