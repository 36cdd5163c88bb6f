import PrefactorGraph
import XCTest

@testable import PrefactorCompiler

/// What is there is kept until the result is whole, and what is no regular file is written to.
final class OutputFileTests: CommandLineTestCase {
  private var model: [UInt8] = []

  override func setUpWithError() throws {
    try super.setUpWithError()
    model = try SmallModels.color().encoded()
    try write(model, to: "net.pfmodel")
  }

  private func partialFiles() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.contains("partial") }
  }

  private func mode(_ name: String) -> mode_t {
    var status = stat()
    return lstat(path(name), &status) == 0 ? status.st_mode & 0o7777 : 0
  }

  func testDevicesAreWrittenTo() throws {
    try succeed("convert", "net.pfmodel", "-o", "/dev/null")
    var status = stat()
    XCTAssertEqual(stat("/dev/null", &status), 0)
    XCTAssertEqual(status.st_mode & S_IFMT, S_IFCHR)
    try fail("convert", "net.pfmodel", "-o", "/dev/full", saying: ["/dev/full: No space left on device"])
  }

  func testFIFOsAreWrittenTo() throws {
    XCTAssertEqual(mkfifo(path("fifo"), 0o600), 0)
    let reader = Process()
    reader.executableURL = URL(fileURLWithPath: "/bin/sh")
    reader.arguments = ["-c", "cat fifo > copy"]
    reader.currentDirectoryURL = folder
    try reader.run()
    try succeed("convert", "net.pfmodel", "-o", "fifo")
    reader.waitUntilExit()
    XCTAssertEqual(try read("copy"), model)
    var status = stat()
    XCTAssertEqual(stat(path("fifo"), &status), 0)
    XCTAssertEqual(status.st_mode & S_IFMT, S_IFIFO)
  }

  /// The test's standard output is a regular file, which must not be replaced behind its descriptor either.
  func testStandardOutput() throws {
    for name in ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
      try succeed("convert", "net.pfmodel", "-o", name)
      XCTAssertEqual(try read("output"), model, name)
    }
    try write(SmallModels.dense().encoded(), to: "dense.pfmodel")
    let outcome = try run("compress", "dense.pfmodel", "-o", "-", "--energy", "0.99")
    XCTAssertEqual(outcome.code, 0, outcome.errors)
    XCTAssert(outcome.errors.contains("svd") && outcome.errors.contains("outputs differ"), outcome.errors)
    XCTAssertEqual(try Graph(decoding: read("output")).layers[0].method, "svd")
  }

  func testLinksAndModesStay() throws {
    try FileManager.default.createDirectory(atPath: path("folder"), withIntermediateDirectories: true)
    try write("old", to: "folder/target")
    chmod(path("folder/target"), 0o640)
    symlink("target", path("folder/inner"))
    symlink("folder/inner", path("outer"))
    try succeed("convert", "net.pfmodel", "-o", "outer")
    XCTAssertEqual(try read("folder/target"), model)
    XCTAssertEqual(mode("folder/target"), 0o640)
    XCTAssertEqual(try FileManager.default.destinationOfSymbolicLink(atPath: path("outer")), "folder/inner")
    // A link that leads nowhere yet.
    symlink("folder/new", path("dangling"))
    try succeed("convert", "net.pfmodel", "-o", "dangling")
    XCTAssertEqual(try read("folder/new"), model)
    let mask = umask(0)
    umask(mask)
    XCTAssertEqual(mode("folder/new"), 0o666 & ~mask)
    symlink("loop", path("loop"))
    try fail("convert", "net.pfmodel", "-o", "loop", saying: ["loop: Too many levels of symbolic links"])
    try fail("convert", "net.pfmodel", "-o", "folder", saying: ["folder: Is a directory"])
    try fail("convert", "net.pfmodel", "-o", "absent/net", saying: ["absent/net: No such file or directory"])
  }

  func testSourcesAreNotReplaced() throws {
    try write(
      #"{"size": [4, 4], "resize": "stretch", "channels": "RGB", "mean": [1, 2, 3], "std": [4, 5, 6]}"#, to: "pre.json")
    try write("red\ngreen\nblue\n", to: "names.txt")
    symlink("net.pfmodel", path("symbolic"))
    link(path("net.pfmodel"), path("hard"))
    for target in ["net.pfmodel", "symbolic", "hard", "./net.pfmodel", "pre.json", "names.txt"] {
      let before = try read(target)
      try fail(
        "convert", "net.pfmodel", "-o", target, "--preprocess", "pre.json", "--class-labels", "names.txt",
        saying: ["\(target): is the same file as", "--force"])
      XCTAssertEqual(try read(target), before)
    }
    try fail("export", "net.pfmodel", "-o", "net.pfmodel", saying: ["net.pfmodel: is the same file"])
    try succeed("convert", "net.pfmodel", "-o", "net.pfmodel", "--force", "--class-labels", "names.txt")
    XCTAssertEqual(try Graph(decoding: read("net.pfmodel")).labels, ["red", "green", "blue"])
    // A source that is not the target's file.
    try succeed("convert", "hard", "-o", "net.pfmodel")
  }

  func testInputsOfARunAreNotReplaced() throws {
    try write(SmallModels.dense().encoded(), to: "dense.pfmodel")
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 16), }"
    let padded = header + String(repeating: " ", count: 117 - header.utf8.count) + "\n"
    let array = [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(padded.utf8) + [UInt8](repeating: 0, count: 64)
    try write(array, to: "y.npy")
    try fail(
      "run", "dense.pfmodel", "--input", "x=y.npy", "--output-dir", ".",
      saying: ["./y.npy: is the same file as 'y.npy'"])
    XCTAssertEqual(try read("y.npy"), array)
    try succeed("run", "dense.pfmodel", "--input", "x=y.npy", "--output-dir", ".", "--force")
    XCTAssertEqual(try read("y.npy").count, 128 + 48)
  }

  func testCalibrationImagesAndPlansAreNotReplaced() throws {
    try write(SmallModels.describedScores().encoded(), to: "scores.pfmodel")
    try FileManager.default.createDirectory(atPath: path("images"), withIntermediateDirectories: true)
    try write(SmallImages.redPNG, to: "images/red.png")
    try write(#"{"fc": {"method": "svd", "rank": 1}}"#, to: "plan.json")
    for target in ["images/red.png", "plan.json"] {
      try fail(
        "compress", "scores.pfmodel", "-o", target, "--plan", "plan.json", "--calibration", "images",
        saying: ["\(target): is the same file"])
    }
  }

  func testAFileThatGrowsTooLargeLeavesNothing() throws {
    try write("what was here", to: "old")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", #"ulimit -f 1; "$0" convert net.pfmodel -o old 2>/dev/null"#, executable.path]
    process.currentDirectoryURL = folder
    // More than a block of 512 bytes, whatever unit the shell has.
    try write(SmallModels.convolutions().encoded(), to: "net.pfmodel")
    try process.run()
    process.waitUntilExit()
    XCTAssertEqual(process.terminationReason, .exit)
    XCTAssertEqual(process.terminationStatus, 1)
    XCTAssertEqual(try read("old"), Array("what was here".utf8))
    XCTAssertEqual(try partialFiles(), [])
  }

  /// Another container's process has the same number.
  func testAnotherProcessesFileIsLeftAlone() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c", #"echo theirs > ".prefactor-$$.partial"; exec "$0" convert net.pfmodel -o new"#, executable.path,
    ]
    process.currentDirectoryURL = folder
    try process.run()
    let theirs = ".prefactor-\(process.processIdentifier).partial"
    process.waitUntilExit()
    XCTAssertEqual(process.terminationStatus, 0)
    XCTAssertEqual(try read("new"), model)
    XCTAssertEqual(try partialFiles(), [theirs])
    XCTAssertEqual(try read(theirs), Array("theirs\n".utf8))
  }

  /// Whenever the signal comes: what was there is whole, and nothing is beside it.
  func testSignalsLeaveNothing() throws {
    for (index, signal) in [SIGINT, SIGTERM, SIGHUP, SIGTERM, SIGHUP, SIGINT].enumerated() {
      try write("what was here", to: "old")
      let process = Process()
      process.executableURL = executable
      process.arguments = ["convert", "net.pfmodel", "-o", "old"]
      process.currentDirectoryURL = folder
      try process.run()
      usleep(UInt32(index) * 3000)
      kill(process.processIdentifier, signal)
      process.waitUntilExit()
      XCTAssert([Array("what was here".utf8), model].contains(try read("old")))
      XCTAssertEqual(try partialFiles(), [])
    }
  }
}
