import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import prefactor

final class RunTests: CommandLineTestCase {
  override func setUpWithError() throws {
    try super.setUpWithError()
    try write(SmallModels.sum().encoded(), to: "sum.pfmodel")
    try write(npy("<f4", "(2, 3)", [Float](arrayLiteral: 0.5, 1, 2, -1, 3, 1e6)), to: "a.npy")
    try write(npy("<i8", "(2, 3)", (1...6).map(Int64.init)), to: "b.npy")
  }

  func testOutputs() throws {
    let summary = try succeed("run", "sum.pfmodel", "--input", "in/a=a.npy", "--input", "b=b.npy").output
    XCTAssert(summary.hasPrefix("out/sum: float32 [2, 3], min 1.500000, max 1000006.000000, mean "), summary)
    try succeed("run", "sum.pfmodel", "--input", "in/a=a.npy", "--input", "b=b.npy", "--output-dir", "new/results")
    XCTAssertEqual(
      try read("new/results/out_sum.npy"), try npy("<f4", "(2, 3,)", [Float](arrayLiteral: 1.5, 3, 5, 3, 8, 1_000_006)))
  }

  func testElementTypes() throws {
    func check(_ name: String, _ bytes: [UInt8], sum: String) throws {
      try write(bytes, to: name)
      let input = name.hasPrefix("a") ? ["in/a=\(name)", "b=zero.npy"] : ["in/a=zero.f.npy", "b=\(name)"]
      let output = try succeed("run", "sum.pfmodel", "--input", input[0], "--input", input[1]).output
      XCTAssert(output.contains("mean \(sum)"), "\(name): \(output)")
    }
    try write(npy("<i8", "(1, 3)", [Int64](repeating: 0, count: 3)), to: "zero.npy")
    try write(npy("<f4", "(1, 3)", [Float](repeating: 0, count: 3)), to: "zero.f.npy")
    try check("a.f2", npy("<f2", "(1, 3)", [Float16](arrayLiteral: 1, 2, 4.5)), sum: "2.500000")
    try check("a.f8", npy("<f8", "(1, 3)", [1.0, 2, 4.5]), sum: "2.500000")
    try check("a.version2", npy("<f4", "(1, 3)", [Float](arrayLiteral: 1, 2, 6), version: 2), sum: "3.000000")
    try check("b.i4", npy("<i4", "(1, 3)", [Int32](arrayLiteral: -1, 2, 5)), sum: "2.000000")
    try check("b.u1", npy("|u1", "(1, 3)", [UInt8](arrayLiteral: 255, 0, 0)), sum: "85.000000")
    try check("b.b1", npy("|b1", "(1, 3)", [UInt8](arrayLiteral: 1, 1, 1)), sum: "1.000000")
    try check("b.i1", npy("|i1", "(1, 3)", [Int8](arrayLiteral: -128, 2, 0)), sum: "-42.000000")
    try check("b.i2", npy("<i2", "(1, 3)", [Int16](arrayLiteral: -1, 2, 5)), sum: "2.000000")
    try check("b.u2", npy("<u2", "(1, 3)", [UInt16](arrayLiteral: 65535, 0, 0)), sum: "21845.000000")
    try check("b.u4", npy("<u4", "(1, 3)", [UInt32](arrayLiteral: 3_000_000_000, 0, 0)), sum: "1000000000.000000")
    try check("b.u8", npy("<u8", "(1, 3)", [UInt64](arrayLiteral: 6, 0, 0)), sum: "2.000000")
    try check("a.bigf4", npy(">f4", "(1, 3)", [Float(1), 2, 6].map(\.bitPattern.bigEndian)), sum: "3.000000")
    try check("a.bigf8", npy(">f8", "(1, 3)", [1.0, 2, 6].map(\.bitPattern.bigEndian)), sum: "3.000000")
    try check("b.bigi8", npy(">i8", "(1, 3)", [Int64(1), 2, 6].map(\.bigEndian)), sum: "3.000000")
    try check("b.bigi2", npy(">i2", "(1, 3)", [Int16(-1), 2, 5].map(\.bigEndian)), sum: "2.000000")
    try check("b.row", npy("<i8", "(1, 3)", [Int64](arrayLiteral: 1, 1, 1), order: "True"), sum: "1.000000")
  }

  /// Any integers that the type holds go in, and come out as that type.
  func testQuantizedValues() throws {
    let range: [(type: ElementType, name: String, low: Int64, high: Int64)] = [
      (.uint8, "|u1", 0, 255), (.int8, "|i1", -128, 127), (.int32, "<i4", -1 << 31, 1 << 31 - 1),
    ]
    for (type, name, low, high) in range {
      var graph = Graph()
      let x = graph.addInput(name: "x", type: type, dims: [3])
      graph.outputs = [graph.addNode(.tile(with(Tile()) { $0.repeats[0] = 2 }), [x], name: "y")]
      graph.names[graph.outputs[0]] = "y"
      try write(graph.encoded(), to: "net.pfmodel")
      try write(npy("<i8", "(3,)", [low, 1, high]), to: "x.npy")
      try succeed("run", "net.pfmodel", "--input", "x=x.npy", "--output-dir", ".")
      let expected = Tensor([6], [low, 1, high, low, 1, high], as: type)
      XCTAssertEqual(try read("y.npy").suffix(6 * type.size), expected.withUnsafeBytes { Array($0)[...] })
      XCTAssert(try String(decoding: read("y.npy"), as: UTF8.self).contains("'descr': '\(name)'"))
      try write(npy("<i8", "(3,)", [low, 1, high + 1]), to: "x.npy")
      try fail(
        "run", "net.pfmodel", "--input", "x=x.npy",
        saying: ["x.npy: holds \(high + 1), and input 'x' takes \(type): from \(low) to \(high)"])
      try write(npy("<f4", "(3,)", [Float(0), 1, 0.5]), to: "x.npy")
      try fail("run", "net.pfmodel", "--input", "x=x.npy", saying: ["x.npy: holds 0.5, and input 'x' takes \(type)"])
    }
  }

  /// Numbers of double precision reach integers as they are, in either order, or are refused.
  func testDoublesForIntegers() throws {
    var graph = Graph()
    let x = graph.addInput(name: "x", type: .int64, dims: [2, 2])
    graph.outputs = [graph.addNode(.tile(Tile()), [x], name: "y")]
    graph.names[graph.outputs[0]] = "y"
    try write(graph.encoded(), to: "net.pfmodel")
    let numbers = [16_777_217, -9_007_199_254_740_991, 3, -1]
    for (order, expected) in [("False", numbers), ("True", [0, 2, 1, 3].map { numbers[$0] })] {
      try write(npy("<f8", "(2, 2)", numbers.map(Double.init), order: order), to: "x.npy")
      try succeed("run", "net.pfmodel", "--input", "x=x.npy", "--output-dir", ".")
      XCTAssertEqual(try read("y.npy"), try npy("<i8", "(2, 2,)", expected.map(Int64.init)))
    }
    for number in [127.9999999, 1e-50, 1e300] {
      try write(npy("<f8", "(2, 2)", [1, 2, number, 3]), to: "x.npy")
      try fail(
        "run", "net.pfmodel", "--input", "x=x.npy", saying: ["x.npy: holds \(number), and input 'x' takes int64"])
    }
  }

  func testFortranOrder() throws {
    // Columns one after the other: 0 1 2 and 10 11 12.
    try write(npy("<i8", "(2, 3)", [Int64](arrayLiteral: 0, 10, 1, 11, 2, 12), order: "True"), to: "b.npy")
    try write(npy("<f4", "(2, 3)", [Float](repeating: 0, count: 6)), to: "a.npy")
    try succeed("run", "sum.pfmodel", "--input", "in/a=a.npy", "--input", "b=b.npy", "--output-dir", ".")
    XCTAssertEqual(try read("out_sum.npy"), try npy("<f4", "(2, 3,)", [Float](arrayLiteral: 0, 1, 2, 10, 11, 12)))
    let cube = try NumPyFile.parse(npy("<i4", "(2, 1, 3, 2)", (0..<12).map(Int32.init), order: "True")).tensor
    // Of none, however large the other dimensions are.
    let huge = "4611686018427387904"
    for shape in ["(0, \(huge), 4)", "(4, \(huge), 0)"] {
      try write(npy("<i8", shape, [Int64](), order: "True"), to: "huge.npy")
      try fail(
        "run", "sum.pfmodel", "--input", "in/a=a.npy", "--input", "b=huge.npy",
        saying: ["huge.npy: has more elements than can be counted"])
    }
    XCTAssertEqual(cube, Tensor([2, 1, 3, 2], [Int64](arrayLiteral: 0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11)))
  }

  func testInputsThatDoNotFit() throws {
    try fail("run", "sum.pfmodel", "--input", "in/a=a.npy", saying: ["needs input 'b', int64 [batch, 3]"])
    try fail(
      "run", "sum.pfmodel", "--input", "in/a=a.npy", "--input", "b=b.npy", "--input", "c=b.npy",
      saying: ["no input 'c'", "'in/a', 'b'"])
    try write(npy("<f4", "(2, 3)", [1, 2, 3, 4, 5.5, 6] as [Float]), to: "half.npy")
    try fail(
      "run", "sum.pfmodel", "--input", "in/a=a.npy", "--input", "b=half.npy",
      saying: ["half.npy: holds 5.5, and input 'b' takes int64"])
    try write(npy("<f4", "(2, 4)", [Float](repeating: 0, count: 8)), to: "wide.npy")
    try fail(
      "run", "sum.pfmodel", "--input", "in/a=wide.npy", "--input", "b=b.npy",
      saying: ["'in/a' takes float32 [batch, 3]", "float32 [2, 4]"])
    try write(npy("<i8", "(1, 3)", [Int64](repeating: 0, count: 3)), to: "one.npy")
    try fail(
      "run", "sum.pfmodel", "--input", "in/a=a.npy", "--input", "b=one.npy",
      saying: ["'in/a' and 'b' share the size 'batch'", "2 and 1"])
    try fail(
      "run", "sum.pfmodel", "--input", "in/a=a.npy", "--input", "b=b.npy", "--batch", "3",
      saying: ["'in/a' is given [2, 3]", "'batch' is not 3"])
    try fail(
      "run", "sum.pfmodel", "--input", "in/a=a.npy", "--input", "b=b.npy", "--backend", "opencl", "--device",
      "no such device",
      saying: ["sum.pfmodel: ", "OpenCL"])
  }

  func testConvertedTypes() throws {
    try write(npy("|i1", "(1, 3)", [-1, 0, 1] as [Int8]), to: "bytes.npy")
    try write(npy("|b1", "(1, 3)", [1, 0, 1] as [UInt8]), to: "booleans.npy")
    try write(npy("<f8", "(1, 3)", [2, -3, 0x1p40] as [Double]), to: "whole.npy")
    try succeed("run", "sum.pfmodel", "--input", "in/a=bytes.npy", "--input", "b=whole.npy", "--output-dir", ".")
    XCTAssertEqual(try read("out_sum.npy"), try npy("<f4", "(1, 3,)", [1, -3, 0x1p40] as [Float]))
    try succeed("run", "sum.pfmodel", "--input", "in/a=booleans.npy", "--input", "b=bytes.npy", "--output-dir", ".")
    XCTAssertEqual(try read("out_sum.npy"), try npy("<f4", "(1, 3,)", [0, 0, 2] as [Float]))
  }

  /// A network that took bytes before it was imported.
  func testDeclaredTypes() throws {
    var graph = SmallModels.color()
    graph.metadata = [("onnx.input_type.image", "uint8")]
    try write(graph.encoded(), to: "bytes.pfmodel")
    try write(npy("|u1", "(1, 3, 4, 4)", (0..<48).map(UInt8.init)), to: "bytes.npy")
    try succeed("run", "bytes.pfmodel", "--input", "image=bytes.npy", "--output-dir", ".")
    XCTAssertEqual(try read("scores.npy"), try npy("<f4", "(1, 3,)", [Float](arrayLiteral: 7.5, 23.5, 39.5)))
    try write(npy("<i4", "(1, 3, 4, 4)", (0..<48).map { Int32($0 - 1) }), to: "negative.npy")
    try fail(
      "run", "bytes.pfmodel", "--input", "image=negative.npy",
      saying: ["negative.npy: holds -1", "'image' takes uint8", "0 to 255"])
    XCTAssert(try succeed("inspect", "bytes.pfmodel").output.contains("image: uint8 [batch, 3, 4, 4]"))
  }

  func testDamagedFiles() throws {
    let whole = try npy("<f4", "(2, 3)", [Float](repeating: 0, count: 6))
    var damaged: [(bytes: [UInt8], words: [String])] = [
      (whole + [0], ["25 bytes"]), (try npy("<f4", "(3, 3)", [Float](repeating: 0, count: 6)), ["24 bytes"]),
      (try npy("<c8", "(2, 3)", [Float](repeating: 0, count: 12)), ["<c8"]),
      (try npy("<U1", "(2, 3)", [Float](repeating: 0, count: 6)), ["<U1"]),
      (try npy("<u8", "(1,)", [UInt64.max]), ["18446744073709551615"]),
      (
        [0x93] + Array("NUMPY".utf8) + [1, 0, 64, 0]
          + Array("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }  ".utf8), ["structures"]
      ),
      (try npy("<f4", "(1,)", [Float(0)], padding: 1 << 17), ["a header of"]),
      (Array("PK".utf8) + [3, 4] + [UInt8](repeating: 0, count: 90), ["zip archive"]),
      (try npy("<f4", "(-2, -3)", [Float](repeating: 0, count: 6)), ["header"]),
      (try npy("<f4", "(4611686018427387904, 4)", [Float](repeating: 0, count: 6)), ["elements"]),
      (try npy("<f4", "(0, 4611686018427387904, 4)", [Float](), order: "True"), ["elements"]),
      (try npy("<f4", "(\(String(repeating: "1, ", count: 9)))", [Float(0)]), ["9 dimensions"]),
      (try npy("<f4", "(99999999999999999999)", [Float](repeating: 0, count: 6)), ["99999999999999999999"]),
      (try npy("<f4", "(2, 3)", [Float](repeating: 0, count: 6), version: 9), ["version 9"]),
      (Array("no array".utf8), ["not an .npy"]),
      ([], ["not an .npy"]),
    ]
    damaged += stride(from: 0, to: whole.count, by: 9).map { (Array(whole[..<$0]), []) }
    for (bytes, words) in damaged {
      try write(bytes, to: "damaged.npy")
      try fail(
        "run", "sum.pfmodel", "--input", "in/a=damaged.npy", "--input", "b=b.npy", saying: ["damaged.npy: "] + words)
    }
    try fail("run", "sum.pfmodel", "--input", "in/a=absent.npy", saying: ["absent.npy: No such file"])
  }
}
