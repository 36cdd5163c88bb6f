import PrefactorGraph
import XCTest

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
    XCTAssertEqual(try read("new/results/out_sum.npy"), try npy("<f4", "(2, 3,)", [Float](arrayLiteral: 1.5, 3, 5, 3, 8, 1_000_006)))
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
    // One row is the same in either order.
    try check("b.row", npy("<i8", "(1, 3)", [Int64](arrayLiteral: 1, 1, 1), order: "True"), sum: "1.000000")
  }

  func testInputsThatDoNotFit() throws {
    try fail("run", "sum.pfmodel", "--input", "in/a=a.npy", saying: ["needs input 'b', int64 [batch, 3]"])
    try fail(
      "run", "sum.pfmodel", "--input", "in/a=a.npy", "--input", "b=b.npy", "--input", "c=b.npy", saying: ["no input 'c'", "'in/a', 'b'"])
    try fail(
      "run", "sum.pfmodel", "--input", "in/a=b.npy", "--input", "b=b.npy", saying: ["'in/a' takes float32 [batch, 3]", "int64 [2, 3]"])
    try write(npy("<i8", "(1, 3)", [Int64](repeating: 0, count: 3)), to: "one.npy")
    try fail("run", "sum.pfmodel", "--input", "in/a=a.npy", "--input", "b=one.npy", saying: ["'in/a' and 'b' share the size 'batch'", "2 and 1"])
    try fail(
      "run", "sum.pfmodel", "--input", "in/a=a.npy", "--input", "b=b.npy", "--batch", "3", saying: ["'in/a' is given [2, 3]", "'batch' is not 3"])
    try fail(
      "run", "sum.pfmodel", "--input", "in/a=a.npy", "--input", "b=b.npy", "--backend", "opencl", "--device", "no such device",
      saying: ["sum.pfmodel: ", "OpenCL"])
  }

  func testDamagedFiles() throws {
    let whole = try npy("<f4", "(2, 3)", [Float](repeating: 0, count: 6))
    var damaged: [(bytes: [UInt8], words: [String])] = [
      (whole + [0], ["25 bytes"]), (try npy("<f4", "(3, 3)", [Float](repeating: 0, count: 6)), ["24 bytes"]),
      (try npy("<c8", "(2, 3)", [Float](repeating: 0, count: 12)), ["<c8"]),
      (try npy(">f4", "(2, 3)", [Float](repeating: 0, count: 6)), [">f4"]),
      (try npy("<f4", "(2, 3)", [Float](repeating: 0, count: 6), order: "True"), ["Fortran"]),
      (try npy("<f4", "(-2, -3)", [Float](repeating: 0, count: 6)), ["header"]),
      (try npy("<f4", "(4611686018427387904, 4)", [Float](repeating: 0, count: 6)), ["elements"]),
      (try npy("<f4", "(99999999999999999999)", [Float](repeating: 0, count: 6)), ["99999999999999999999"]),
      (try npy("<f4", "(2, 3)", [Float](repeating: 0, count: 6), version: 9), ["version 9"]), (Array("no array".utf8), ["not an .npy"]),
      ([], ["not an .npy"]),
    ]
    damaged += stride(from: 0, to: whole.count, by: 9).map { (Array(whole[..<$0]), []) }
    for (bytes, words) in damaged {
      try write(bytes, to: "damaged.npy")
      try fail("run", "sum.pfmodel", "--input", "in/a=damaged.npy", "--input", "b=b.npy", saying: ["damaged.npy: "] + words)
    }
    try fail("run", "sum.pfmodel", "--input", "in/a=absent.npy", saying: ["absent.npy: No such file"])
  }

  /// A file as NumPy writes it.
  private func npy<Element: BitwiseCopyable>(
    _ type: String, _ shape: String, _ elements: [Element], order: String = "False", version: UInt8 = 1
  ) throws -> [UInt8] {
    var header = Array("{'descr': '\(type)', 'fortran_order': \(order), 'shape': \(shape), }".utf8)
    let lengthBytes = version == 1 ? 2 : 4
    while (8 + lengthBytes + header.count + 1) % 64 != 0 { header.append(UInt8(ascii: " ")) }
    header.append(UInt8(ascii: "\n"))
    let length = (0..<lengthBytes).map { UInt8(header.count >> (8 * $0) & 255) }
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + header + elements.withUnsafeBytes { Array($0) }
  }
}
