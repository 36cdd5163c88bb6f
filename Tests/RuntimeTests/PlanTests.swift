import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import PrefactorRuntime

/// Where the planner puts values.
final class PlanTests: XCTestCase {
  func testValuesThatLiveAtTheSameTimeDoNotOverlap() throws {
    for (name, graph) in TestGraph.all { try withPlan(graph) { checkPlacement($0, name) } }
    for seed in 0..<200 {
      try withPlan(RandomGraph(seed: UInt64(seed)).graph) { checkPlacement($0, "random graph \(seed)") }
    }
  }

  func testTheArenaIsLittleLargerThanWhatIsAlive() throws {
    for (name, graph) in [("chain", chain()), ("residual", residual()), ("branches", branches()), ("dense", dense())] {
      try withPlan(graph) { plan in
        XCTAssertGreaterThanOrEqual(plan.arenaBytes, plan.liveBytes, name)
        XCTAssertLessThanOrEqual(Double(plan.arenaBytes), 1.1 * Double(plan.liveBytes), name)
      }
    }
  }

  func testProducersWriteIntoConcatenations() throws {
    for (name, graph) in [("branches", branches()), ("dense", dense()), ("skip", skip())] {
      try withPlan(graph) { plan in
        for index in 0..<plan.stepCount {
          if case .concatenation = plan.steps[index].operation {
            XCTAssert(plan.steps[index].isView, "\(name): step \(index) copies")
          }
        }
      }
    }
  }

  func testCutsAreViews() throws {
    var builder = Builder()
    let value = builder.convolve(builder.input(8, 3), 3, 32)
    let halves = (0..<2).map { half in
      builder.graph.addNode(
        .slice(with(Slice()) { ($0.starts[3], $0.ends[3]) = (Int32(half * 16), Int32(half * 16 + 16)) }), [value],
        name: "half")
    }
    builder.graph.outputs = halves.map { builder.convolve($0, 16, 8, kernel: 3) }
    try withPlan(builder.graph) { plan in
      XCTAssertEqual((0..<plan.stepCount).filter { plan.steps[$0].isView }.count, 2)
    }
  }

  private func checkPlacement(_ plan: Plan, _ name: String) {
    var placed: [Storage] = []
    for value in 0..<plan.valueCount
    where Int(plan.places[value].root) == value && plan.storages[value].offset != Storage.unplaced {
      placed.append(plan.storages[value])
    }
    for (index, storage) in placed.enumerated() {
      XCTAssertEqual(storage.offset % Allocator.alignment, 0, name)
      XCTAssertLessThanOrEqual(storage.offset + storage.bytes, plan.arenaBytes, name)
      for other in placed[..<index]
      where storage.reservedFrom <= other.reservedTo && other.reservedFrom <= storage.reservedTo {
        XCTAssert(
          storage.offset + storage.bytes <= other.offset || other.offset + other.bytes <= storage.offset,
          "\(name): overlap")
      }
    }
  }

  private func withPlan(_ graph: Graph, _ body: (Plan) throws -> Void) throws {
    let bytes = try graph.encoded()
    try bytes.withUnsafeBytes { buffer in
      let file = try ModelFile(Bytes(buffer.baseAddress!, count: buffer.count))
      let block = UnsafeMutableRawPointer.allocate(byteCount: try! Plan.size(of: file), alignment: Allocator.alignment)
      defer { block.deallocate() }
      var kernels = try KernelSet.choose().kernels
      var plan = try Plan(
        file, in: block, options: SessionOptions(), kernels: &kernels, target: KernelSet.choose().target)
      try plan.place()
      try body(plan)
    }
  }
}

// MARK: The shapes of real networks

extension PlanTests {
  private struct Builder {
    var graph = Graph()

    mutating func input(_ size: Int, _ channels: Int) -> Value {
      graph.addInput(name: "x", dims: [1, size, size, channels])
    }

    mutating func convolve(
      _ input: Value, _ from: Int, _ to: Int, kernel: Int32 = 1, stride: Int32 = 1, residual: Value? = nil
    ) -> Value {
      let attributes = with(Convolution()) {
        ($0.window.kernelHeight, $0.window.kernelWidth, $0.window.strideHeight, $0.window.strideWidth) = (
          kernel, kernel, stride, stride
        )
        $0.window.automaticPadding = Window.Padding.sameUpper
      }
      let weights = graph.addConstant(
        Tensor([to, Int(kernel), Int(kernel), from], [Float](repeating: 0, count: to * Int(kernel * kernel) * from)))
      return graph.addNode(.convolution(attributes), [input, weights, nil, residual], name: "convolution")
    }

    mutating func join(_ inputs: [Value]) -> Value {
      graph.addNode(.concatenation(with(Concatenation()) { $0.axis = 3 }), inputs, name: "join")
    }
  }

  private func chain() -> Graph {
    var builder = Builder()
    var value = builder.input(64, 3)
    for (from, to) in [(3, 16), (16, 32), (32, 32), (32, 64)] {
      value = builder.convolve(value, from, to, kernel: 3, stride: from == to ? 1 : 2)
    }
    builder.graph.outputs = [value]
    return builder.graph
  }

  private func residual() -> Graph {
    var builder = Builder()
    var value = builder.convolve(builder.input(32, 3), 3, 16)
    for _ in 0..<4 {
      let inner = builder.convolve(value, 16, 16, kernel: 3)
      value = builder.convolve(inner, 16, 16, kernel: 3, residual: value)
    }
    builder.graph.outputs = [value]
    return builder.graph
  }

  /// As in SqueezeNet: a stem that makes the image smaller, and then branches that are joined.
  private func branches() -> Graph {
    var builder = Builder()
    let stem = builder.convolve(builder.input(128, 3), 3, 32, kernel: 3, stride: 2)
    var value = builder.convolve(stem, 32, 32, stride: 2)
    for _ in 0..<3 {
      let squeezed = builder.convolve(value, 32, 8)
      value = builder.join([builder.convolve(squeezed, 8, 16), builder.convolve(squeezed, 8, 16, kernel: 3)])
    }
    builder.graph.outputs = [value]
    return builder.graph
  }

  /// As in a U-Net: what is computed early is joined late, with an image made larger.
  private func skip() -> Graph {
    var builder = Builder()
    let wide = builder.convolve(builder.input(32, 3), 3, 16, kernel: 3)
    let narrow = builder.convolve(wide, 16, 32, kernel: 3, stride: 2)
    let resize = with(Resize()) { ($0.height, $0.width) = (32, 32) }
    let enlarged = builder.graph.addNode(.resize(resize), [builder.convolve(narrow, 32, 16)], name: "resize")
    builder.graph.outputs = [builder.convolve(builder.join([enlarged, wide]), 32, 8, kernel: 3)]
    return builder.graph
  }

  private func dense() -> Graph {
    var builder = Builder()
    var value = builder.convolve(builder.input(32, 3), 3, 16)
    var channels = 16
    for _ in 0..<6 {
      value = builder.join([value, builder.convolve(value, channels, 8, kernel: 3)])
      channels += 8
    }
    builder.graph.outputs = [value]
    return builder.graph
  }
}
