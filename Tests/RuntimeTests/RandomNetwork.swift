import CPrefactor
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport

@testable import PrefactorRuntime

/// Layers on images of one size, joined and cut along their channels: all that reads or writes some channels of a
/// larger image.
struct RandomNetwork {
  private(set) var graph = Graph()
  private var values: [(value: Value, channels: Int)] = []
  private var random: SplitMix64
  private static let batch = 2, height = 5, width = 3

  init(seed: UInt64) {
    random = SplitMix64(seed: seed)
    add(graph.addInput(name: "image", dims: [RandomNetwork.batch, RandomNetwork.height, RandomNetwork.width, 8]), 8)
    for _ in 0..<Int.random(in: 4...24, using: &random) { addLayer() }
    graph.outputs = graph.nodes.map(\.output).filter { _ in Int.random(in: 0..<5, using: &random) == 0 }
    if graph.outputs.isEmpty { graph.outputs = [values.last!.value] }
    for (index, output) in graph.outputs.enumerated() { graph.names[output] = "output \(index)" }
  }

  private mutating func add(_ value: Value, _ channels: Int) { values.append((value, channels)) }

  private mutating func add(_ operation: Operation, _ inputs: [Value?], _ channels: Int) {
    add(graph.addNode(operation, inputs, name: "node \(graph.nodes.count)"), channels)
  }

  private mutating func weights(_ dims: Int...) -> Value {
    graph.addConstant(.random(dims, seed: random.next(), in: -1...1))
  }

  private mutating func addGather(of input: Value, _ channels: Int) {
    let filters = [2, 12, 40].randomElement(using: &random)!
    let places = (0..<filters).map { _ in Int64.random(in: 0..<Int64(channels), using: &random) }
    add(.gather(with(Gather()) { $0.axis = 3 }), [input, graph.addConstant(Tensor([filters], places))], filters)
  }

  /// Mostly recent values, so that lifetimes end.
  private mutating func pick() -> (value: Value, channels: Int) {
    values[max(0, values.count - Int.random(in: 1...5, using: &random))]
  }

  private mutating func addLayer() {
    let (input, channels) = pick()
    let kernel = Int32([1, 3].randomElement(using: &random)!)
    let window = with(Window()) {
      ($0.kernelHeight, $0.kernelWidth, $0.padTop, $0.padLeft, $0.padBottom, $0.padRight) = (
        kernel, kernel, kernel / 2, kernel / 2, kernel / 2, kernel / 2
      )
    }
    switch Int.random(in: 0..<13, using: &random) {
    case 0, 1:
      let filters = [1, 4, 8, 20, 33].randomElement(using: &random)!
      let residual = values.last { $0.channels == filters }?.value
      add(
        .convolution(with(Convolution()) { $0.window = window }),
        [input, weights(filters, Int(kernel), Int(kernel), channels), nil, residual], filters)
    case 2:
      add(
        .convolution(with(Convolution()) { ($0.window, $0.groups) = (window, Int32(channels)) }),
        [input, weights(channels, Int(kernel), Int(kernel), 1), weights(channels)], channels)
    case 3:
      add(
        .pool(with(Pool(Bool.random(using: &random) ? .maximum : .average)) { $0.window = window }), [input], channels)
    case 4: add(.unary(Unary(.relu)), [input], channels)
    case 5: add(.binary(Binary(.multiply)), [input, weights(channels)], channels)
    case 6: add(.binary(Binary(.add)), [input, values.last { $0.channels == channels }!.value], channels)
    case 7:
      add(
        .resize(
          with(Resize()) {
            ($0.mode, $0.height, $0.width) = (
              Resize.Mode.linear, Int32(RandomNetwork.height), Int32(RandomNetwork.width)
            )
          }), [input], channels)
    case 8:
      let first = Int.random(in: 0..<channels, using: &random)
      let end = Int.random(in: (first + 1)...channels, using: &random)
      add(.slice(with(Slice()) { ($0.starts[3], $0.ends[3]) = (Int32(first), Int32(end)) }), [input], end - first)
    case 9: addGather(of: input, channels)
    case 10:
      let mixed = graph.addNode(
        .convolution(Convolution()), [input, weights(4, 1, 1, channels)], name: "node \(graph.nodes.count)")
      addGather(of: mixed, 4)
      let (gathered, filters) = values.last!
      add(
        .convolution(with(Convolution()) { ($0.window, $0.groups) = (window, Int32(filters)) }),
        [gathered, weights(filters, Int(kernel), Int(kernel), 1)], filters)
    default:
      let parts = (0..<Int.random(in: 1...3, using: &random)).map { _ in pick() }
      if parts.reduce(0, { $0 + $1.channels }) > 300 { return }
      add(
        .concatenation(with(Concatenation()) { $0.axis = 3 }), parts.map(\.value), parts.reduce(0) { $0 + $1.channels })
    }
  }
}

extension Graph {
  /// The bytes of all outputs, for random inputs.
  func outputs(_ options: SessionOptions) throws -> [[UInt8]] { try run(options).outputs }

  /// With how often the session's plan is run for a batch.
  func run(_ options: SessionOptions) throws -> (outputs: [[UInt8]], images: Int) {
    try withSession(options) { session in
      let file = session.pointee.model.pointee.file
      for index in 0..<file.count(.inputs) {
        let value = file.number(.inputs, index)
        let shape = session.pointee.shape(ofValue: value)!
        let numbers = Tensor.random((0..<shape.rank).map { shape[$0] }, seed: UInt64(index)).floats
        session.pointee.ownBuffer(.inputs, index)!.copyMemory(from: numbers, byteCount: shape.bytes)
      }
      try session.pointee.run(inputs: nil, outputs: nil)
      let outputs = (0..<file.count(.outputs)).map { index in
        let value = file.number(.outputs, index)
        return [UInt8](
          UnsafeRawBufferPointer(
            start: session.pointee.ownBuffer(.outputs, index), count: session.pointee.shape(ofValue: value)!.bytes))
      }
      return (outputs, session.pointee.images)
    }
  }

  func withSession<Result>(_ options: SessionOptions, _ body: (UnsafeMutablePointer<Session>) throws -> Result) throws
    -> Result
  {
    let bytes = try encoded()
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes.count, alignment: Layout.alignment)
    defer { memory.deallocate() }
    memory.copyMemory(from: bytes, byteCount: bytes.count)
    let model = try Model.open(Bytes(memory, count: bytes.count), allocator: .malloc, log: Log(nil, context: nil))
    defer { Model.close(model) }
    let session = try Session.create(model, options, .malloc)
    defer { Session.destroy(session) }
    return try body(session)
  }
}
