import PrefactorGraph
import PrefactorModelFormat

extension Graph {
  /// A network of one step, for finding out what the library can do here.
  public static var probe: Graph {
    var graph = Graph()
    let input = graph.addInput(name: "input", dims: [1])
    let output = graph.addNode(.softmax(Softmax()), [input], name: "probe")
    graph.names[output] = "output"
    graph.outputs = [output]
    return graph
  }
}
