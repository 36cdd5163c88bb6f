import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import PrefactorPasses

/// How far two results of the same sums may differ.
enum Agreement {
  case exact
  /// Sums of so many products in another order, or with factors rounded once more: each term contributes an error of ε.
  case sums(of: Int)
}

/// Runs passes, and checks that the network's interface and layers stay and that its outputs are the same on random
/// inputs of each size.
func applying(
  _ passes: [any Pass], to network: TestNetwork, _ agreement: Agreement = .exact,
  bindings: [Binding] = [Binding(batch: 1, height: 8, width: 8), Binding(batch: 3, height: 7, width: 10)],
  file: StaticString = #filePath, line: UInt = #line
) throws -> Graph {
  let original = network.graph
  var graph = original
  for pass in passes { try pass.run(&graph) }
  XCTAssertEqual(graph.outputs, original.outputs, file: file, line: line)
  XCTAssertEqual(
    graph.outputs.map { graph.names[$0] }, original.outputs.map { original.names[$0] }, file: file, line: line)
  XCTAssertEqual(Set(graph.nodes.compactMap(\.layer)), Set(original.layers.indices), file: file, line: line)
  XCTAssertTrue(graph.isOrdered, "a node comes before what it needs", file: file, line: line)
  for binding in bindings {
    var options = EngineOptions()
    if original.inputs.contains(where: { $0.dims.first == .some(nil) }) { options.batch = binding.batch }
    if original.inputs.contains(where: { $0.dims.dropFirst().contains(nil) }) {
      (options.height, options.width) = (binding.height, binding.width)
    }
    let before = try Engine(graph: original, options: options)
    let after = try Engine(graph: graph, options: options)
    XCTAssertEqual(before.inputs, after.inputs, file: file, line: line)
    XCTAssertEqual(before.outputs, after.outputs, file: file, line: line)
    let inputs = before.inputs.enumerated().map { Tensor.random($1.dims, seed: 1000 + $0) }
    for (expected, found) in zip(try before.run(inputs), try after.run(inputs)) {
      assertEqual(found, expected, agreement, file: file, line: line)
    }
  }
  return graph
}

private func assertEqual(_ found: Tensor, _ expected: Tensor, _ agreement: Agreement, file: StaticString, line: UInt) {
  guard case .sums(let terms) = agreement, found.type == .float32, found.dims == expected.dims else {
    XCTAssertEqual(found, expected, file: file, line: line)
    return
  }
  let largest = expected.floats.map(abs).max() ?? 0
  let difference = zip(found.floats, expected.floats).map { abs($0 - $1) }.max() ?? 0
  XCTAssertLessThanOrEqual(difference, Float(terms) * .ulpOfOne * largest, file: file, line: line)
}

extension Graph {
  fileprivate var isOrdered: Bool {
    var known = Set(inputs.map(\.value)).union(constants.keys)
    return nodes.allSatisfy { node in
      defer { known.insert(node.output) }
      return known.isSuperset(of: node.inputs.compactMap { $0 })
    }
  }

  /// The names of the operations, in order.
  var operations: [String] { nodes.map { "\($0.operation.name)" } }

  func count(_ operation: String) -> Int { operations.count { $0 == operation } }
}
