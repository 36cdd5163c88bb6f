import KernelContract
import PrefactorGraph
import PrefactorModelFormat
import XCTest
final class TmpTests: XCTestCase {
  func testBig() throws {
    for n in [1000, 4000, 16000, 60000] {
      var graph = Graph()
      var v = graph.addInput(name: "x", dims: [4])
      for i in 0..<n { v = graph.addNode(.slice(with(Slice()) { $0.steps[0] = 1 }), [v], name: "n\(i % 7)") }
      graph.outputs = [v]
      let bytes = try graph.encoded()
      let t = ContinuousClock.now
      let a = Attempt(bytes)
      print("error", n, bytes.count, ContinuousClock.now - t, a.status.rawValue, a.stage)
    }
  }
}
