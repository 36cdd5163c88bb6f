import CPrefactor
import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import PrefactorRuntime

/// What sessions compute, and which shapes they take.
final class SessionTests: XCTestCase {
  /// Views, in-place operations and shared space change nothing.
  func testRandomGraphsGiveWhatTheyShould() throws {
    for seed in 0..<2000 {
      let random = RandomGraph(seed: UInt64(seed))
      let engine = try Engine(graph: random.graph)
      for run in 0..<2 {
        let inputs = engine.randomInputs(seed: UInt64(run))
        XCTAssertEqual(try engine.run(inputs), random.expectedOutputs(inputs), "random graph \(seed)")
      }
    }
  }

  /// Nor does it where values lie among the channels of others.
  func testRandomNetworksGiveTheSameBitsInEveryPlace() throws {
    for seed in 0..<300 {
      let graph = RandomNetwork(seed: UInt64(seed)).graph
      var options = SessionOptions()
      options.usesPixelStrides = false
      let expected = try graph.outputs(options)
      options.alwaysWakesThreads = true
      for threads in [1, 2] {
        options.usesPixelStrides = true
        options.threads = threads
        XCTAssertEqual(try graph.outputs(options), expected, "random network \(seed), \(threads) threads")
      }
    }
  }

  /// As one image after the other, a batch gives the same bits.
  func testBatchesImageByImage() throws {
    for seed in 0..<100 {
      let graph = RandomNetwork(seed: UInt64(seed)).graph
      var options = SessionOptions()
      options.savesMemory = true
      options.runsImageByImage = false
      let expected = try graph.outputs(options)
      options.runsImageByImage = true
      for threads in [1, 2] {
        options.threads = threads
        options.alwaysWakesThreads = threads == 2
        let (outputs, images) = try graph.run(options)
        XCTAssertEqual(outputs, expected, "random network \(seed), \(threads) threads")
        XCTAssertEqual(images, 2)
      }
    }
  }

  /// Where an image's steps would take less time than beginning them. (One by one they took a hundred times as long.)
  func testSmallImagesStayTogether() throws {
    for (channels, isTakenApart) in [(8, false), (1 << 16, true)] {
      var graph = Graph()
      let images = (1 << 23) / channels
      var value = graph.addInput(name: "x", dims: [images, channels])
      for name in ["a", "b"] { value = graph.addNode(.unary(Unary(.abs)), [value], name: name) }
      graph.outputs = [value]
      graph.names[value] = "y"
      XCTAssertEqual(try graph.withSession(SessionOptions()) { $0.pointee.images }, isTakenApart ? images : 1)
    }
  }

  func testViewsOfInputsAndOutputs() throws {
    let engine = try Engine(graph: TestGraph.interface)
    let x = Tensor.random([2, 6], seed: 1)
    let negative = x.floats.map { -$0 }
    let doubled = x.floats.map { -2 * $0 }
    let outputs = try engine.run([Tensor([4], [3, -1, 0, 7] as [Int64]), .random([2, 3], seed: 2), x])
    XCTAssertEqual(outputs[0], x.reshaped(to: [12]))
    XCTAssertEqual(outputs[1], x.reshaped(to: [3, 4]))
    XCTAssertEqual(outputs[2], Tensor([2, 6], negative))
    XCTAssertEqual(outputs[3], Tensor([4, 3], negative))
    XCTAssertEqual(outputs[4], Tensor([2, 6], doubled))
    XCTAssertEqual(outputs[5].floats[0], doubled.reduce(0, +), accuracy: 1e-5)
    XCTAssertEqual(outputs[5].dims, [])
    XCTAssertEqual(outputs[6], Tensor([2, 2], [3, -1, 0, 7] as [Int64]))
    XCTAssertEqual(outputs[7], Tensor([4], [3, -1, 0, 7] as [Float]))
  }

  func testBitsDoNotDependOnThreads() throws {
    for (name, graph) in TestGraph.ofTensors {
      let reference = try Engine(graph: graph)
      let inputs = reference.randomInputs(seed: 1)
      let expected = try reference.run(inputs)
      for threads in [2, 3, 8] {
        XCTAssertEqual(
          try Engine(graph: graph, options: with(EngineOptions()) { $0.threads = threads }).run(inputs), expected, name)
      }
    }
  }

  func testGroupedConvolutionsAreThoseOfTheirGroups() throws {
    for outputsPerGroup in [1, 3, 4, 6, 32, 37] {
      let groups = 3
      let weights = Tensor.random([groups * outputsPerGroup, 1, 1, 2], seed: 1)
      let whole = try Engine(graph: convolution(channels: 2 * groups, weights, groups: groups))
      let image = Tensor.random([1, 2, 2, 2 * groups], seed: 2)
      let output = try whole.run([image])[0].floats
      for group in 0..<groups {
        let some = Tensor(
          [outputsPerGroup, 1, 1, 2],
          Array(weights.floats[(group * outputsPerGroup * 2)..<((group + 1) * outputsPerGroup * 2)]))
        let part = Tensor([1, 2, 2, 2], (0..<4).flatMap { image.floats[($0 * 2 * groups + 2 * group)...].prefix(2) })
        let expected = try Engine(graph: convolution(channels: 2, some, groups: 1)).run([part])[0].floats
        for pixel in 0..<4 {
          for channel in 0..<outputsPerGroup {
            XCTAssertEqual(
              output[pixel * groups * outputsPerGroup + group * outputsPerGroup + channel],
              expected[pixel * outputsPerGroup + channel],
              accuracy: 1e-5, "\(outputsPerGroup) outputs a group")
          }
        }
      }
    }
  }

  private func convolution(channels: Int, _ weights: Tensor, groups: Int) -> Graph {
    var graph = Graph()
    let image = graph.addInput(name: "image", dims: [1, 2, 2, channels])
    let attributes = with(Convolution()) { $0.groups = Int32(groups) }
    graph.outputs = [graph.addNode(.convolution(attributes), [image, graph.addConstant(weights)], name: "convolution")]
    return graph
  }

  // MARK: Shapes

  func testOpenDimensionsTakeWhatIsAsked() throws {
    let asked = with(EngineOptions()) { ($0.batch, $0.height, $0.width) = (3, 20, 31) }
    let engine = try Engine(graph: TestGraph.classifier, options: asked)
    XCTAssertEqual(engine.inputs[0].dims, [3, 3, 20, 31])
    XCTAssertEqual(engine.outputs[0].dims, [3, 5])
  }

  func testOpenDimensionsDefaultToThePreprocessing() throws {
    let engine = try Engine(graph: TestGraph.classifier)
    XCTAssertEqual(engine.inputs[0].dims, [1, 3, 10, 12])
  }

  func testShapesThatDoNotFitAreRefused() {
    func status(_ graph: Graph, _ change: (inout EngineOptions) -> Void) -> pf_status {
      do {
        _ = try Engine(graph: graph, options: with(EngineOptions(), change))
        return PF_OK
      } catch { return (error as? EngineError)?.status ?? PF_OK }
    }
    XCTAssertEqual(status(TestGraph.classifier) { $0.height = 4 }, PF_ERROR_SHAPE, "smaller than the window")
    XCTAssertEqual(status(TestGraph.classifier) { $0.width = 1 }, PF_ERROR_SHAPE, "smaller than the window")
    XCTAssertEqual(status(TestGraph.classifier) { $0.batch = 1 << 24 }, PF_ERROR_SHAPE, "too many elements")
    XCTAssertEqual(status(TestGraph.operations) { $0.height = 9 }, PF_ERROR_SHAPE, "a height that is not open")
    XCTAssertEqual(status(TestGraph.operations) { $0.width = 9 }, PF_ERROR_SHAPE, "a width that is not open")
    XCTAssertEqual(status(TestGraph.interface) { $0.batch = 3 }, PF_ERROR_SHAPE, "a batch that is not open")
    XCTAssertEqual(status(TestGraph.classifier) { $0.batch = -1 }, PF_ERROR_INVALID_ARGUMENT)
  }
}
