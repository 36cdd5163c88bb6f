import CPrefactor
import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import PrefactorRuntime

/// Sizes that follow from those of the inputs, and where those come from.
final class SizeTests: XCTestCase {
  func testOutputsAtManySizes() throws {
    let bytes = try TestGraph.sizes.encoded()
    for (n, h, w) in [(1, 1, 1), (1, 2, 3), (2, 7, 8), (1, 8, 7), (3, 9, 31), (1, 64, 65), (1, 127, 128), (5, 4, 4)] {
      let engine = try Engine(bytes: bytes, options: options([[n, h, w, 3]]))
      let root = Float(h * w).squareRoot()
      let repeats = Int((root * 0.25).rounded(.up))
      let times = h < w ? min(repeats, 3) : repeats
      XCTAssertEqual(engine.outputs.map(\.dims), [[n, h * w, 8], [n, 8 * times], [5]], "\(n) \(h) \(w)")
      let outputs = try engine.run(engine.randomInputs(seed: 1))
      XCTAssertEqual(outputs[2].int64s, [n, h, w, -7, (4 - w % 4) % 4].map(Int64.init))
      // The mean over all pixels, by the count that the network computed.
      let flat = outputs[0].floats
      for channel in 0..<8 {
        let sum = (0..<h * w).reduce(0.0) { $0 + Double(flat[8 * $1 + channel]) }
        XCTAssertEqual(Double(outputs[1].floats[channel]), sum / Double(h * w), accuracy: 1e-5)
      }
    }
  }

  func testTheGraphHasTheSameShapes() throws {
    let graph = TestGraph.sizes
    for (n, h, w) in [(1, 1, 1), (2, 7, 8), (3, 9, 31)] {
      let shapes = try graph.shapes(Binding(batch: n, height: h, width: w))
      let engine = try Engine(graph: graph, options: options([[n, h, w, 3]]))
      XCTAssertEqual(graph.outputs.map { shapes[$0]!.dims }, engine.outputs.map(\.dims))
      XCTAssertEqual(
        try graph.bound(Binding(batch: n, height: h, width: w)).shapes(Binding())[graph.outputs[0]]?.dims,
        engine.outputs[0].dims)
    }
  }

  func testABatchGivesWhatItsImagesGive() throws {
    let bytes = try TestGraph.sizes.encoded()
    let three = try Engine(bytes: bytes, options: options([[3, 9, 6, 3]]))
    let one = try Engine(bytes: bytes, options: options([[1, 9, 6, 3]]))
    let images = Tensor.random([3, 9, 6, 3], seed: 1)
    let outputs = try three.run([images])
    for image in 0..<3 {
      let alone = try one.run([Tensor([1, 9, 6, 3], Array(images.floats[(image * 162)..<(image * 162 + 162)]))])
      for index in 0..<2 {
        let count = alone[index].count
        for (a, b) in zip(outputs[index].floats[(image * count)..<(image * count + count)], alone[index].floats) {
          XCTAssertEqual(a, b, accuracy: 1e-5)
        }
      }
    }
  }

  // MARK: Where sizes come from

  func testSizesByRole() throws {
    let bytes = try TestGraph.sizes.encoded()
    XCTAssertEqual(try Engine(bytes: bytes).inputs[0].dims, [1, 10, 13, 3], "the preprocessing's")
    XCTAssertEqual(
      try Engine(bytes: bytes, options: with(EngineOptions()) { ($0.batch, $0.height) = (2, 5) }).inputs[0].dims,
      [2, 5, 13, 3])
    let mixed = with(EngineOptions()) { ($0.batch, $0.width, $0.inputShapes) = (2, 9, [[0, 6, 0, 0]]) }
    XCTAssertEqual(
      try Engine(bytes: bytes, options: mixed).inputs[0].dims, [2, 6, 9, 3],
      "an input's shape goes first, and says nothing where it is 0")
  }

  func testALengthIsTheWidthWhereItIsNotGiven() throws {
    let bytes = try signals(sharing: true).encoded()
    XCTAssertEqual(
      try Engine(bytes: bytes, options: with(EngineOptions()) { $0.length = 160 }).inputs.map(\.dims),
      [[1, 160], [160, 4]])
    XCTAssertEqual(
      try Engine(bytes: bytes, options: with(EngineOptions()) { $0.width = 7 }).inputs.map(\.dims), [[1, 7], [7, 4]])
  }

  func testASizeOfOneInputIsThatOfAllThatShareIt() throws {
    let bytes = try signals(sharing: true).encoded()
    XCTAssertEqual(
      try Engine(bytes: bytes, options: options([[], [12, 4]])).inputs.map(\.dims), [[1, 12], [12, 4]])
  }

  /// A vector that is a signal has no batch, and a fixed length is no other.
  func testSignalsWithoutABatch() throws {
    func vector(_ length: Int?) throws -> [UInt8] {
      var graph = Graph()
      let dimension = length.map { InputDimension.fixed($0) } ?? .symbol(graph.symbol(named: "T", .length))
      let signal = graph.addInput(name: "signal", dimensions: [dimension])
      graph.outputs = [graph.addNode(.unary(Unary(.negate)), [signal], name: "y")]
      return try graph.encoded()
    }
    let ofBatch = with(EngineOptions()) { ($0.batch, $0.length) = (4, 30) }
    check(try vector(nil), ofBatch, PF_ERROR_SHAPE, "input 'signal' is a signal of length 'T', without a batch")
    XCTAssertEqual(
      try Engine(bytes: vector(nil), options: with(ofBatch) { $0.batch = 1 }).inputs.map(\.dims), [[30]])
    let shorter = with(EngineOptions()) { $0.length = 7 }
    check(try vector(100), shorter, PF_ERROR_SHAPE, "input 'signal' takes 100 along dimension 0, not 7")
  }

  func testRefusals() throws {
    let image = try TestGraph.sizes.encoded()
    let shared = try signals(sharing: true).encoded()
    let apart = try signals(sharing: false).encoded()
    check(shared, EngineOptions(), PF_ERROR_SHAPE, "input 'signal' leaves dimension 1 open, 'T': say how large it is")
    check(
      apart, with(EngineOptions()) { $0.length = 5 }, PF_ERROR_SHAPE,
      "input 'matrix' leaves dimension 0 open, 'rows': say how large it is")
    check(
      shared, options([[1, 5], [6, 4]]), PF_ERROR_SHAPE,
      "inputs 'signal' and 'matrix' share the size 'T', and are given 5 and 6")
    check(image, options([[1, 5, 6, 4]]), PF_ERROR_SHAPE, "input 'image' takes 3 along dimension 3, not 4")
    check(image, options([[1, 5, 6]]), PF_ERROR_SHAPE, "input 'image' has 4 dimensions, not 3")
    check(
      image, options([[1, 5, 6, 3], [1]]), PF_ERROR_INVALID_ARGUMENT,
      "shapes of 2 inputs are given, and the network has 1")
    check(
      image, options([[1 << 24 + 1, 5, 6, 3]]), PF_ERROR_INVALID_ARGUMENT,
      "a size of 16777217 for 'N' of input 'image' is too large")
    check(
      image, options([[1 << 12, 1 << 12, 1 << 12, 3]]), PF_ERROR_SHAPE,
      "input 'image' would have more than 2147483647 elements")
    let fixed = try TestGraph.operations.encoded()
    check(
      fixed, with(EngineOptions()) { $0.width = 9 }, PF_ERROR_SHAPE, "input 'image' takes 8 along dimension 3, not 9")
  }

  // MARK: Bindings

  func testSizesThatAreNoneAreRefusedWithTheirLayer() throws {
    let vector = Operation.reshape(with(Reshape()) { $0.rank = 1 })
    check(
      try network(vector, word: 1) { $0.append(.subtract, $0.constant(12), $0.append(.multiply, $1, $0.constant(3))) },
      5,
      "layer 'bound' (reshape): a size that it is given comes to -3")
    check(
      try network(vector, word: 1) {
        $0.append(.floorDivide, $0.constant(6), $0.append(.subtract, $0.constant(5), $1))
      }, 5,
      "layer 'bound' (reshape): a size that it is given divides by zero")
    for (factor, reason) in [(1 << 62, "overflows"), (1 << 31, "comes to 4294967296")] as [(Int64, String)] {
      check(
        try network(.tile(Tile()), word: 0) {
          $0.append(.multiply, $0.append(.subtract, $1, $0.constant(3)), $0.constant(factor))
        }, 5,
        "layer 'bound' (tile): a size that it is given \(reason)")
    }
  }

  /// The dimension that is left is inferred, as exporters mean it.
  func testAReshapeMayBeGivenMinusOne() throws {
    let bytes = try network(.reshape(with(Reshape()) { ($0.rank, $0.dims) = (2, perAxis(0, 1)) }), word: 1) {
      sizes, _ in sizes.constant(-1)
    }
    XCTAssertEqual(try Engine(bytes: bytes, options: options([[5]])).outputs[0].dims, [5, 1])
  }

  /// What lies beyond 32 bits lies beyond the axis.
  func testSlicesAreCut() throws {
    for (word, end, count) in [
      (8, .max, 5), (8, .min, 0), (8, 1 << 40, 5), (8, -(1 << 40), 0), (0, 1 << 40, 0), (0, -(1 << 40), 5),
    ] as [(Int, Int64, Int)] {
      let bytes = try network(.slice(Slice()), word: word) { sizes, _ in sizes.constant(end) }
      XCTAssertEqual(
        try Engine(bytes: bytes, options: options([[5]])).outputs[0].dims, [count], "word \(word) = \(end)")
    }
  }

  /// A reshape's first dimension may be the batch. Where anything else depends on it, images are not taken apart.
  func testBatchesImageByImage() throws {
    for (word, images) in [(1, 3), (2, 1)] {
      var sizes = SizeGraph()
      let (batch, n) = sizes.symbol("N", .batch)
      let x = sizes.graph.addInput(name: "x", dimensions: [batch, .fixed(12), .fixed(8)])
      let flat = sizes.add(
        .reshape(with(Reshape()) { ($0.rank, $0.dims) = (3, perAxis(-1, -1, 16)) }), [x], name: "flat",
        [1: n, 2: sizes.constant(6)])
      let cut = sizes.add(.slice(Slice()), [flat], name: "cut", [1: word == 1 ? sizes.constant(2) : n])
      sizes.addOutput(cut, "y", nil)
      var options = with(SessionOptions()) { ($0.batch, $0.runsImageByImage) = (3, false) }
      let expected = try sizes.graph.run(options)
      options.runsImageByImage = true
      let result = try sizes.graph.run(options)
      XCTAssertEqual(result.outputs, expected.outputs)
      XCTAssertEqual(result.images, images)
    }
    XCTAssertEqual(
      try TestGraph.sizes.run(with(SessionOptions()) { ($0.batch, $0.runsImageByImage) = (2, true) }).images, 1)
  }

  // MARK: Channels last

  func testImagesAreLoadedChannelsLast() throws {
    var graph = Graph()
    let image = graph.addInput(name: "image", dims: [2, 2, 3, 3])
    graph.outputs = [graph.addNode(.unary(Unary(.copy)), [image], name: "y")]
    graph.preprocessing = with(TestGraph.sizes.preprocessing!) { ($0.width, $0.height) = (3, 2) }
    let engine = try Engine(graph: graph)
    let pixels: [UInt8] = [1, 2, 3, 40, 50, 60, 7, 8, 9, 100, 110, 120, 200, 201, 202, 250, 0, 255]
    try pixels.withUnsafeBufferPointer { try engine.loadImage($0, width: 3, height: 2, batchIndex: 1) }
    try engine.run()
    let mean: [Float] = [120, 110, 100]
    let deviation: [Float] = [60, 50, 40]
    XCTAssertEqual(
      Array(engine.outputTensors[0].floats.suffix(18)),
      pixels.enumerated().map { (Float($1) - mean[$0 % 3]) / deviation[$0 % 3] })
  }

  // MARK: Support

  /// A signal and a matrix, whose rows are as many as the signal is long, or which have a size of their own.
  private func signals(sharing: Bool) -> Graph {
    var graph = Graph()
    let length = InputDimension.symbol(graph.symbol(named: "T", .length))
    let rows = sharing ? length : .symbol(graph.symbol(named: "rows", .other))
    let signal = graph.addInput(name: "signal", dimensions: [.fixed(1), length])
    let matrix = graph.addInput(name: "matrix", dimensions: [rows, .fixed(4)])
    graph.outputs = [signal, matrix].map { graph.addNode(.unary(Unary(.negate)), [$0], name: "y") }
    return graph
  }

  /// An operation on a vector, of which one word is computed from its length.
  private func network(_ operation: Operation, word: Int, _ size: (inout SizeGraph, _ length: Int) -> Int) throws
    -> [UInt8]
  {
    var sizes = SizeGraph()
    let (length, expression) = sizes.symbol("L", .length)
    sizes.graph.symbols[0].reference = 3
    let x = sizes.graph.addInput(name: "x", dimensions: [length])
    let bound = size(&sizes, expression)
    let y = sizes.add(operation, [x], name: "bound", [word: bound])
    sizes.addOutput(y, "y", nil)
    return try sizes.graph.encoded()
  }

  private func options(_ shapes: [[Int]]) -> EngineOptions { with(EngineOptions()) { $0.inputShapes = shapes } }

  private func check(_ bytes: [UInt8], _ length: Int, _ message: String, line: UInt = #line) {
    check(bytes, options([[length]]), PF_ERROR_SHAPE, message, line: line)
  }

  private func check(
    _ bytes: [UInt8], _ options: EngineOptions, _ status: pf_status, _ message: String, line: UInt = #line
  ) {
    do {
      _ = try Engine(bytes: bytes, options: options)
      XCTFail("accepted", line: line)
    } catch let error as EngineError {
      XCTAssertEqual(error.status, status, line: line)
      XCTAssertEqual(error.description, message, line: line)
    } catch { XCTFail("\(error)", line: line) }
  }
}
