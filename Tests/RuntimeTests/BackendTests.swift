import CPrefactor
import Foundation
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import PrefactorRuntime

/// What a session asks of its backend, and that another backend can stand where the processor's does.
final class BackendTests: XCTestCase {
  private func graph() -> Graph {
    var graph = Graph()
    let input = graph.addInput(name: "image", dims: [2, 5, 6, 4])
    let weights = graph.addConstant(.random([7, 3, 3, 4], seed: 1, in: -1...1))
    let convolution = with(Convolution()) {
      ($0.window.kernelHeight, $0.window.kernelWidth) = (3, 3)
      ($0.window.padTop, $0.window.padLeft) = (1, 1)
    }
    let features = graph.addNode(.convolution(convolution), [input, weights, nil, nil], name: "convolution")
    let ramp = graph.addNode(.unary(Unary(.tanh)), [features], name: "tanh")
    graph.outputs = [graph.addNode(.softmax(with(Softmax()) { $0.axis = 3 }), [ramp], name: "softmax")]
    graph.names[graph.outputs[0]] = "classes"
    return graph
  }

  func testAnotherBackendComputesTheSame() throws {
    setenv("PREFACTOR_ISA", "scalar", 1)
    defer { unsetenv("PREFACTOR_ISA") }
    let options = with(SessionOptions()) { $0.backend = RecordingBackend.backend }
    RecordingBackend.calls = []
    XCTAssertEqual(try graph().outputs(options), try graph().outputs(SessionOptions()))
    let steps = ["convolution", "unary", "softmax"]
    XCTAssertEqual(RecordingBackend.calls, ["create for 1 image", "run"] + steps + ["destroy"])
    try graph().withSession(options) { session in
      XCTAssertEqual(String(cString: session.pointee.isa), "recording")
      XCTAssertEqual(session.pointee.step(0).kernel.description, "recorded")
      XCTAssertGreaterThan(session.pointee.totalBytes, session.pointee.valueBytes.total)
    }
  }

  func testMemoryElsewhereCountsAndFitsNoBlockOfTheCallers() throws {
    let options = with(SessionOptions()) {
      $0.backend = RecordingBackend.backend
      $0.mostBytes = 1
    }
    XCTAssertThrowsError(try graph().withSession(options) { _ in }) {
      XCTAssertEqual(($0 as? Failure)?.status, PF_ERROR_LIMIT)
    }
    try graph().withSession(SessionOptions()) { session in
      let options = with(SessionOptions()) { $0.backend = RecordingBackend.backend }
      XCTAssertThrowsError(try Session.memoryRequired(session.pointee.model, options)) {
        XCTAssertEqual(($0 as? Failure)?.status, PF_ERROR_UNSUPPORTED)
      }
    }
  }

  /// The processor is a backend without devices.
  func testDefaultsOfTheTable() throws {
    XCTAssertEqual(try Backend.cpu.deviceCount(), 0)
    var description = pf_device_info()
    XCTAssertFalse(try Backend.cpu.describeDevice(0, &description))
  }
}
