import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import PrefactorPasses

final class RemoveIdentitiesTests: XCTestCase {
  private func operations(dims: [Int?] = [nil, 3, nil, nil], _ build: (inout TestNetwork, Value) -> Value) throws
    -> [String]
  {
    var network = TestNetwork()
    let x = network.unary(network.input(dims), .exp)
    network.output(network.unary(build(&network, x), .tanh), name: "y")
    let graph = try applying([RemoveIdentities()], to: network)
    return Array(graph.operations.dropFirst().dropLast())
  }

  func testEveryIdentity() throws {
    let identities: [(inout TestNetwork, Value) -> Value] = [
      { network, x in network.unary(x, .copy) },
      { network, x in network.reshape(x, [Reshape.copy(0), 3, Reshape.copy(2), Reshape.inferred]) },
      { network, x in network.transpose(x, [0, 1, 2, 3]) },
      { network, x in network.slice(x, axis: 1, from: 0, to: 3) },
      { network, x in network.padding(x, perAxis(0), perAxis(0)) },
      { network, x in network.concatenation([x], axis: 1) },
      { network, x in network.add(.tile(Tile()), x) },
      { network, x in network.add(.cast(Cast(.float32)), x) },
      { network, x in network.add(.expansion(with(Expansion()) { ($0.rank, $0.dims) = (4, perAxis(1, 3, 1, 1)) }), x) },
      { network, x in network.binary(.add, x, network.constant([3, 1, 1], in: 0...0)) },
      { network, x in network.binary(.divide, x, network.constant([], in: 1...1)) },
    ]
    for identity in identities { XCTAssertEqual(try operations(identity), []) }
  }

  /// The same integers stand for other numbers behind a node that looks like an identity.
  func testQuantizationsOfTheirOwn() throws {
    for (scale, remaining) in [(0.5, ["slice"]), (0.25, ["reshape", "slice"])] as [(Float, [String])] {
      var network = TestNetwork()
      let x = network.graph.addInput(name: "x", type: .int8, dims: [4])
      let y = network.reshape(x, [4])
      let z = network.slice(y, axis: 0, from: 1, to: 3)
      network.output(z, name: "z")
      network.graph.quantizations = [
        x: Quantization(scale: 0.5), y: Quantization(scale: scale), z: Quantization(scale: 2),
      ]
      var graph = network.graph
      try RemoveIdentities().run(&graph)
      XCTAssertEqual(graph.operations, remaining)
      XCTAssertEqual(graph.quantizations[x], Quantization(scale: 0.5))
      XCTAssertEqual(graph.quantizations[z], Quantization(scale: 2))
      XCTAssertEqual(graph.quantizations.count, remaining.count + 1)
      XCTAssertNoThrow(try graph.encoded())
    }
  }

  func testWhatOnlyLooksLikeOne() throws {
    let others: [(inout TestNetwork, Value) -> Value] = [
      { network, x in network.slice(x, axis: 1, from: -1, to: .min, step: -1) },
      { network, x in network.padding(x, perAxis(0, 1), perAxis(0, -1)) },
      { network, x in network.transpose(x, [0, 1, 3, 2]) },
      { network, x in network.reshape(x, [Reshape.copy(0), 3, Reshape.copy(3), Reshape.copy(2)]) },
      { network, x in network.binary(.add, x, network.constant([1, 1, 1, 1, 1], in: 0...0)) },
      { network, x in network.binary(.subtract, network.constant([], in: 0...0), x) },
    ]
    for other in others { XCTAssertEqual(try operations(other).count, 1) }
    XCTAssertEqual(
      try operations(dims: [nil, 1]) { network, x in network.reshape(x, [1, -1]) }, ["reshape"],
      "the same for one image only")
  }

  func testOutputsStayValuesOfTheirOwn() throws {
    var network = TestNetwork()
    let x = network.input([nil, 3])
    let y = network.unary(x, .exp)
    network.output(network.unary(x, .copy), name: "input")
    network.output(network.unary(y, .copy), name: "first")
    network.output(network.unary(y, .copy), name: "second")
    network.output(network.unary(network.constant([2]), .copy), name: "constant")
    let graph = try applying([RemoveIdentities()], to: network)
    XCTAssertEqual(graph.operations, ["unary", "unary", "unary", "unary"])
  }
}
