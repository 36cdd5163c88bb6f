import PrefactorGraph
import XCTest

final class CompressTests: CommandLineTestCase {
  override func setUpWithError() throws {
    try super.setUpWithError()
    try write(SmallModels.dense().encoded(), to: "dense.pfmodel")
  }

  func testEnergy() throws {
    let table = try succeed("compress", "dense.pfmodel", "-o", "small.pfmodel", "--energy", "0.99").output
    XCTAssert(table.contains("svd") && table.contains("outputs differ by 0.00 %"), table)
    let report = try succeed("inspect", "small.pfmodel", "--json").json
    XCTAssertEqual(report["macs"] as? Int, 12 + 16)
    XCTAssertEqual(report["macs_before"] as? Int, 12 * 16)
  }

  func testPlan() throws {
    try write(#"{"fc": {"method": "svd", "rank": 2}}"#, to: "plan.json")
    try succeed("compress", "dense.pfmodel", "-o", "small.pfmodel", "--plan", "plan.json")
    let layer = try Graph(decoding: read("small.pfmodel")).layers[0]
    XCTAssertEqual(layer.method, "svd")
    for (plan, words) in [
      (#"{"fd": {"method": "svd", "rank": 2}}"#, ["layer 'fd'", "'fc'"]), (#"{"fc": {"method": "magic"}}"#, ["layer 'fc'", "magic"]),
      (#"{"fc": {"method": "svd", "rank": 0}}"#, ["layer 'fc'", "rank"]), ("[]", []), ("{", []),
    ] {
      try write(plan, to: "plan.json")
      try fail("compress", "dense.pfmodel", "-o", "other.pfmodel", "--plan", "plan.json", saying: ["plan.json: "] + words)
      XCTAssertFalse(FileManager.default.fileExists(atPath: path("other.pfmodel")))
    }
  }
}
