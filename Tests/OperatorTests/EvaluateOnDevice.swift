import CPrefactor
import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

/// Runs an operation as a network of its own on the first OpenCL device. With a gap, the pixels of its first input and
/// of its output lie so many elements apart, among the channels of larger tensors, wherever it can read and write that.
func evaluateOnDevice(
  _ operation: PrefactorModelFormat.Operation, _ inputs: [TestTensor?], gap: Int = 0, weights: WeightUse = .inPlace,
  halfPrecision: Bool = false
) throws -> TestTensor {
  var graph = Graph()
  var tensors: [Tensor] = []
  func add(_ tensor: TestTensor, name: String) -> Value {
    tensors.append(Tensor(tensor))
    return graph.addInput(name: name, type: tensor.type, dims: tensor.dims)
  }
  func slice(_ value: Value, _ channels: Range<Int>, rank: Int) -> Value {
    var slice = Slice()
    (slice.starts[rank - 1], slice.ends[rank - 1]) = (Int32(channels.lowerBound), Int32(channels.upperBound))
    return graph.addNode(.slice(slice), [value], name: "slice")
  }
  let values = inputs.enumerated().map { index, input -> Value? in
    guard let input else { return nil }
    if operation.takesConstant(index) { return graph.addConstant(Tensor(input)) }
    guard index == 0, gap > 0, let channels = input.dims.last else { return add(input, name: "input \(index)") }
    return slice(add(input.widened(by: gap), name: "input \(index)"), 0..<channels, rank: input.dims.count)
  }
  let shape = try operation.outputShape(inputs.map { $0?.shape })
  var output = graph.addNode(operation, values, name: "operation")
  let isCut = gap > 0 && shape.rank > 0 && shape.type == .float32
  if isCut {
    let rest = TestTensor(Array(shape.dims.dropLast()) + [gap]) { _ in .nan }
    var concatenation = Concatenation()
    concatenation.axis = Int32(shape.rank - 1)
    output = graph.addNode(.concatenation(concatenation), [output, add(rest, name: "rest")], name: "concatenation")
  }
  graph.outputs = [output]
  graph.names[output] = "output"
  graph.weightsType = weights == .preparedHalves ? .float16 : .float32

  var options = EngineOptions.onDevice
  options.lowMemory = weights == .inPlace
  options.halfPrecision = halfPrecision
  let result = TestTensor(try Engine(graph: graph, options: options).run(tensors)[0])
  return isCut ? result.narrowed(to: shape.dims) : result
}

/// Half precision's unit roundoff; and the most that a result in it is off by, of the larger of 1 and its size, where
/// inputs were halves and it alone was rounded. Where a device multiplies halves, it rounds the weight and the product
/// as well, and up to 16 sums.
let halfRoundoff = 0x1p-11
let halfTolerance: Double = {
  let multipliesHalves = (try? OpenCLDevice.all())?.first { $0.kind == "GPU" }?.multipliesHalves ?? false
  return multipliesHalves ? 20 * halfRoundoff : halfRoundoff
}()

/// Whether there is a device; says once where there is none.
let hasOpenCLDevice: Bool = {
  if let devices = try? OpenCLDevice.all(), !devices.isEmpty { return true }
  print("skipped on OpenCL: there is no device")
  return false
}()

extension PrefactorModelFormat.Operation {
  /// Inputs that networks have as constants, and kernels rely on being such.
  func takesConstant(_ input: Int) -> Bool {
    switch self {
    case .convolution, .fullyConnected, .affine: input == 1 || input == 2
    case .gather: input == 1
    default: false
    }
  }
}

extension Tensor {
  fileprivate init(_ tensor: TestTensor) {
    switch tensor.type {
    case .float32: self.init(tensor.dims, tensor.values.map { Float($0) })
    default: self.init(tensor.dims, tensor.values.map { Int64($0) }, as: tensor.type)
    }
  }
}

extension TestTensor {
  fileprivate init(_ tensor: Tensor) {
    switch tensor.numbers {
    case .floats(let values): self.init(tensor.dims, values.map { Double($0) })
    case .integers(let values): self.init(tensor.dims, values.map { Double($0) }, tensor.type)
    }
  }

  /// With NaNs behind each pixel.
  fileprivate func widened(by gap: Int) -> TestTensor {
    let channels = dims.last!
    return TestTensor(dims.dropLast() + [channels + gap], type) {
      $0.last! < channels ? self[$0] : type == .float32 ? .nan : 0
    }
  }

  fileprivate func narrowed(to dims: [Int]) -> TestTensor { TestTensor(dims, type) { self[$0] } }
}
