import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import PrefactorPasses

final class FoldChannelOrdersTests: XCTestCase {
  /// Gathers that remain of one in the middle of a network.
  private func remaining(
    _ build: (inout TestNetwork, Value) -> Value, file: StaticString = #filePath, line: UInt = #line
  ) throws -> Int {
    var network = TestNetwork()
    let x = network.input([nil, 3, nil, nil])
    network.output(build(&network, x), name: "y")
    let graph = try applying(
      [EliminateTransposes(), FoldChannelOrders(), RemoveUnused()], to: network, .sums(of: 400), file: file, line: line)
    return graph.count("gather")
  }

  private func order(_ network: inout TestNetwork, _ x: Value, _ indices: [Int64], axis: Int32 = 1) -> Value {
    network.add(
      .gather(with(Gather()) { $0.axis = axis }), x, network.graph.addConstant(Tensor([indices.count], indices)))
  }

  func testIntoTheLayerBehind() throws {
    XCTAssertEqual(
      try remaining { network, x in
        let turned = order(&network, x, [2, 0, -2])
        return network.convolution(
          network.pool(network.relu(turned), .maximum, window(3, stride: 2, pad: 1)), from: 3, to: 5, window(3))
      }, 0)
  }

  func testThroughDepthwiseLayersAndMeansIntoAFullyConnectedOne() throws {
    XCTAssertEqual(
      try remaining { network, x in
        let depthwise = network.convolution(
          order(&network, x, [1, 2, 0]), from: 3, to: 3, window(3, pad: 1), groups: 3)
        return network.fullyConnected(network.flatten(network.average(depthwise, axes: 0b1100)), from: 3, to: 4)
      }, 0)
  }

  func testIntoTheLayerInFront() throws {
    XCTAssertEqual(
      try remaining { network, x in
        let y = network.convolution(x, from: 3, to: 6, window(3, pad: 1))
        return order(
          &network, network.relu(network.convolution(y, from: 6, to: 6, window(3), groups: 6)), [5, 3, 1, 0, 2, 4])
      }, 0)
  }

  func testFlattenedImages() throws {
    var network = TestNetwork()
    let x = network.input([nil, 3, 2, 4])
    let turned = order(&network, x, [3, 1, 0, 2], axis: 3)
    network.output(network.fullyConnected(network.flatten(turned), from: 24, to: 5), name: "y")
    XCTAssertEqual(try applying([FoldChannelOrders(), RemoveUnused()], to: network, .sums(of: 24)).count("gather"), 0)
  }

  func testIntoOtherOrders() throws {
    func convolution(_ network: inout TestNetwork, _ x: Value) -> Value { network.convolution(x, from: 3, to: 3) }
    XCTAssertEqual(
      try remaining { network, x in
        let turned = order(&network, convolution(&network, x), [2, 0, 1])
        return convolution(&network, order(&network, network.relu(turned), [1, 2, 0]))
      }, 0)
    // One after another where no layer takes any: one remains.
    func normalization(_ network: inout TestNetwork, _ x: Value) -> Value {
      network.channelsLast(.responseNormalization(with(ResponseNormalization()) { $0.size = 3 }), x)
    }
    XCTAssertEqual(
      try remaining { network, x in
        let turned = order(&network, normalization(&network, x), [2, 0, -2])
        return normalization(&network, order(&network, network.relu(turned), [1, 0, 2]))
      }, 1)
    XCTAssertEqual(
      try remaining { network, x in
        let turned = order(&network, normalization(&network, x), [1, 2, 0])
        return network.convolution(
          order(&network, turned, [0, 1, 1, 2, 0, 2, 0]), from: 7, to: 7, window(3), groups: 7)
      }, 1)
    // Behind a gather that repeats channels, and before one.
    XCTAssertEqual(
      try remaining { network, x in
        let colors = order(&network, x, [0, 1, 1, 2, 0, 2])
        return order(&network, network.convolution(colors, from: 6, to: 6, window(3), groups: 6), [5, 3, 1, 0, 2, 4])
      }, 1)
  }

  func testThroughSeveralFiltersAChannel() throws {
    XCTAssertEqual(
      try remaining { network, x in
        let basis = network.convolution(order(&network, x, [1, 2, 0]), from: 3, to: 6, window(3, pad: 1), groups: 3)
        return network.convolution(network.relu(basis), from: 6, to: 4)
      }, 0)
  }

  /// Where others read the channels too, where they are normalized across, where some are left out or come twice.
  func testWhatStays() throws {
    XCTAssertEqual(
      try remaining { network, x in
        let turned = order(&network, x, [2, 0, 1])
        return network.binary(.add, network.convolution(turned, from: 3, to: 3), turned)
      }, 1)
    XCTAssertEqual(
      try remaining { network, x in
        let lrn = network.channelsLast(
          .responseNormalization(with(ResponseNormalization()) { $0.size = 3 }), order(&network, x, [2, 0, 1]))
        return network.convolution(lrn, from: 3, to: 3)
      }, 1)
    XCTAssertEqual(
      try remaining { network, x in network.convolution(order(&network, x, [2, 2, 1]), from: 3, to: 3) }, 1)
    XCTAssertEqual(try remaining { network, x in network.convolution(order(&network, x, [2, 1]), from: 2, to: 3) }, 1)
  }
}
