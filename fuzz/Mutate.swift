// Bytes of a protobuf that are changed at random are mostly refused, and what is changed in a network's structure is
// what its importer looks at: half of all changes are made in the parsed model.
import CFuzzer
import Foundation

@testable import PrefactorONNX

@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ limit: Int, _ seed: UInt32) -> Int {
  guard seed & 1 == 0,
    var model = try? Onnx_ModelProto(serializedBytes: Data(UnsafeBufferPointer(start: bytes, count: count)))
  else {
    return LLVMFuzzerMutate(bytes, count, limit)
  }
  var random = Randomness(state: UInt64(seed))
  for _ in 0...Int.random(in: 0..<3, using: &random) { model.graph.mutate(&random) }
  if Int.random(in: 0..<20, using: &random) == 0 {
    model.opsetImport = [.with { $0.version = .random(in: 7...28, using: &random) }]
  }
  guard let mutated = try? model.serializedData(), mutated.count <= limit else {
    return LLVMFuzzerMutate(bytes, count, limit)
  }
  mutated.copyBytes(to: bytes, count: mutated.count)
  return mutated.count
}

private struct Randomness: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state ^ (state >> 33)) &* 0xff51_afd7_ed55_8ccd
  }
}

private let integers: [Int64] = [
  -1, 0, 1, 2, 3, 4, 7, 8, 9, -2, -3, -4, 16, 255, 256, 65535, 1 << 20, 1 << 31 - 1, 1 << 31, -1 << 31, 1 << 32,
  1 << 40, .max, .min, .max - 1, .min + 1,
]
private let numbers: [Float] = [0, 1, -1, 0.5, 2, 1e-30, 1e10, 1e30, .infinity, -.infinity, .nan, -0.5]
private let operatorNames = operatorHandlers.keys.sorted()

extension Onnx_GraphProto {
  fileprivate mutating func mutate(_ random: inout Randomness) {
    let names = input.map(\.name) + initializer.map(\.name) + node.flatMap(\.output) + [""]
    switch Int.random(in: 0..<12, using: &random) {
    case 0: output.changeOne(&random) { $0.name = names.randomElement(using: &$1)! }
    case 1: input.changeOne(&random) { $0.type.tensorType.mutate(&$1) }
    case 2: initializer.changeOne(&random) { $0.mutate(&$1) }
    case 3: node.changeOne(&random) { $0.opType = operatorNames.randomElement(using: &$1)! }
    case 4:
      guard let place = node.indices.randomElement(using: &random) else { return }
      var copy = node[place]
      copy.output = copy.output.map { "\($0)'" }
      node.insert(copy, at: place + 1)
      if let last = copy.output.first, Bool.random(using: &random) { output = [.with { $0.name = last }] }
    case 5: if node.count > 1, let place = node.indices.randomElement(using: &random) { node.remove(at: place) }
    case 6...8:
      node.changeOne(&random) { node, random in
        node.input.changeOne(&random) { $0 = names.randomElement(using: &$1)! }
        if Int.random(in: 0..<4, using: &random) == 0 { node.input.append(names.randomElement(using: &random)!) }
        if node.input.count > 1, Int.random(in: 0..<8, using: &random) == 0 { node.input.removeLast() }
      }
    default: node.changeOne(&random) { node, random in node.attribute.changeOne(&random) { $0.mutate(&$1) } }
    }
  }
}

extension Onnx_AttributeProto {
  fileprivate mutating func mutate(_ random: inout Randomness) {
    if hasI { i.mutate(&random) }
    if hasF { f = numbers.randomElement(using: &random)! }
    if hasT { t.mutate(&random) }
    ints.mutate(&random)
    floats.changeOne(&random) { $0 = numbers.randomElement(using: &$1)! }
  }
}

extension Onnx_TypeProto.Tensor {
  fileprivate mutating func mutate(_ random: inout Randomness) {
    if Int.random(in: 0..<4, using: &random) == 0 { elemType = .random(in: 0...16, using: &random) }
    shape.dim.changeOne(&random) { dim, random in
      if Int.random(in: 0..<3, using: &random) == 0 {
        dim.dimParam = ["n", "h", ""].randomElement(using: &random)!
      } else {
        dim.dimValue.mutate(&random)
      }
    }
  }
}

extension Onnx_TensorProto {
  /// Elements are floats or integers, and as many as the dimensions say only where those are small.
  fileprivate mutating func mutate(_ random: inout Randomness) {
    int64Data.changeOne(&random) { $0.mutate(&$1) }
    floatData.changeOne(&random) { $0 = numbers.randomElement(using: &$1)! }
    guard Bool.random(using: &random) else { return }
    dims.mutate(&random)
    var count: Int64? = 1
    for size in dims {
      count = count.flatMap {
        let (product, overflow) = $0.multipliedReportingOverflow(by: size)
        return overflow ? nil : product
      }
    }
    guard let count, (0...4096).contains(count), Int.random(in: 0..<8, using: &random) > 0 else { return }
    if !floatData.isEmpty { floatData = (0..<Int(count)).map { floatData[$0 % floatData.count] } }
    if !int64Data.isEmpty { int64Data = (0..<Int(count)).map { int64Data[$0 % int64Data.count] } }
  }
}

extension Int64 {
  fileprivate mutating func mutate(_ random: inout Randomness) {
    self =
      Bool.random(using: &random)
      ? integers.randomElement(using: &random)! : self &+ .random(in: -2...2, using: &random)
  }
}

extension [Int64] {
  fileprivate mutating func mutate(_ random: inout Randomness) {
    changeOne(&random) { $0.mutate(&$1) }
    if Int.random(in: 0..<6, using: &random) == 0 { append(integers.randomElement(using: &random)!) }
    if !isEmpty, Int.random(in: 0..<6, using: &random) == 0 { removeLast() }
  }
}

extension MutableCollection where Self: RandomAccessCollection {
  fileprivate mutating func changeOne(_ random: inout Randomness, _ change: (inout Element, inout Randomness) -> Void) {
    if let place = indices.randomElement(using: &random) { change(&self[place], &random) }
  }
}
