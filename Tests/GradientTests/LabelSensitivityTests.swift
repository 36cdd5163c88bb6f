import PrefactorGradients
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

final class LabelSensitivityTests: XCTestCase {
  private let labels = 5, features = 3

  /// logits = W·x, whose gradient with respect to W is (softmax - indicator)·xᵀ, behind softmax and a reshape.
  private func classifier() -> (graph: Graph, weights: Value) {
    var graph = Graph()
    let x = graph.addInput(name: "x", dims: [nil, features])
    let weights = graph.addConstant(.random([labels, features], seed: 2))
    let logits = graph.addNode(.fullyConnected(FullyConnected()), [x, weights], name: "logits")
    let scores = graph.addNode(.softmax(with(Softmax()) { $0.axis = 1 }), [logits], name: "softmax")
    let flat = graph.addNode(
      .reshape(with(Reshape()) { ($0.rank, $0.dims) = (2, perAxis(-2, -1)) }), [scores], name: "flat")
    graph.outputs = [flat]
    graph.names[flat] = "scores"
    return (graph, weights)
  }

  func testFormula() throws {
    let (graph, weights) = classifier()
    let matrix = graph.constants[weights]!.floats.map(Double.init)
    let backpropagation = try Backpropagation(graph, parameters: [weights])
    for (wrongLabels, isRightKnown) in [(1, true), (2, true), (3, false), (9, true)] {
      var sensitivity = try LabelSensitivity(backpropagation, wrongLabels: wrongLabels)
      var expected = [Double](repeating: 0, count: labels * features)
      for image in 0..<4 {
        let x = Tensor.random([1, features], seed: 10 + image, in: -2...2)
        _ = try backpropagation.engine.run([x])
        let right = isRightKnown ? image : nil
        try sensitivity.add(rightLabel: right)

        let logits = (0..<labels).map { label in
          (0..<features).reduce(0) { $0 + matrix[label * features + $1] * Double(x.floats[$1]) }
        }
        let sum = logits.reduce(0) { $0 + exp($1) }
        let ranking = (0..<labels).sorted { logits[$0] > logits[$1] }
        for wrong in ranking.filter({ $0 != right ?? ranking[0] }).prefix(wrongLabels) {
          for label in 0..<labels {
            let slope = exp(logits[label]) / sum - (label == wrong ? 1 : 0)
            for feature in 0..<features {
              expected[label * features + feature] += slope * slope * Double(x.floats[feature] * x.floats[feature])
            }
          }
        }
      }
      XCTAssertEqual(sensitivity.images, 4)
      // Sums of up to 16 squares of up to 4, of which each has a few roundings.
      for (found, expected) in zip(sensitivity.squares[weights]!, expected) {
        XCTAssertEqual(found, expected, accuracy: 16 * 4 * 8 * 0x1p-24)
      }
    }
  }

  func testBatchIsRefused() throws {
    let (graph, weights) = classifier()
    let backpropagation = try Backpropagation(graph, parameters: [weights], binding: Binding(batch: 2))
    XCTAssertThrowsError(try LabelSensitivity(backpropagation, wrongLabels: 2)) {
      XCTAssertEqual("\($0)", "an output of 2×5 is not the scores of one image")
    }
  }
}
