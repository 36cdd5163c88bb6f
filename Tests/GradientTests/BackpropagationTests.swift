import PrefactorGradients
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

final class BackpropagationTests: XCTestCase {
  func testRefusalNamesTheNode() throws {
    var test = TestGraph()
    let x = test.variable([1, 4, 4, 2])
    let resized = test.graph.addNode(.resize(with(Resize()) { ($0.height, $0.width) = (8, 8) }), [x], name: "upsample")
    XCTAssertThrowsError(try Backpropagation(test.graph, parameters: Set(test.parameters), output: resized)) {
      XCTAssertEqual("\($0)", "layer 'upsample': the gradient cannot come back through the operation resize")
    }
    let largest = test.graph.addNode(.reduction(with(Reduction(.maximum)) { $0.axes = 1 }), [x], name: "largest")
    XCTAssertThrowsError(try Backpropagation(test.graph, parameters: Set(test.parameters), output: largest)) {
      XCTAssertEqual("\($0)", "layer 'largest': the gradient cannot come back through the operation reduction")
    }
  }

  /// An operation without a rule does no harm where no gradient comes back through it.
  func testWhatParametersDoNotNeed() throws {
    var test = TestGraph()
    let image = test.graph.addInput(name: "image", dims: [1, 2, 2, 3])
    let resized = test.add(.resize(with(Resize()) { ($0.height, $0.width) = (4, 4) }), image)
    let weights = test.parameter([3])
    let product = test.add(.binary(Binary(.multiply)), resized, weights)
    let unused = test.parameter([2])
    let backpropagation = try Backpropagation(test.graph, parameters: Set(test.parameters), output: product)
    let tensor = Tensor.random([1, 2, 2, 3], seed: 3)
    _ = try backpropagation.engine.run([zeroInput, tensor])
    backpropagation.backward(from: [Float](repeating: 1, count: 48))
    for channel in 0..<3 {
      let sum = (0..<4).reduce(0) { $0 + 4 * tensor.floats[$1 * 3 + channel] }
      XCTAssertEqual(backpropagation.gradient(of: weights)[channel], sum, accuracy: 48 * 0x1p-24)
    }
    XCTAssertEqual(Array(backpropagation.gradient(of: unused)), [0, 0])
  }

  /// The input of the network itself is read.
  func testNetworkInput() throws {
    var graph = Graph()
    let x = graph.addInput(name: "x", dims: [nil, 3])
    let weights = graph.addConstant(.random([2, 3], seed: 1))
    let y = graph.addNode(.fullyConnected(FullyConnected()), [x, weights], name: "y")
    graph.outputs = [y]
    graph.names[y] = "y"
    let backpropagation = try Backpropagation(graph, parameters: [weights], binding: Binding(batch: 2))
    _ = try backpropagation.engine.run([Tensor([2, 3], [1, 2, 3, 4, 5, 6] as [Float])])
    backpropagation.backward(from: [1, 0, 0, 10])
    XCTAssertEqual(Array(backpropagation.gradient(of: weights)), [1, 2, 3, 40, 50, 60])
  }

  func testParametersAreConstants() throws {
    var test = TestGraph()
    let x = test.variable([2])
    XCTAssertThrowsError(try Backpropagation(test.graph, parameters: [x], output: x)) {
      XCTAssertEqual("\($0)", "'\(x.index)' is not a float32 constant, so it cannot be a parameter")
    }
  }

  /// Patches that are computed in several parts.
  func testLargeConvolution() throws {
    var graph = Graph()
    let x = graph.addInput(name: "x", dims: [1, 70, 41, 40])
    let weights = graph.addConstant(.random([2, 3, 3, 40], seed: 1))
    let convolution = with(Convolution()) { ($0.window.kernelHeight, $0.window.kernelWidth) = (3, 3) }
    let y = graph.addNode(.convolution(convolution), [x, weights], name: "y")
    graph.outputs = [y]
    graph.names[y] = "y"
    let backpropagation = try Backpropagation(graph, parameters: [weights])
    let image = Tensor.random([1, 70, 41, 40], seed: 2).floats
    let slopes = Tensor.random([1, 68, 39, 2], seed: 3).floats
    _ = try backpropagation.engine.run([Tensor([1, 70, 41, 40], image)])
    backpropagation.backward(from: slopes)
    let gradient = backpropagation.gradient(of: weights)
    for (filter, row, column, channel) in [(0, 0, 0, 0), (1, 2, 1, 39), (0, 1, 2, 17)] {
      var sum = 0.0
      for y in 0..<68 {
        for x in 0..<39 {
          sum += Double(slopes[(y * 39 + x) * 2 + filter]) * Double(image[((y + row) * 41 + x + column) * 40 + channel])
        }
      }
      // 68 · 39 terms below 1.
      XCTAssertEqual(
        Double(gradient[((filter * 3 + row) * 3 + column) * 40 + channel]), sum, accuracy: 68 * 39 * 0x1p-24)
    }
  }
}
