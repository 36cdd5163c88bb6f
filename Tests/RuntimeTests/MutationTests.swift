import CPrefactor
import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import PrefactorRuntime

/// Random damage with checksums that hold. The seed is fixed; `PREFACTOR_MUTANTS` asks for more than a test run has
/// time for.
final class MutationTests: XCTestCase {
  private let count = ProcessInfo.processInfo.environment["PREFACTOR_MUTANTS"].flatMap { Int($0) } ?? 1000

  func testMutants() throws {
    for (name, graph) in TestGraph.all {
      let file = try ModelBytes(graph)
      var random = SplitMix64(seed: 1)
      var accepted = 0
      for mutant in 0..<count {
        let start = ContinuousClock.now
        let attempt = Attempt(mutated(file, &random).repaired.bytes)
        XCTAssertLessThan(ContinuousClock.now - start, .seconds(10), "\(name), mutant \(mutant)")
        if attempt.status == PF_OK {
          accepted += 1
        } else {
          XCTAssertFalse(attempt.message.isEmpty, "\(name), mutant \(mutant)")
        }
      }
      // Damage that is all found, or all missed, would not have reached the deeper checks.
      XCTAssertGreaterThan(accepted, count / 100, name)
      XCTAssertLessThan(accepted, count * 99 / 100, name)
    }
  }

  /// A step that reads or writes outside its tensors ends the process.
  func testStepsOfMutantsStayInsideTheirTensors() throws {
    for (_, graph) in TestGraph.all {
      let file = try ModelBytes(graph)
      for set in KernelSet.all where set.isAvailable {
        GuardedRun.run(file.bytes, set)
        var random = SplitMix64(seed: 2)
        for _ in 0..<count {
          GuardedRun.run(
            mutated(file, in: [.attributes, .attributes, .values, .expressions, .bindings], &random).repaired.bytes,
            set)
        }
      }
    }
  }

  private func mutated(_ file: ModelBytes, _ random: inout SplitMix64) -> ModelBytes {
    mutated(
      file,
      in: [
        .values, .nodes, .operands, .attributes, .inputs, .outputs, .layers, .preprocessing, .weights, .symbols,
        .expressions, .bindings, .quantizations, .scales, .zeroPoints,
      ],
      and: [
        Layout.Header.version..<Layout.Header.tableChecksum, Layout.Header.size..<ModelBytes.entry(file.sections.count),
      ], &random)
  }

  /// Each place has the same chance, whatever its size.
  private func mutated(
    _ file: ModelBytes, in sections: [SectionKind], and more: [Range<Int>] = [], _ random: inout SplitMix64
  ) -> ModelBytes {
    var result = file
    let places = sections.map { file.section($0) } + more
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      guard let place = places.filter({ !$0.isEmpty }).randomElement(using: &random) else { continue }
      let word = place.lowerBound + Int.random(in: 0..<place.count / 4, using: &random) * 4
      switch Int.random(in: 0..<3, using: &random) {
      case 0: result.bytes[word + Int.random(in: 0..<4, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: result.set(word, result.uint32(word) &+ UInt32(bitPattern: Int32.random(in: -4...4, using: &random)))
      default: result.set(word, file.uint32(place.lowerBound + Int.random(in: 0..<place.count / 4, using: &random) * 4))
      }
    }
    return result
  }
}
