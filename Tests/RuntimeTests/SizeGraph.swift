import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport

/// A graph whose sizes are computed, in words.
struct SizeGraph {
  var graph = Graph()

  mutating func append(_ operation: SizeOperation, _ operands: Int...) -> Int {
    let words = operands.map { UInt32($0) } + [0, 0, 0]
    return append(SizeExpression(operation, words[0], words[1], words[2]))
  }
  mutating func append(_ expression: SizeExpression) -> Int {
    graph.expressions.append(expression)
    return graph.expressions.count - 1
  }
  mutating func constant(_ value: Int64) -> Int { append(.integer(value)) }
  /// A new symbol, and its expression.
  mutating func symbol(_ name: String, _ role: SymbolRole) -> (InputDimension, expression: Int) {
    let index = graph.symbol(named: name, role)
    return (.symbol(index), append(.symbol(index)))
  }

  mutating func add(_ operation: Operation, _ inputs: [Value?], name: String, _ bindings: [Int: Int] = [:]) -> Value {
    graph.addNode(
      operation, inputs, name: name,
      bindings: bindings.sorted { $0.key < $1.key }.map { AttributeBinding(word: $0.key, expression: $0.value) })
  }

  mutating func addOutput(_ value: Value, _ name: String, _ dimensions: [OutputDimension]?) {
    graph.outputs.append(value)
    graph.names[value] = name
    graph.outputDimensions[value] = dimensions
  }
}

extension TestGraph {
  /// What is computed from the sizes of a channels-last image: every word that can be, by all of the arithmetic.
  static var sizes: Graph {
    var sizes = SizeGraph()
    let (batch, n) = sizes.symbol("N", .batch)
    let (height, h) = sizes.symbol("H", .height)
    let (width, w) = sizes.symbol("W", .width)
    sizes.graph.preprocessing = Preprocessing(
      width: 13, height: 10, channels: .rgb, mean: [120, 110, 100], deviation: [60, 50, 40])
    sizes.graph.preprocessing?.isChannelsLast = true
    let image = sizes.graph.addInput(name: "image", dimensions: [batch, height, width, .fixed(3)])

    // To a multiple of 4, and to half of that.
    let zero = sizes.constant(0)
    let two = sizes.constant(2)
    let four = sizes.constant(4)
    let missing = [h, w].map { sizes.append(.modulo, sizes.append(.subtract, zero, $0), four) }
    let padded = sizes.add(.padding(Padding()), [image], name: "padded", [11: missing[0], 12: missing[1]])
    let window = with(Window()) {
      ($0.kernelHeight, $0.kernelWidth, $0.strideHeight, $0.strideWidth, $0.padTop, $0.padLeft) = (2, 2, 2, 2, 0, 0)
    }
    let halved = sizes.add(
      .convolution(with(Convolution()) { $0.window = window }),
      [padded, sizes.graph.addConstant(.random([8, 2, 2, 3], seed: 1))], name: "halved")

    // Four rows and columns from the middle, or what there is of them.
    let halves = [(h, missing[0]), (w, missing[1])].map { sizes.append(.floorDivide, sizes.append(.add, $0, $1), two) }
    let kept = halves.map { sizes.append(.minimum, $0, four) }
    let starts = zip(halves, kept).map {
      sizes.append(.maximum, sizes.append(.floorDivide, sizes.append(.subtract, $0, $1), two), zero)
    }
    let ends = zip(starts, kept).map { sizes.append(.add, $0, $1) }
    let middle = sizes.add(
      .slice(Slice()), [halved], name: "middle", [1: starts[0], 2: starts[1], 9: ends[0], 10: ends[1]])

    // As large as the image again.
    let scales = zip([h, w], kept).map {
      sizes.append(.floatDivide, sizes.append(.integerToFloat, $0), sizes.append(.integerToFloat, $1))
    }
    let resized = sizes.add(
      .resize(with(Resize()) { $0.mode = Resize.Mode.linear }), [middle], name: "resized",
      [3: h, 4: w, 5: scales[0], 6: scales[1]])
    let channels = sizes.graph.addConstant(.random([1, 1, 1, 8], seed: 2))
    let bias = sizes.add(
      .expansion(with(Expansion()) { ($0.rank, $0.dims) = (4, perAxis(0, 0, 0, 8)) }), [channels], name: "bias",
      [1: n, 2: h, 3: w])
    let sum = sizes.add(.binary(Binary(.add)), [resized, bias], name: "sum")

    let area = sizes.append(.multiply, h, w)
    let flat = sizes.add(
      .reshape(with(Reshape()) { ($0.rank, $0.dims) = (3, perAxis(0, 0, 8)) }), [sum], name: "flat", [1: n, 2: area])
    let total = sizes.add(
      .reduction(with(Reduction(.sum)) { ($0.axes, $0.keepDims) = (0b10, 0) }), [flat], name: "total")
    let pixels = sizes.add(.sizes(Sizes()), [], name: "pixels", [2: area])
    let count = sizes.add(.cast(Cast(.float32)), [pixels], name: "count")
    let mean = sizes.add(.binary(Binary(.divide)), [total, count], name: "mean")

    // ⌈√(H · W) / 4⌉ times, at most three times where the image is wider than high.
    let root = sizes.append(.floatSquareRoot, sizes.append(.integerToFloat, area))
    let quarter = sizes.append(.floatMultiply, root, sizes.append(.float(0.25)))
    let repeats = sizes.append(.floatToInteger, sizes.append(.floatCeiling, quarter))
    let few = sizes.append(.minimum, repeats, sizes.constant(3))
    let times = sizes.append(.whereNegative, sizes.append(.subtract, h, w), few, repeats)
    let tiled = sizes.add(.tile(Tile()), [mean], name: "tiled", [1: times])

    let all = sizes.add(
      .sizes(with(Sizes()) { ($0.rank, $0.count, $0.values) = (1, 5, perAxis(0, 0, 0, -7)) }), [], name: "all",
      [2: n, 3: h, 4: w, 6: missing[1]])

    sizes.addOutput(flat, "flat", [.expression(n), .expression(area), .fixed(8)])
    sizes.addOutput(tiled, "tiled", [.expression(n), .expression(sizes.append(.multiply, times, sizes.constant(8)))])
    sizes.addOutput(all, "all", [.fixed(5)])
    return sizes.graph
  }
}
