import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import PrefactorPasses

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
    func pooled(_ kind: PoolKind, value: Float, pad: Int32 = 0, ceilMode: Int32 = 0, countIncludePad: Int32 = 0)
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
    XCTAssertEqual(try pooled(.average, value: 0), folded)
    XCTAssertEqual(try pooled(.average, value: 0, pad: 1, countIncludePad: 1), folded)
    XCTAssertEqual(try pooled(.average, value: 0, pad: 1), kept)
    XCTAssertEqual(try pooled(.average, value: 0, ceilMode: 1), kept)
    XCTAssertEqual(try pooled(.maximum, value: 0), kept)
    XCTAssertEqual(try pooled(.maximum, value: -.infinity), folded)
  }
}
