import KernelContract
import PrefactorGraph
import PrefactorModelFormat
import XCTest
@testable import PrefactorPasses
final class DebugTests: XCTestCase {
  func testIt() throws {
   for c in [1, 2, 3, 4,5, 6,7,8] { for useBias in [false, true] {
    var network = TestNetwork()
    let x = network.input([2, 3, 5, c])
    let w = network.constant([c, 1, 1, 1]), b = network.constant([c])
    network.output(network.add(.convolution(with(Convolution()) { $0.groups = Int32(c) }), x, w, useBias ? b : nil), name: "y")
    var other = TestNetwork()
    let ox = other.input([2, 3, 5, c])
    let ow = other.graph.addConstant(network.graph.constants[w]!.reshaped(to: [c])), ob = other.graph.addConstant(network.graph.constants[b]!)
    let m = other.binary(PF_MULTIPLY, ox, ow)
    other.output(useBias ? other.binary(PF_ADD, m, ob) : m, name: "y")
    let i = Tensor.random([2,3,5,c], seed: 5)
    let p = try Engine(graph: network.graph).run([i])[0].floats, q = try Engine(graph: other.graph).run([i])[0].floats
    fputs("C \(c) \(useBias) \(zip(p,q).map { abs($0-$1) }.max()!)\n", stderr); _ = ("C", c, useBias, zip(p,q).map { abs($0-$1) }.max()!)
   } }
  }
}
