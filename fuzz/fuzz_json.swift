import Foundation
import Fuzzing
import PrefactorFactorization
import PrefactorGraph
import PrefactorModelFormat

@testable import PrefactorCompiler

/// The two kinds of JSON that the command line reads, plans and preprocessing, and that of a factored layer's
/// parameters in a model.
@main
struct FuzzJSON {
  static func main() { fuzz(check) }
}

private func check(_ json: [UInt8]) {
  _ = try? Preprocessing(json: json)
  var graph = network
  try? FactorizationPlan(json: Data(json)).apply(to: &graph)
  graph.layers[0].parameters = String(decoding: json, as: UTF8.self)
  if let report = try? NetworkReport(graph) { _ = try! JSONEncoder().encode(report) }
}

/// Of layers that every method factors at once.
private let network: Graph = {
  var graph = Graph()
  graph.layers = ["conv", "fc"].map { Layer(name: $0, macsBefore: 0, bytesBefore: 0) }
  func weights(_ dims: [Int]) -> Value {
    graph.addConstant(Tensor(dims, (0..<dims.reduce(1, *)).map { Float($0 * $0 % 23) - 11 }))
  }
  var convolution = Convolution()
  (convolution.window.kernelHeight, convolution.window.kernelWidth) = (3, 3)
  let image = graph.addInput(name: "image", dims: [1, 5, 5, 4])
  let channels = graph.addNode(.convolution(convolution), [image, weights([4, 3, 3, 4])], name: "conv", layer: 0)
  var reshape = Reshape()
  (reshape.rank, reshape.dims[0], reshape.dims[1]) = (2, 1, Reshape.inferred)
  let flat = graph.addNode(.reshape(reshape), [channels], name: "flat")
  let scores = graph.addNode(.fullyConnected(FullyConnected()), [flat, weights([6, 36])], name: "fc", layer: 1)
  graph.outputs = [scores]
  graph.names[scores] = "scores"
  return graph
}()
