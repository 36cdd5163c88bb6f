import XCTest

final class UsageTests: CommandLineTestCase {
  func testHelpAndVersion() throws {
    let help = try succeed("--help").output
    for command in ["compress", "convert", "run", "classify", "eval", "bench", "inspect", "devices", "export"] {
      XCTAssert(help.contains(command))
    }
    XCTAssertNotNil(try succeed("--version").output.wholeMatch(of: #/\d+\.\d+\.\d+\n/#))
    XCTAssert(try succeed("help", "bench").output.contains("--layers"))
  }

  func testWrongUsage() throws {
    for arguments in [
      ["frobnicate"], ["bench"], ["bench", "net.pfmodel", "--speed"], ["bench", "net.pfmodel", "--threads", "two"],
      ["bench", "net.pfmodel", "--threads", "65"], ["bench", "net.pfmodel", "--backend", "tpu"],
      ["run", "net.pfmodel", "--input", "x.npy"],
      ["run", "net.pfmodel", "--input", "x=1.npy", "--input", "x=2.npy"], ["classify", "net.pfmodel"],
      ["classify", "net.pfmodel", "a.jpg", "--top", "0"],
      ["eval", "net.pfmodel"], ["eval", "net.pfmodel", "--images", ".", "--labels", "l", "--reference", "r"],
      ["compress", "net.onnx", "-o", "out"], ["compress", "net.onnx", "-o", "out", "--energy", "1.5"],
      ["compress", "net.onnx", "--energy", "0.9"],
    ] {
      let outcome = try run(arguments)
      XCTAssertEqual(outcome.code, 2, "\(arguments)")
      XCTAssertEqual(outcome.output, "")
      XCTAssert(outcome.errors.contains("Usage:"), outcome.errors)
    }
  }

  func testWhatIsWrongIsNamed() throws {
    for (arguments, words) in [
      (["frobnicate", "net.onnx"], ["no command 'frobnicate'", "convert"]),
      (["bench", "net.pfmodel", "--threads", "-1"], ["from 0 to 64"]),
      (["compress", "net.onnx", "-o", "out", "--energy", "90"], ["0.9 keeps 90 %"]),
    ] { try fail(arguments, code: 2, saying: words) }
    try write("this is no network, and long enough for a header: 0123456789 0123456789 0123456789", to: "notes.txt")
    try fail(
      "inspect", "notes.txt", saying: ["notes.txt: ", "a network is a .pfmodel, or a file whose name ends in .onnx"])
  }

  func testDevices() throws {
    let devices = try succeed("devices").output
    XCTAssertNotNil(devices.firstMatch(of: #/scalar: available/#))
    XCTAssertNotNil(devices.firstMatch(of: #/available, chosen/#))
    XCTAssertNotNil(devices.firstMatch(of: #/OpenCL devices:\n  (0: \S|none|there is no OpenCL)/#), devices)
  }
}
