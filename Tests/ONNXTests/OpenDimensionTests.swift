import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import XCTest

@testable import PrefactorONNX

/// What is computed from the sizes of open dimensions.
final class OpenDimensionTests: XCTestCase {
  private let binding = Binding(batch: 5, height: 20, width: 28)

  func testReshapeThroughShapeArithmetic() throws {
    var builder = ModelBuilder()
    builder.input("x", ["N", 6, "H", "W"])
    builder.integers("zero", [], [0])
    builder.integers("axes", [0])
    builder.integers("rest", [-1])
    builder.node("Shape", ["x"], ["shape"])
    builder.node("Gather", ["shape", "zero"], ["batch"])
    builder.node("Unsqueeze", ["batch", "axes"], ["batch1"])
    builder.node("Concat", ["batch1", "rest"], ["target"], .int("axis", 0))
    builder.node("Reshape", ["x", "target"], ["y"])
    builder.output("y")
    XCTAssertEqual(try builder.outputDims(binding), [5, 6 * 20 * 28])
    guard case .reshape(let reshape) = try builder.graph().nodes[0].operation else { return XCTFail() }
    XCTAssertEqual([reshape.dims[0], reshape.dims[1]], [Reshape.copy(0), Reshape.inferred])
  }

  func testChannelShuffle() throws {
    var builder = ModelBuilder()
    builder.input("x", ["N", 6, "H", "W"])
    builder.integers("groups", [2])
    builder.integers("depth", [3])
    builder.node("Shape", ["x"], ["shape"])
    builder.node("Split", ["shape"], ["n", "c", "h", "w"], .int("axis", 0))
    builder.node("Concat", ["n", "groups", "depth", "h", "w"], ["target"], .int("axis", 0))
    builder.node("Reshape", ["x", "target"], ["grouped"])
    builder.node("Transpose", ["grouped"], ["swapped"], .ints("perm", [0, 2, 1, 3, 4]))
    builder.node("Reshape", ["swapped", "shape"], ["y"])
    builder.output("y")
    XCTAssertEqual(try builder.outputDims(binding), [5, 6, 20, 28])
  }

  func testResizeToAMultiple() throws {
    var builder = ModelBuilder()
    builder.input("x", ["N", 3, "H", "W"])
    builder.integers("factors", [4], [1, 1, 2, 2])
    builder.node("Shape", ["x"], ["shape"])
    builder.node("Mul", ["shape", "factors"], ["sizes"])
    builder.node("Resize", ["x", "", "", "sizes"], ["y"])
    builder.output("y")
    XCTAssertEqual(try builder.outputDims(binding), [5, 3, 40, 56])
  }

  func testSliceRelativeToTheEnd() throws {
    var builder = ModelBuilder()
    builder.input("x", ["N", 3, "H", "W"])
    builder.integers("two", [2])
    builder.integers("one", [1])
    builder.node("Shape", ["x"], ["height"], .int("start", 2), .int("end", 3))
    builder.node("Sub", ["height", "two"], ["end"])
    builder.node("Slice", ["x", "one", "end", "two"], ["y"])
    builder.output("y")
    XCTAssertEqual(try builder.outputDims(binding), [5, 3, 17, 28])
    builder.model.graph.node[1].opType = "Div"
    XCTAssertEqual(try builder.outputDims(binding), [5, 3, 9, 28])
  }

  func testExpandToABatch() throws {
    XCTAssertEqual(
      try ModelBuilder.single("Expand", ["N", 1, 4], integers: [[2, 1, 3, 1]]).outputDims(binding), [2, 5, 3, 4])
  }

  func testAShapeIsAnOutput() throws {
    var options = EngineOptions()
    options.inputShapes = [[5, 3]]
    let engine = try Engine(graph: ModelBuilder.single("Shape", ["N", 3]).graph(), options: options)
    XCTAssertEqual(try engine.run([ramp([5, 3])]), [Tensor([2], [5, 3] as [Int64])])
    XCTAssertEqual(try ModelBuilder.single("Shape", [2, 3]).run([ramp([2, 3])]), Tensor([2], [2, 3] as [Int64]))
  }

  /// The input's height and width in floats, times a factor, rounded down and up.
  func testSizesInFloats() throws {
    var builder = ModelBuilder()
    builder.input("x", ["N", 3, "H", "W"])
    builder.constant("factor", [], [0.7])
    builder.node("Shape", ["x"], ["fixed"], .int("end", 2))
    builder.node("Shape", ["x"], ["shape"], .int("start", 2))
    builder.node("Cast", ["shape"], ["floats"], .int("to", 1))
    builder.node("Mul", ["floats", "factor"], ["scaled"])
    builder.node("Ceil", ["scaled"], ["rounded"])
    builder.node("Cast", ["rounded"], ["sizes"], .int("to", 7))
    builder.node("Concat", ["fixed", "sizes"], ["target"], .int("axis", 0))
    builder.node("Resize", ["x", "", "", "target"], ["y"])
    builder.output("y")
    XCTAssertEqual(try builder.outputDims(binding), [5, 3, 14, 20])
    XCTAssertEqual(try builder.outputDims(Binding(height: 21, width: 11)), [1, 3, 15, 8])
  }

  /// What sizes do not divide by themselves must not be divided as float32 numbers: ONNX Runtime's 1000 / (12 - 5) is
  /// 142.
  func testIntegersAreNeverComputedAsFloats() throws {
    for (type, operand, count) in [
      ("Div", 1000, 1), ("Pow", -1, 1), ("Mod", 1000, 1), ("Div", 7, 300), ("Add", 7, 300), ("Sum", 7, 300),
    ] {
      var builder = ModelBuilder()
      builder.input("x", ["N", "H"])
      builder.integers("five", [5])
      builder.integers("operand", Array(repeating: Int64(operand), count: count))
      builder.node("Shape", ["x"], ["height"], .int("start", 1), .int("end", 2))
      builder.node("Sub", ["height", "five"], ["size"])
      builder.node(type, type == "Pow" ? ["size", "operand"] : ["operand", "size"], ["result"], name: "node")
      builder.node("Cast", ["result"], ["floats"], .int("to", 1))
      builder.output("floats")
      XCTAssert(
        builder.importError().contains("depends on the size of the network's inputs"),
        "\(type): \(builder.importError())")
    }
  }

  func testSquareOfASize() throws {
    var builder = ModelBuilder()
    builder.input("x", ["N", "H"])
    builder.integers("two", [2])
    builder.node("Shape", ["x"], ["height"], .int("start", 1), .int("end", 2))
    builder.node("Pow", ["height", "two"], ["y"])
    builder.output("y")
    var options = EngineOptions()
    options.inputShapes = [[5, 7]]
    XCTAssertEqual(
      try Engine(graph: builder.graph(), options: options).run([ramp([5, 7])]), [Tensor([1], [49] as [Int64])])
    builder.constant("two", [1], [0.5])
    builder.model.graph.initializer.removeFirst()
    XCTAssert(
      builder.importError().contains("a power of integers with a floating-point exponent"), builder.importError())
  }

  /// ⌈h · factor⌉ in numbers of a type.
  private func rounded(_ type: DataType, _ factor: Float, height: Any) -> ModelBuilder {
    var builder = ModelBuilder()
    builder.input("x", [1, height])
    builder.constant("factor", [], [factor])
    builder.integers("zero", [0])
    builder.integers("axis", [1])
    builder.node("Shape", ["x"], ["shape"], .int("start", 1))
    builder.node("Cast", ["shape"], ["floats"], .int("to", type.rawValue))
    builder.node("Mul", ["floats", "factor"], ["scaled"])
    builder.node("Ceil", ["scaled"], ["rounded"])
    builder.node("Cast", ["rounded"], ["end"], .int("to", 7), name: "end")
    builder.node("Slice", ["x", "zero", "end", "axis"], ["y"])
    builder.output("y")
    return builder
  }

  /// In float32, ⌈50 · 0.3⌉ is 16; in double 15.
  func testOtherFloatingPointTypesRoundOtherwise() throws {
    for height in ["H", 50] as [Any] {
      XCTAssertEqual(try rounded(.float, 0.3, height: height).outputDims(Binding(width: 50)), [1, 16])
      XCTAssertEqual(try rounded(.double, 0.5, height: height).outputDims(Binding(width: 50)), [1, 25])
      for (type, factor) in [(DataType.double, 0.3), (.float16, 0.5), (.bfloat16, 0.5)] as [(DataType, Float)] {
        let message = rounded(type, factor, height: height).importError()
        XCTAssert(
          message.contains("node 'end' (Cast): ") && message.contains("another floating-point type"),
          "\(type): \(message)")
      }
    }
  }

  /// What ONNX Runtime refuses: places behind an axis' end.
  func testGatherBehindTheEnd() throws {
    for places in [[100, 3], [100]] as [[Int64]] {
      let graph = try ModelBuilder.single("Gather", [1, "H"], .int("axis", 1), integers: [places]).graph()
      func run(_ height: Int) throws -> Tensor {
        var options = EngineOptions()
        options.inputShapes = [[1, height]]
        return try Engine(graph: graph, options: options).run([Tensor([1, height], (0..<height).map { Float($0) })])[0]
      }
      XCTAssertEqual(try run(101), Tensor([1, places.count], places.map { Float($0) }))
      XCTAssertThrowsError(try run(100)) {
        XCTAssert("\($0)".contains("gathers index 100 of an axis of 100 elements"), "\($0)")
      }
    }
  }

  /// Of what follows from sizes, too.
  func testAPlaceBehindTheEnd() throws {
    var builder = ModelBuilder()
    builder.input("x", ["H", "W"])
    builder.node("Shape", ["x"], ["height"], .int("end", 1))
    builder.node("Gather", ["x", "height"], ["y"], .int("axis", 1))
    builder.output("y")
    XCTAssertEqual(try builder.outputDims(Binding(sizes: [0: 3, 1: 4])), [3, 1])
    XCTAssertThrowsError(try builder.outputDims(Binding(sizes: [0: 4, 1: 4])))
  }

  /// Into h - 10 and 10: ONNX Runtime refuses what is below 0, whether or not that part is used.
  func testPartsBelowZeroAreRefused() throws {
    var builder = ModelBuilder()
    builder.input("x", [1, "H"])
    builder.integers("ten", [10])
    builder.node("Shape", ["x"], ["height"], .int("start", 1))
    builder.node("Sub", ["height", "ten"], ["rest"])
    builder.node("Concat", ["rest", "ten"], ["sizes"], .int("axis", 0))
    builder.node("Split", ["x", "sizes"], ["first", "second"], .int("axis", 1))
    for outputs in [["first"], ["second"], ["first", "second"]] {
      builder.model.graph.output = []
      for output in outputs { builder.output(output) }
      XCTAssertEqual(try builder.outputDims(Binding(width: 15)), [1, outputs[0] == "first" ? 5 : 10])
      XCTAssertEqual(try builder.outputDims(Binding(width: 10)), [1, outputs[0] == "first" ? 0 : 10])
      for width in [1, 5, 8, 9] {
        XCTAssertThrowsError(try builder.outputDims(Binding(width: width)), "\(outputs) of \(width)")
      }
    }
  }

  /// As ONNX Runtime has them; it refuses parts below 0, before opset 18 also what leaves a rest, and sizes of another
  /// sum than the axis.
  func testPartsOfAnOpenAxis() throws {
    let cases: [(opset: Int64, sizes: [Int64]?, splits: [Int: [Int]?])] = [
      (18, nil, [1: nil, 2: [1, 1, 0], 3: [1, 1, 1], 4: [2, 2, 0], 5: [2, 2, 1], 7: [3, 3, 1]]),
      (13, nil, [1: nil, 2: nil, 3: [1, 1, 1], 4: nil, 6: [2, 2, 2]]),
      (13, [5, 0, 7], [11: nil, 12: [5, 0, 7], 13: nil]),
    ]
    for (opset, sizes, splits) in cases {
      for output in 0..<3 {
        var builder = ModelBuilder(opset: opset)
        builder.input("x", [1, "H"])
        if let sizes { builder.integers("sizes", sizes) }
        builder.node("Split", ["x"] + (sizes == nil ? [] : ["sizes"]), ["a", "b", "c"], .int("axis", 1))
        if opset >= 18 { builder.model.graph.node[0].attribute.append(.int("num_outputs", 3)) }
        builder.output(["a", "b", "c"][output])
        for (width, split) in splits {
          let dims = try? builder.outputDims(Binding(width: width))
          XCTAssertEqual(dims, split.map { [1, $0[output]] }, "part \(output) of \(width), opset \(opset)")
        }
      }
    }
  }

  func testPowersAndLimitsOfSizes() throws {
    let cases: [(type: String, operands: [[Int64]], expected: Int64)] = [
      ("Pow", [[3]], 343), ("Pow", [[0]], 1), ("Clip", [[9], [20]], 9), ("Clip", [[2], [5]], 5),
    ]
    for (type, operands, expected) in cases {
      var builder = ModelBuilder()
      builder.input("x", ["N", "H"])
      builder.node("Shape", ["x"], ["height"], .int("start", 1), .int("end", 2))
      for (index, operand) in operands.enumerated() { builder.integers("\(index)", type == "Pow" ? [1] : [], operand) }
      builder.node(type, ["height"] + operands.indices.map { "\($0)" }, ["y"])
      builder.output("y")
      var options = EngineOptions()
      options.inputShapes = [[5, 7]]
      XCTAssertEqual(
        try Engine(graph: builder.graph(), options: options).run([ramp([5, 7])]), [Tensor([1], [expected])], type)
    }
  }

  /// Hundreds of quotients of each of 256 sizes.
  func testMoreSizesThanAFileHolds() {
    var builder = ModelBuilder()
    builder.input("x", ["N", 256])
    builder.integers("steps", Array(0..<256))
    builder.node("Shape", ["x"], ["n"], .int("end", 1))
    builder.node("Add", ["n", "steps"], ["sizes"])
    for divisor in 2..<400 {
      builder.integers("d\(divisor)", [Int64(divisor)])
      builder.node("Div", ["sizes", "d\(divisor)"], ["quotients\(divisor)"])
      builder.node("Cast", ["quotients\(divisor)"], ["floats\(divisor)"], .int("to", 1))
      builder.node("Add", ["x", "floats\(divisor)"], ["y\(divisor)"])
    }
    builder.output("y2")
    XCTAssert(builder.importError().contains("is more than a file holds"), builder.importError())
  }

  func testSlicesBackwards() throws {
    // Of 0, 1, 2, 3, 4, as ONNX Runtime has them.
    let cases: [(start: Int64, end: Int64, step: Int64, expected: [Float])] = [
      (-10, -100, -1, [0]), (-10, 100, -1, []), (100, -100, -2, [4, 2, 0]), (-6, -6, -1, [0]), (-10, -5, -1, []),
      (0, -100, -1, [0]),
    ]
    for (start, end, step, expected) in cases where !expected.isEmpty {
      XCTAssertEqual(
        try ModelBuilder.single("Slice", [5], integers: [[start], [end], [0], [step]]).run([
          Tensor([5], [0, 1, 2, 3, 4] as [Float])
        ]),
        Tensor([expected.count], expected))
    }
    for (start, end, step, expected) in cases {
      let open = ModelBuilder.single("Slice", ["L"], integers: [[start], [end], [0], [step]])
      XCTAssertEqual(try open.outputDims(Binding(sizes: [0: 5])), [expected.count])
      // Of a constant, when it is imported.
      var folded = ModelBuilder()
      folded.input("x", [1])
      for (name, values) in [("k", [0, 1, 2, 3, 4]), ("s", [start]), ("e", [end]), ("a", [0]), ("t", [step])] {
        folded.integers(name, values)
      }
      folded.node("Slice", ["k", "s", "e", "a", "t"], ["part"])
      folded.node("Shape", ["part"], ["count"])
      folded.node("Expand", ["x", "count"], ["y"])
      folded.output("y")
      XCTAssertEqual(try folded.outputDims(), [expected.count])
    }
  }

  func testPaddingToAMultiple() throws {
    var builder = ModelBuilder()
    builder.input("x", ["N", 1, "L"])
    builder.integers("multiple", [256])
    builder.integers("zeros", [0, 0, 0, 0, 0])
    builder.node("Shape", ["x"], ["length"], .int("start", 2))
    builder.node("Mod", ["length", "multiple"], ["rest"])
    builder.node("Sub", ["multiple", "rest"], ["missing"])
    builder.node("Mod", ["missing", "multiple"], ["pad"])
    builder.node("Concat", ["zeros", "pad"], ["pads"], .int("axis", 0))
    builder.node("Pad", ["x", "pads"], ["y"])
    builder.output("y")
    for (length, padded) in [(1, 256), (255, 256), (256, 256), (257, 512), (1000, 1024)] {
      XCTAssertEqual(try builder.outputDims(Binding(length: length)), [1, 1, padded])
    }
  }

  func testChoicesBetweenSizes() throws {
    var builder = ModelBuilder()
    builder.input("x", ["N", 3, "L"])
    builder.integers("hundred", [100])
    builder.integers("zero", [0])
    builder.integers("axis", [2])
    builder.node("Shape", ["x"], ["length"], .int("start", 2))
    builder.node("Greater", ["length", "hundred"], ["isLong"])
    builder.node("Where", ["isLong", "hundred", "length"], ["end"])
    builder.node("Slice", ["x", "zero", "end", "axis"], ["y"])
    builder.output("y")
    XCTAssertEqual(try builder.outputDims(Binding(length: 99)), [1, 3, 99])
    XCTAssertEqual(try builder.outputDims(Binding(length: 101)), [1, 3, 100])
  }

  func testConstantOfAnOpenShape() throws {
    var builder = ModelBuilder()
    builder.input("x", ["N", 2])
    builder.node("Shape", ["x"], ["shape"])
    builder.node("ConstantOfShape", ["shape"], ["zeros"])
    builder.node("Concat", ["x", "zeros"], ["y"], .int("axis", 1))
    builder.output("y")
    XCTAssertEqual(try builder.outputDims(binding), [5, 4])
  }

  func testSymbolsOfInputs() throws {
    var builder = ModelBuilder()
    builder.input("image", ["batch", "h", "w", 3])
    builder.input("signal", ["batch", 1, "?"])
    builder.input("square", ["N", 1, "s", "s"])
    for name in ["image", "signal", "square"] {
      builder.node("Relu", [name], ["y.\(name)"])
      builder.output("y.\(name)")
    }
    let symbols = try builder.graph().symbols
    XCTAssertEqual(symbols.map(\.name), ["batch", "h", "w", "signal.2", "N", "square.2", "square.3"])
    XCTAssertEqual(symbols.map(\.role), [.batch, .height, .width, .length, .batch, .height, .width])
  }

  func testAVectorIsASignalOrABatch() throws {
    var builder = ModelBuilder()
    builder.input("x", ["samples"])
    builder.integers("shape", [1, 1, -1])
    builder.constant("taps", [2, 1, 9], [Float](repeating: 1, count: 18))
    builder.node("Reshape", ["x", "shape"], ["signal"])
    builder.node("Conv", ["signal", "taps"], ["y"])
    builder.output("y")
    XCTAssertEqual(try builder.graph().symbols.map(\.role), [.length])
    XCTAssertEqual(try builder.outputDims(Binding(length: 30)), [1, 2, 22])

    func roles(_ inputs: (name: String, dims: [Any])...) throws -> [SymbolRole] {
      var builder = ModelBuilder()
      for (name, dims) in inputs {
        builder.input(name, dims)
        builder.node("Relu", [name], ["y.\(name)"])
        builder.output("y.\(name)")
      }
      return try builder.graph().symbols.map(\.role)
    }
    XCTAssertEqual(try roles(("x", ["t"]), ("echo", ["t"]), ("rate", [1])), [.length])
    XCTAssertEqual(try roles(("x", ["batch"])), [.batch])
    XCTAssertEqual(try roles(("lengths", ["n"]), ("signals", ["N", "t"])), [.batch, .length, .batch])
    XCTAssertEqual(try roles(("steps", ["n"]), ("images", [1, 3, 8, 8])), [.batch])
    // Its name is that of the signal's length, in either order.
    XCTAssertEqual(try roles(("window", ["t"]), ("x", ["N", "t"])), [.batch, .length])
    XCTAssertEqual(try roles(("x", ["N", "t"]), ("window", ["t"])), [.batch, .length])
  }

  func testShapesFixDimensions() throws {
    var builder = ModelBuilder()
    builder.input("x", ["N", 3, "H", "W"])
    builder.node("Relu", ["x"], ["y"])
    builder.output("y")
    func dims(_ shapes: [String: [Int?]]) throws -> [Int?] {
      try importModel(builder.model, shapes: shapes).inputs[0].dims
    }
    XCTAssertEqual(try dims(["x": [1, 3, 48, nil]]), [1, 3, 48, nil])
    for (shapes, message) in [
      (["x": [1, 3, 48]], "the shape for input 'x' has 3 dimensions, and the input has 4: x=?x3x?x?"),
      (["z": [1]], "a shape is given for 'z', which is no input; the inputs are x=?x3x?x?"),
      (["x": [nil, 4, nil, nil]], "dimension 1 of input 'x' is 3 in the model, and cannot be 4"),
    ] {
      XCTAssertThrowsError(try dims(shapes)) { XCTAssertEqual("\($0)", message) }
    }
  }

  func testAdviceToFixADimension() throws {
    var builder = ModelBuilder()
    builder.input("x", ["N", 3, "H", "W"])
    builder.integers("zero", [], [0])
    builder.integers("one", [], [1])
    builder.node("Shape", ["x"], ["shape"])
    builder.integers("two", [], [2])
    builder.node("Gather", ["shape", "two"], ["height"])
    builder.node("Range", ["zero", "height", "one"], ["y"], name: "rows")
    builder.output("y")
    XCTAssertEqual(
      builder.importError(),
      """
      node 'rows' (Range): 'the length of the range' depends on the size of the network's inputs in a way that is not \
      supported; it follows from dimension 2 of input 'x': give numbers instead of ? in --shape x=?x3x?x?
      """)
  }

  func testBindingsBecomeConstants() throws {
    var builder = ModelBuilder()
    builder.input("x", [2, 6])
    builder.input("shape", [2], type: .int64)
    builder.node("Reshape", ["x", "shape"], ["y"], name: "flat")
    builder.output("y")
    XCTAssertEqual(builder.importError(), "node 'flat' (Reshape): input 'shape' must be a constant")
    let graph = try builder.graph(["x": ramp([2, 6]), "shape": Tensor([2], [3, 4] as [Int64])])
    XCTAssertEqual(graph.inputs.map { graph.names[$0.value] }, ["x"])
    XCTAssertEqual(try Engine(graph: graph).run([ramp([2, 6])]), [ramp([2, 6]).reshaped(to: [3, 4])])
  }
}
