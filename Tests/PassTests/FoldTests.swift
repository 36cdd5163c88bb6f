import KernelContract
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import PrefactorPasses

final class FoldConstantsTests: XCTestCase {
  func testChainOfConstants() throws {
    var network = TestNetwork()
    let x = network.input([nil, 4])
    let weights = network.transpose(network.unary(network.constant([4, 3]), PF_EXP), [1, 0])
    let bias = network.reshape(network.binary(PF_ADD, network.constant([3, 1]), network.constant([1])), [3])
    network.output(
      network.binary(PF_ADD, network.add(.matrixProduct, x, network.transpose(weights, [1, 0])), bias), name: "y")
    let graph = try applying([FoldConstants(), RemoveUnused()], to: network)
    XCTAssertEqual(graph.operations, ["matrix-product", "binary"])
    XCTAssertEqual(graph.constants.count, 2)
  }

  func testConstantOutputsAndExpansionsStay() throws {
    var network = TestNetwork()
    let x = network.input([nil, 1])
    let large = network.add(
      .expansion(with(Expansion()) { ($0.rank, $0.dims) = (2, perAxis(1, 100_000)) }), network.constant([1]))
    network.output(network.binary(PF_ADD, x, large), name: "y")
    network.output(network.unary(network.unary(network.constant([2]), PF_EXP), PF_ABS), name: "constant")
    let graph = try applying([FoldConstants(), RemoveUnused()], to: network)
    XCTAssertEqual(graph.operations, ["expansion", "binary", "unary"])
  }

  func testWhatTakesTooLongStays() throws {
    var network = TestNetwork()
    let x = network.input([1])
    let left = network.constant([1025, 1 << 12])
    let right = network.constant([1 << 12, 1 << 10])
    network.output(network.binary(PF_ADD, x, network.add(.matrixProduct, left, right)), name: "y")
    let graph = try applying([FoldConstants(), RemoveUnused()], to: network)
    XCTAssertEqual(graph.operations.filter { $0 == "matrix-product" }.count, 1, "more than 2^32 multiplies")
  }
}

final class FoldPaddingTests: XCTestCase {
  private func operations(_ agreement: Agreement = .exact, _ build: (inout TestNetwork, Value) -> Value) throws
    -> [String]
  {
    var network = TestNetwork()
    network.output(build(&network, network.input([nil, 3, nil, nil])), name: "y")
    let graph = try applying(
      [EliminateTransposes(), RemoveIdentities(), FoldPadding(), RemoveUnused()], to: network, agreement)
    return graph.operations.filter { $0 != "transpose" }
  }

  func testConvolution() throws {
    let folded = try operations { network, x in
      let once = network.padding(x, perAxis(0, 0, 1, 0), perAxis(0, 0, 2, 1))
      return network.convolution(
        network.padding(once, perAxis(0, 0, 0, 1), perAxis(0)), from: 3, to: 4, window(3, stride: 2, pad: 1))
    }
    XCTAssertEqual(folded, ["convolution"])
  }

  func testWhatIsNotZeroPaddingOfPixelsStays() throws {
    let paddings: [(before: PerAxis<Int32>, after: PerAxis<Int32>, value: Float)] = [
      (perAxis(0, 0, 1, 1), perAxis(0), 2), (perAxis(0, 1, 0, 0), perAxis(0, 2), 0),
      (perAxis(0, 0, -1, 1), perAxis(0), 0),
    ]
    for padding in paddings {
      let kept = try operations { network, x in
        let padded = network.padding(
          network.relu(network.convolution(x, from: 3, to: 3)), padding.before, padding.after, value: padding.value)
        return network.convolution(padded, from: padding.before[1] == 1 ? 6 : 3, to: 4, window(3))
      }
      XCTAssertEqual(kept, ["convolution", "unary", "padding", "convolution"])
    }
  }

  func testPools() throws {
    func pooled(_ kind: pf_pool_kind, value: Float, pad: Int32 = 0, ceilMode: Int32 = 0, countIncludePad: Int32 = 0)
      throws -> [String]
    {
      try operations(.sums(of: 4)) { network, x in
        let image = network.convolution(x, from: 3, to: 3)
        return network.pool(
          network.padding(image, perAxis(0, 0, 1, 0), perAxis(0, 0, 0, 1), value: value), kind,
          window(3, stride: 2, pad: pad), ceilMode: ceilMode,
          countIncludePad: countIncludePad)
      }
    }
    let folded = ["convolution", "pool"]
    let kept = ["convolution", "padding", "pool"]
    XCTAssertEqual(try pooled(PF_POOL_AVERAGE, value: 0), folded)
    XCTAssertEqual(try pooled(PF_POOL_AVERAGE, value: 0, pad: 1, countIncludePad: 1), folded)
    XCTAssertEqual(try pooled(PF_POOL_AVERAGE, value: 0, pad: 1), kept)
    XCTAssertEqual(try pooled(PF_POOL_AVERAGE, value: 0, ceilMode: 1), kept)
    XCTAssertEqual(try pooled(PF_POOL_MAX, value: 0), kept)
    XCTAssertEqual(try pooled(PF_POOL_MAX, value: -.infinity), folded)
  }
}

final class FoldScaleAndShiftTests: XCTestCase {
  private let passes: [any Pass] = [EliminateTransposes(), RemoveIdentities(), FoldScaleAndShift(), RemoveUnused()]

  func testBatchNormalizationBehind() throws {
    for (groups, hasBias) in [(1, true), (1, false), (2, false), (4, true)] {
      var network = TestNetwork()
      let x = network.input([nil, 4, nil, nil])
      let y = network.convolution(x, from: 4, to: 8, window(3, pad: 1), groups: groups, hasBias: hasBias)
      network.output(network.batchNormalization(y, channels: 8), name: "y")
      let graph = try applying(passes, to: network, .sums(of: 40))
      XCTAssertEqual(graph.operations, ["transpose", "convolution", "transpose"])
    }
  }

  func testEveryFunctionBehindFullyConnected() throws {
    var network = TestNetwork()
    let x = network.input([nil, 5])
    var y = network.fullyConnected(x, from: 5, to: 6)
    y = network.binary(PF_SUBTRACT, y, network.constant([6]))
    y = network.binary(PF_SUBTRACT, network.constant([1]), y)
    y = network.binary(PF_DIVIDE, y, network.constant([1, 6], in: 1...2))
    y = network.binary(PF_MULTIPLY, network.constant([]), y)
    network.output(y, name: "y")
    let graph = try applying(passes, to: network, .sums(of: 20))
    XCTAssertEqual(graph.operations, ["fully-connected"])
  }

  func testScaleAndShiftBefore() throws {
    for groups in [1, 3] {
      var network = TestNetwork()
      let x = network.input([nil, 5, 7, 6])
      let scaled = network.binary(PF_MULTIPLY, x, network.constant([6]))
      let shifted = network.binary(PF_ADD, scaled, network.constant([6]))
      let convolution = with(Convolution()) { ($0.window, $0.groups) = (window(3), Int32(groups)) }
      network.output(
        network.add(.convolution(convolution), shifted, network.constant([12, 3, 3, 6 / groups])), name: "y")
      let graph = try applying(passes, to: network, .sums(of: 60))
      XCTAssertEqual(graph.operations, ["convolution"])
    }
  }

  func testShiftBeforePaddingStays() throws {
    var network = TestNetwork()
    let x = network.input([nil, 5, 7, 3])
    let convolution = Operation.convolution(with(Convolution()) { $0.window = window(3, pad: 1) })
    let shifted = network.binary(PF_ADD, x, network.constant([3]))
    network.output(network.add(convolution, shifted, network.constant([4, 3, 3, 3])), name: "shifted")
    let scaled = network.binary(PF_MULTIPLY, x, network.constant([3]))
    network.output(network.add(convolution, scaled, network.constant([4, 3, 3, 3])), name: "scaled")
    let graph = try applying(passes, to: network, .sums(of: 27))
    XCTAssertEqual(graph.operations, ["binary", "convolution", "convolution"])
  }

  func testWhatCannotBeFoldedStays() throws {
    let steps: [(inout TestNetwork, Value) -> Value] = [
      { network, y in network.binary(PF_DIVIDE, network.constant([4], in: 1...2), y) },
      { network, y in network.binary(PF_MAXIMUM, y, network.constant([4])) },
      { network, y in network.binary(PF_MULTIPLY, y, network.constant([5, 1])) },
      { network, y in network.binary(PF_MULTIPLY, y, network.constant([5, 4])) },
      { network, y in network.binary(PF_ADD, y, network.constant([1, 1, 1, 4])) },
      { network, y in
        network.output(y, name: "also an output")
        return network.binary(PF_ADD, y, network.constant([4]))
      },
      { network, y in
        network.binary(PF_MULTIPLY, network.binary(PF_ADD, y, network.constant([4])), network.unary(y, PF_TANH))
      },
    ]
    for step in steps {
      var network = TestNetwork()
      let y = network.fullyConnected(network.input([5, 3]), from: 3, to: 4)
      network.output(step(&network, y), name: "y")
      let count = network.graph.nodes.count
      let graph = try applying(passes, to: network)
      XCTAssertEqual(graph.nodes.count, count)
    }
  }

  func testSharedWeightsAreScaledOnce() throws {
    var network = TestNetwork()
    let x = network.input([nil, 3])
    let weights = network.constant([4, 3])
    let y = network.add(.fullyConnected(FullyConnected()), x, weights)
    network.output(network.binary(PF_MULTIPLY, y, network.constant([4])), name: "scaled")
    network.output(network.add(.fullyConnected(FullyConnected()), x, weights), name: "plain")
    let graph = try applying(passes, to: network, .sums(of: 3))
    XCTAssertEqual(graph.operations, ["fully-connected", "fully-connected"])
  }

  func testClampsStayBehindTheScale() throws {
    var network = TestNetwork()
    var y = network.fullyConnected(network.input([nil, 3]), from: 3, to: 4)
    y = network.relu(network.binary(PF_ADD, y, network.constant([4])))
    y = network.relu(network.binary(PF_SUBTRACT, network.constant([4]), y))
    network.output(y, name: "y")
    let graph = try applying([FuseActivation(), FoldScaleAndShift()], to: network, .sums(of: 5))
    XCTAssertEqual(graph.operations, ["fully-connected", "binary"])
  }
}
