import Foundation
import KernelContract
import PrefactorEngine
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import PrefactorRuntime

/// How the weights of a convolution are used.
enum WeightUse {
  /// Sums as they are written: the expected values are often exact. RuntimeTests has convolutions in their other ways.
  case inPlace
  /// As is fastest.
  case prepared
  /// The same, of half precision.
  case preparedHalves
}

/// Runs an operation as a session does, in guarded memory. There are `gap` elements between the pixels of what may have
/// gaps.
func evaluate(
  _ operation: PrefactorModelFormat.Operation, _ inputs: [TestTensor?], _ set: KernelSet, threads: Int, gap: Int = 0,
  weights: WeightUse = .inPlace
) throws -> TestTensor {
  // At fixed addresses, as in a session.
  let table = UnsafeMutablePointer<pf_kernels>.allocate(capacity: 1)
  let pool = UnsafeMutablePointer<ThreadPool>.allocate(capacity: 1)
  defer {
    table.deallocate()
    pool.deallocate()
  }
  table.initialize(to: set.kernels)
  let shapes = inputs.map { $0?.shape }
  let output = try operation.outputShape(shapes)
  var options = SessionOptions()
  options.savesMemory = weights == .inPlace
  let chooser = try AlgorithmChooser(table, set.target, options)
  let needs = shapes.withUnsafeBufferPointer { operation.needs(InputShapes($0), output: output, chooser) }
  let scratch = try needs.checked()
  let stride = (scratch.perThread + 63) & ~63
  let sharedScratch = GuardedMemory(bytes: scratch.shared, alignment: 64)
  let threadScratch = GuardedMemory(bytes: stride * threads, alignment: 64)
  let prepared = scratch.prepared > 0 ? GuardedMemory(bytes: scratch.prepared, alignment: 64) : nil

  let gaps = shapes.indices.map { index in
    shapes.withUnsafeBufferPointer { operation.readsPixelStride(input: index, InputShapes($0), output: output) }
      && shapes[index]?.type == .float32 ? gap : 0
  }
  let outputGap = operation.writesPixelStride(output: output) && output.type == .float32 ? gap : 0
  let inputMemory = inputs.enumerated().map { index, input in
    input.map {
      memory(
        spread($0.stored(for: operation, input: index, shapes), $0.shape.channels, gaps[index]),
        index == 1 && weights == .preparedHalves ? .float16 : $0.type, slack: index == 1 ? Int(PF_PANEL_SLACK) : 0)
    }
  }
  let views = shapes.indices.map { index in
    shapes[index].map { TensorView(shape: $0, base: inputMemory[index]!.base, pixelStride: $0.channels + gaps[index]) }
  }
  let resultPixels = output.count == 0 ? 0 : output.pixels
  let result = GuardedMemory(
    bytes: output.bytes + max(resultPixels - 1, 0) * outputGap * output.type.size, alignment: min(output.type.size, 4))
  memset(result.base, 0xA5, output.bytes + max(resultPixels - 1, 0) * outputGap * output.type.size)
  try ThreadPool.start(pool, threads: threads)
  pool.beginRun()
  withExtendedLifetime((inputMemory, sharedScratch, threadScratch, prepared)) {
    views.withUnsafeBufferPointer { views in
      let context = StepContext(
        inputs: views, output: TensorView(shape: output, base: result.base, pixelStride: output.channels + outputGap),
        kernels: table,
        threads: pool, sharedScratch: sharedScratch.base, threadScratch: threadScratch.base,
        threadScratchStride: stride,
        prepared: prepared?.base, algorithm: needs.algorithm, mergedGroups: needs.mergedGroups,
        weightsType: weights == .preparedHalves ? .float16 : .float32)
      if prepared != nil { operation.prepare(context) }
      operation.run(context)
    }
  }
  ThreadPool.stop(pool)
  return withExtendedLifetime(result) {
    XCTAssert(result.isIntactBefore, "written before the output")
    return TestTensor(output, result.base, gap: outputGap)
  }
}

/// With NaNs after each pixel but the last.
private func spread(_ values: [Double], _ channels: Int, _ gap: Int) -> [Double] {
  if gap == 0 || values.isEmpty { return values }
  return Array(
    stride(from: 0, to: values.count, by: channels).flatMap {
      values[$0..<($0 + channels)] + [Double](repeating: .nan, count: gap)
    }.dropLast(gap))
}

/// Runs an operation with every kernel set that this CPU has and expects a result, within `tolerance` of the larger of
/// 1 and its size, and the same bits from one thread and from three, and with gaps between pixels; and on an OpenCL
/// device, with and without gaps.
func check(
  _ operation: PrefactorModelFormat.Operation, _ inputs: [TestTensor?], gives expected: TestTensor,
  tolerance: Double = 0,
  weights: WeightUse = .inPlace, file: StaticString = #filePath, line: UInt = #line
) throws {
  for set in KernelSet.all where set.isAvailable {
    let result = try evaluate(operation, inputs, set, threads: 1, weights: weights)
    compare(result, expected, tolerance, set.description, file: file, line: line)
    let threaded = try evaluate(operation, inputs, set, threads: 3, weights: weights)
    XCTAssertEqual(
      threaded.values.map(\.bitPattern), result.values.map(\.bitPattern), "\(set): threads", file: file, line: line
    )
    let spread = try evaluate(operation, inputs, set, threads: 1, gap: 5, weights: weights)
    XCTAssertEqual(
      spread.values.map(\.bitPattern), result.values.map(\.bitPattern), "\(set): gaps", file: file, line: line)
  }
  // A graph, which a device is given, has tensors of no other types.
  guard hasOpenCLDevice, inputs.allSatisfy({ $0.map { Tensor.types.contains($0.type) } ?? true }) else { return }
  for gap in [0, 5] {
    let result = try evaluateOnDevice(operation, inputs, gap: gap, weights: weights)
    compare(result, expected, tolerance, gap == 0 ? "opencl" : "opencl with gaps", file: file, line: line)
  }
  let rounded = inputs.enumerated().map { operation.takesConstant($0) ? $1 : $1?.roundedToHalf }
  let result = try evaluateOnDevice(operation, rounded, gap: 5, weights: weights, halfPrecision: true)
  let reference = try evaluate(operation, rounded, KernelSet.choose(), threads: 1, weights: weights)
  let magnitudes = try operation.withoutBounds.map {
    try evaluate($0, rounded.map { $0?.magnitudes }, KernelSet.choose(), threads: 1, weights: weights)
  }
  compare(
    result, reference.roundedToHalf, tolerance + 2 * halfTolerance, magnitudes: magnitudes?.values,
    "opencl, half precision", file: file, line: line)
}

/// `magnitudes` are those of the elements' largest terms, where these may have cancelled each other.
private func compare(
  _ result: TestTensor, _ expected: TestTensor, _ tolerance: Double, magnitudes: [Double]? = nil, _ name: String,
  file: StaticString, line: UInt
) {
  XCTAssertEqual(result.dims, expected.dims, name, file: file, line: line)
  XCTAssertEqual(result.type, expected.type, name, file: file, line: line)
  let wrong = zip(result.values, expected.values).enumerated().first {
    !isClose($1.0, $1.1, tolerance * max(1, abs($1.1), magnitudes?[$0] ?? 0))
  }
  if let (index, (actual, wanted)) = wrong {
    XCTFail("\(name): element \(index) is \(actual), not \(wanted)", file: file, line: line)
  }
}

private func isClose(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
  a == b || (a.isNaN && b.isNaN) || abs(a - b) <= tolerance
}

extension PrefactorModelFormat.Operation {
  /// Of a sum of products, that alone.
  fileprivate var withoutBounds: Self? {
    switch self {
    case .convolution(var attributes):
      attributes.clamp = Clamp()
      return .convolution(attributes)
    case .fullyConnected(var attributes):
      attributes.clamp = Clamp()
      return .fullyConnected(attributes)
    default: return nil
    }
  }

  func outputShape(_ inputs: [Shape?]) throws -> Shape {
    try inputs.withUnsafeBufferPointer { try outputShape(InputShapes($0)) }
  }
}

private func memory(_ values: [Double], _ type: ElementType, slack: Int) -> GuardedMemory {
  let memory = GuardedMemory(bytes: values.count * type.size + slack, alignment: min(type.size, 4))
  defer { memory.makeReadOnly() }
  for (index, value) in values.enumerated() { type.store(value, in: memory.base, at: index) }
  return memory
}

extension TestTensor {
  fileprivate var magnitudes: TestTensor { TestTensor(dims, values.map { abs($0) }, type) }

  fileprivate var roundedToHalf: TestTensor {
    type == .float32 ? TestTensor(dims, values.map { Double(Float16($0)) }) : self
  }

  fileprivate init(_ shape: Shape, _ base: UnsafeMutableRawPointer, gap: Int) {
    let floats = base.assumingMemoryBound(to: Float.self)
    let untouched = Float(bitPattern: 0xA5A5_A5A5)
    var values: [Double] = []
    for index in 0..<shape.count {
      let offset = index + index / shape.channels * gap
      values.append(shape.type.load(base, at: offset))
      if gap > 0, (index + 1) % shape.channels == 0, index + 1 < shape.count {
        XCTAssert((1...gap).allSatisfy { floats[offset + $0] == untouched }, "written between pixels")
      }
    }
    self.init(shape.dims, values, shape.type)
  }

  /// The values in the order of the file's layout.
  fileprivate func stored(for operation: PrefactorModelFormat.Operation, input: Int, _ shapes: [Shape?]) -> [Double] {
    switch shapes.withUnsafeBufferPointer({ operation.layout(ofInput: input, InputShapes($0)) }) {
    case .plain: return values
    case .tapsFirst:
      let taps = values.count / dims[0]
      return (0..<values.count).map { values[$0 % dims[0] * taps + $0 / dims[0]] }
    case .transformed: preconditionFailure("no input is to be transformed")
    case .panels(let groups), .halfPanels(let groups):
      let groupSize = values.count / groups
      return (0..<groups).flatMap {
        panels(Array(values[($0 * groupSize)..<(($0 + 1) * groupSize)]), depth: values.count / dims[0])
      }
    }
  }
}

private func panels(_ weights: [Double], depth: Int) -> [Double] {
  let filters = weights.count / depth
  var result: [Double] = []
  for first in stride(from: 0, to: filters, by: Int(PF_PANEL_WIDTH)) {
    let columns = min(Int(PF_PANEL_WIDTH), filters - first)
    let padding = [Double](repeating: 0, count: (4 - columns % 4) % 4)
    for k in 0..<depth { result += (0..<columns).map { weights[(first + $0) * depth + k] } + padding }
  }
  return result
}
