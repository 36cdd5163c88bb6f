import Foundation
import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import XCTest

@testable import PrefactorFactorization

final class FactorizationPlanTests: XCTestCase {
  private let example = """
    {"conv1": {"method": "channel", "rank": 6},
     "conv2": {"method": "tucker2", "inputRank": 5, "outputRank": 4, "metric": "frobenius"},
     "fc6": {"method": "svd", "rank": 3}, "grouped": {"method": "none"}}
    """

  // MARK: Application

  func testEachLayerBecomesItsChain() throws {
    var graph = network()
    let before = graph
    try FactorizationPlan(json: Data(example.utf8)).apply(to: &graph)
    XCTAssertEqual(
      graph.nodes.map(\.name),
      [
        "conv1/channel-1", "conv1/channel-2", "conv2/tucker2-1", "conv2/tucker2-2", "conv2/tucker2-3", "grouped",
        "reshape", "fc6/svd-1", "fc6/svd-2",
      ])
    XCTAssertEqual(graph.nodes.map(\.layer), [0, 0, 1, 1, 1, 2, nil, 3, 3])
    XCTAssertEqual(graph.layers.map(\.method), ["channel", "tucker2", "none", "svd"])
    XCTAssertEqual(
      graph.layers.map(\.parameters),
      [
        #"{"metric":"frobenius","rank":6}"#, #"{"inputRank":5,"metric":"frobenius","outputRank":4}"#, "{}",
        #"{"metric":"frobenius","rank":3}"#,
      ])
    XCTAssertEqual(graph.layers.map { $0.relativeError > 0 }, [true, true, false, true])
    XCTAssertEqual(graph.layers.map(\.macsBefore), before.layers.map(\.macsBefore))
    XCTAssertEqual(graph.outputs, before.outputs)
    XCTAssertEqual(graph.constants.count, 2 + 3 + 1 + 2 + 2, "the weights of the chains, of 'grouped', and two biases")
    XCTAssertEqual(try graph.shapes(graph.referenceBinding)[graph.outputs[0]]?.dims, [1, 10])
    _ = try Engine(graph: graph)
  }

  func testClampBiasAndStrideAreWhereTheyBelong() throws {
    var graph = network()
    try FactorizationPlan(json: Data(example.utf8)).apply(to: &graph)
    for node in graph.nodes {
      let isLast = ["conv1/channel-2", "conv2/tucker2-3", "grouped", "fc6/svd-2"].contains(node.name)
      switch node.operation {
      case .convolution(let convolution):
        XCTAssertEqual(convolution.clamp.isNone, !isLast, node.name)
        XCTAssertEqual(convolution.window.strideHeight, node.name == "conv1/channel-1" ? 2 : 1, node.name)
      case .fullyConnected(let fullyConnected): XCTAssertEqual(fullyConnected.clamp.isNone, !isLast, node.name)
      default: break
      }
      XCTAssertEqual(node.inputs.count > 2, ["conv1/channel-2", "fc6/svd-2"].contains(node.name), node.name)
    }
  }

  func testParallelLinksAreJoinedAndOrdersRestored() throws {
    var graph = network()
    let plan = """
      {"conv2": {"method": "bicluster-svd", "inputClusters": 2, "outputClusters": 2, "k1": 3, "k2": 3}}
      """
    try FactorizationPlan(json: Data(plan.utf8)).apply(to: &graph)
    // A part of an image or a parallel factor has a number.
    let names = graph.nodes.map(\.name).filter { $0.hasPrefix("conv2/") && !($0.contains("puts.")) }
    XCTAssertEqual(
      names,
      ["1-inputs", "1.1", "1.2", "1", "2", "3", "outputs"].map { "conv2/bicluster-svd-\($0)" })
    let groups = graph.nodes.filter { $0.layer == 1 }.compactMap { node -> Int32? in
      if case .convolution(let convolution) = node.operation { convolution.groups } else { nil }
    }
    XCTAssertEqual(groups, [2, 2, 4, 2])
    _ = try Engine(graph: graph)
  }

  func testNothingChangesOnAnError() throws {
    var graph = network()
    let weights = graph.nodes[4].inputs[1]!
    graph.constants[weights] = Tensor(
      graph.constants[weights]!.dims, [Float](repeating: .nan, count: graph.constants[weights]!.count))
    XCTAssertThrowsError(try FactorizationPlan(json: Data(example.utf8)).apply(to: &graph)) {
      XCTAssertEqual(
        "\($0)", "layer 'fc6': its weights cannot be factored: there are values that are infinite or not a number")
    }
    XCTAssertEqual(graph.nodes.count, 5)
    XCTAssertEqual(graph.layers.map(\.method), ["none", "none", "none", "none"])
  }

  func testPlansAreReadAsTheyAreWritten() throws {
    let plan = try FactorizationPlan(json: Data(example.utf8))
    XCTAssertEqual(try FactorizationPlan(json: Data(plan.json.utf8)), plan)
    XCTAssertEqual(plan.choices["fc6"], .init(method: "svd", parameters: ["rank": .integer(3)]))
  }

  // MARK: Refusals

  func testRefusalsSayWhatWouldBeAccepted() {
    let windowMethods = "channel, spatial, tucker2, monochromatic, cp, bicluster-svd, bicluster-outer, separable-basis"
    let cases = [
      (
        #"{"conv3": {"method": "none"}}"#,
        "layer 'conv3': there is no such layer; layers are 'conv1', 'conv2', 'fc6', 'grouped'"
      ),
      (
        #"{"conv1": {"method": "chanel"}}"#,
        "layer 'conv1': there is no method 'chanel'; accepted: none, svd, \(windowMethods)"
      ),
      (#"{"conv1": {"rank": 3}}"#, #"layer 'conv1': "method" must be one of none, svd, \#(windowMethods)"#),
      (#"{"conv1": {"method": 3}}"#, #"layer 'conv1': "method" must be one of none, svd, \#(windowMethods)"#),
      (#"{"conv1": {"method": "channel"}}"#, "layer 'conv1': channel needs 'rank'; accepted: 1 to 12"),
      (#"{"conv1": {"method": "channel", "rank": 13}}"#, "layer 'conv1': 'rank' is 13; accepted: 1 to 12"),
      (#"{"conv1": {"method": "channel", "rank": 0}}"#, "layer 'conv1': 'rank' is 0; accepted: 1 to 12"),
      (#"{"conv1": {"method": "channel", "rank": "six"}}"#, #"layer 'conv1': 'rank' is "six"; accepted: 1 to 12"#),
      (#"{"conv1": {"method": "channel", "rank": 6.5}}"#, "layer 'conv1': 'rank' is neither a whole number nor text"),
      (#"{"conv1": {"method": "channel", "rank": true}}"#, "layer 'conv1': 'rank' is neither a whole number nor text"),
      (
        #"{"conv1": {"method": "channel", "rank": 6, "k": 2}}"#,
        "layer 'conv1': channel has no 'k'; accepted: metric, rank"
      ),
      (#"{"conv1": {"method": "none", "rank": 6}}"#, "layer 'conv1': none has no 'rank'; accepted: no parameters"),
      (
        #"{"conv1": {"method": "channel", "rank": 6, "metric": "loss"}}"#,
        #"layer 'conv1': there is no metric "loss"; accepted: frobenius, data, mahalanobis"#
      ),
      (
        #"{"conv1": {"method": "channel", "rank": 6, "metric": "data"}}"#,
        #"layer 'conv1': the metric "data" is measured on calibration images, and there are none; "#
          + #"without them: "frobenius""#
      ),
      (
        #"{"conv2": {"method": "tucker2", "inputRank": 2}}"#,
        "layer 'conv2': tucker2 needs 'outputRank'; accepted: 1 to 16"
      ),
      (
        #"{"fc6": {"method": "spatial", "rank": 6}}"#,
        """
        layer 'fc6': spatial cannot factor it, because it is a fully-connected layer, not a convolution; accepted: \
        none, svd
        """
      ),
      (
        #"{"conv1": {"method": "svd", "rank": 6}}"#,
        "layer 'conv1': svd cannot factor it, because its window is larger than 1×1; accepted: none, \(windowMethods)"
      ),
      (
        #"{"grouped": {"method": "bicluster-svd", "inputClusters": 1, "outputClusters": 1, "k1": 1, "k2": 1}}"#,
        """
        layer 'grouped': bicluster-svd cannot factor it, because its channels are in 4 groups already; accepted: \
        none, channel, spatial, tucker2, monochromatic, cp, separable-basis
        """
      ),
      (
        #"{"conv1": {"method": "monochromatic", "colors": 5}}"#,
        "layer 'conv1': 'colors' is 5; accepted: 1, 2, 3, 4, 6, 12"
      ),
      (
        #"{"conv1": {"method": "monochromatic"}}"#,
        "layer 'conv1': monochromatic needs 'colors'; accepted: 1, 2, 3, 4, 6, 12"
      ),
      (#"{"conv1": {"method": "cp", "rank": 37}}"#, "layer 'conv1': 'rank' is 37; accepted: 1 to 36"),
      (#"{"conv1": {"method": "separable-basis", "terms": 26}}"#, "layer 'conv1': 'terms' is 26; accepted: 1 to 25"),
      (
        #"{"conv2": {"method": "bicluster-svd", "inputClusters": 5, "outputClusters": 8, "k1": 1, "k2": 1}}"#,
        "layer 'conv2': 'inputClusters' is 5; accepted: 1, 2, 3, 4, 6, 12"
      ),
      (
        #"{"conv2": {"method": "bicluster-svd", "inputClusters": 4, "outputClusters": 8, "k1": 4, "k2": 1}}"#,
        "layer 'conv2': 'k1' is 4; accepted: 1 to 3"
      ),
      (
        #"{"conv2": {"method": "bicluster-svd", "inputClusters": 4, "outputClusters": 8, "k1": 3, "k2": 3}}"#,
        "layer 'conv2': 'k2' is 3; accepted: 1 to 2"
      ),
      (
        #"{"conv2": {"method": "bicluster-outer", "inputClusters": 4, "outputClusters": 8, "terms": 7}}"#,
        "layer 'conv2': 'terms' is 7; accepted: 1 to 6"
      ),
      (
        #"{"fc6": {"method": "monochromatic", "colors": 2}}"#,
        """
        layer 'fc6': monochromatic cannot factor it, because it is a fully-connected layer, not a convolution; \
        accepted: none, svd
        """
      ),
      (
        #"{"grouped": {"method": "channel", "rank": 5}}"#, "layer 'grouped': 'rank' is 5; accepted: 1 to 2"
      ),
      (#"{"conv1": {"method": "channel", "rank": null}}"#, "layer 'conv1': 'rank' is neither a whole number nor text"),
      (#"{"conv1": 3}"#, #"layer 'conv1': must be an object, as in {"conv1": {"method": "channel", "rank": 64}}"#),
      (#"{"conv1": null}"#, #"layer 'conv1': must be an object, as in {"conv1": {"method": "channel", "rank": 64}}"#),
      ("[]", #"must be an object, as in {"conv1": {"method": "channel", "rank": 64}}"#),
      ("{", "is not valid JSON"), ("", "is not valid JSON"),
    ]
    for (json, message) in cases {
      var graph = network()
      XCTAssertThrowsError(try FactorizationPlan(json: Data(json.utf8)).apply(to: &graph), json) {
        XCTAssertEqual("\($0)", message)
      }
    }
  }

  func testALayerIsFactoredOnce() throws {
    var graph = network()
    let plan = FactorizationPlan(["fc6": .init(method: "svd", parameters: ["rank": .integer(3)])])
    try plan.apply(to: &graph)
    XCTAssertThrowsError(try plan.apply(to: &graph)) {
      XCTAssertEqual("\($0)", "layer 'fc6': it is already factored by svd")
    }
    XCTAssertNil(try FactorizationPlan.keeping(energy: 0.5, in: graph, binding: graph.referenceBinding).choices["fc6"])
  }

  func testManyLayersAreNamedByLikeness() {
    var graph = Graph()
    graph.layers = (1...40).map { Layer(name: "block\($0)/conv", macsBefore: 0, bytesBefore: 0) }
    XCTAssertThrowsError(try FactorizationPlan(["blok17/conv": .none]).apply(to: &graph)) { error in
      XCTAssertTrue(
        "\(error)".hasPrefix("layer 'blok17/conv': there is no such layer; layers are 'block17/conv', "), "\(error)")
      XCTAssertTrue("\(error)".hasSuffix(" and 28 others"), "\(error)")
    }
  }

  // MARK: Energy

  func testEnergyPicksTheFewestMultiplies() throws {
    let graph = network()
    var seen: [String] = []
    let plan = try FactorizationPlan.keeping(energy: 0.6, in: graph, binding: graph.referenceBinding) {
      name, index, count in
      XCTAssertEqual([index, count], [seen.count, 4])
      seen.append(name)
    }
    XCTAssertEqual(seen, ["conv1", "conv2", "grouped", "fc6"])
    XCTAssertEqual(Set(plan.choices.keys), Set(seen))

    let shapes = try graph.shapes(graph.referenceBinding)
    for (index, layer) in graph.layers.enumerated() {
      let dense = graph.denseLayer(index)!
      let input = shapes[graph.nodes[graph.node(ofLayer: index)!].inputs[0]!]!
      let candidates = try methods.filter { $0.refusal(ofPartsOf: dense) == nil }.compactMap {
        $0 as? any SpectralMethod
      }.map { method in
        let ranks = try method.ranks(of: dense, keeping: 0.6)
        return try (
          FactorizationPlan.Choice(method.with(ranks), of: dense),
          method.with(ranks).chain(forPartsOf: dense).multiplyAdds(input: input)
        )
      }
      let best = candidates.min { $0.1 < $1.1 }!
      XCTAssertEqual(
        plan.choices[layer.name], best.1 < layer.macsBefore ? best.0 : FactorizationPlan.Choice.none, layer.name)
    }
    XCTAssertTrue(plan.choices.values.contains { $0.method != "none" })

    var factored = graph
    try plan.apply(to: &factored)
    for (before, after) in zip(graph.layers, try factored.layerCosts()) {
      XCTAssertLessThanOrEqual(after.macs, before.macsBefore)
    }
  }

  func testWithAllTheEnergyEveryLayerIsLeftAlone() throws {
    let graph = network()
    let plan = try FactorizationPlan.keeping(energy: 1, in: graph, binding: graph.referenceBinding)
    XCTAssertEqual(Set(plan.choices.values.map(\.method)), ["none"])
  }

  func testEnergyIsAShare() {
    for energy in [0, -1, 1.1, .nan] {
      XCTAssertThrowsError(try FactorizationPlan.keeping(energy: energy, in: network(), binding: Binding())) {
        XCTAssertEqual("\($0)", "an energy of \(energy) is not allowed; accepted: above 0, up to 1")
      }
    }
  }

  // MARK: A network

  private func network() -> Graph {
    var graph = Graph()
    var numbers = Numbers(seed: 11)
    let names = ["conv1", "conv2", "grouped", "fc6"]
    graph.layers = names.map { Layer(name: $0, macsBefore: 0, bytesBefore: 0) }

    func convolution(_ kernel: Int32, stride: Int32 = 1, groups: Int32 = 1) -> PrefactorModelFormat.Operation {
      var convolution = Convolution()
      (convolution.window.kernelHeight, convolution.window.kernelWidth) = (kernel, kernel)
      (convolution.window.strideHeight, convolution.window.strideWidth) = (stride, stride)
      (convolution.groups, convolution.clamp) = (groups, .relu)
      return .convolution(convolution)
    }
    func add(_ operation: PrefactorModelFormat.Operation, _ input: Value, weights: [Int], bias: Bool, layer: Int)
      -> Value
    {
      var inputs: [Value?] = [input, graph.addConstant(numbers.tensor(weights))]
      if bias { inputs.append(graph.addConstant(numbers.tensor([weights[0]]))) }
      return graph.addNode(operation, inputs, name: names[layer], layer: layer)
    }
    var value = graph.addInput(name: "image", dims: [1, 21, 21, 3])
    value = add(convolution(5, stride: 2), value, weights: [12, 5, 5, 3], bias: true, layer: 0)
    value = add(convolution(3), value, weights: [16, 3, 3, 12], bias: false, layer: 1)
    value = add(convolution(3, groups: 4), value, weights: [8, 3, 3, 4], bias: false, layer: 2)
    var reshape = Reshape()
    (reshape.rank, reshape.dims[0], reshape.dims[1]) = (2, 1, Reshape.inferred)
    value = graph.addNode(.reshape(reshape), [value], name: "reshape")
    value = add(.fullyConnected(FullyConnected(clamp: .relu)), value, weights: [10, 200], bias: true, layer: 3)
    graph.outputs = [value]
    graph.names[value] = "scores"
    for (index, cost) in try! graph.layerCosts().enumerated() { graph.layers[index].macsBefore = cost.macs }
    return graph
  }
}

extension FullyConnected {
  fileprivate init(clamp: Clamp) {
    self.init()
    self.clamp = clamp
  }
}
