import CPrefactor
import Foundation
import PrefactorGraph
import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import PrefactorRuntime

private typealias Operation = PrefactorModelFormat.Operation

final class MalformedTests: XCTestCase {
  private func make<Attributes>(_ attributes: Attributes, _ configure: (inout Attributes) -> Void) -> Attributes {
    var attributes = attributes
    configure(&attributes)
    return attributes
  }

  private func expectFailure(_ operation: Operation, _ shapes: [Shape?], _ status: pf_status, line: UInt = #line) {
    XCTAssertThrowsError(try operation.outputShape(shapes), line: line) {
      XCTAssertEqual(($0 as? Failure)?.status.rawValue, status.rawValue, line: line)
    }
  }

  func testWindows() {
    let image = Shape([1, 8, 8, 4])
    let weights = Shape([6, 3, 3, 4])
    let malformed: [((inout Window) -> Void, pf_status)] = [
      ({ $0.strideHeight = 0 }, PF_ERROR_BAD_MODEL), ({ $0.strideWidth = -1 }, PF_ERROR_BAD_MODEL),
      ({ $0.dilationHeight = 0 }, PF_ERROR_BAD_MODEL), ({ $0.dilationWidth = .max }, PF_ERROR_BAD_MODEL),
      ({ $0.padTop = -1 }, PF_ERROR_BAD_MODEL), ({ $0.padRight = .max }, PF_ERROR_BAD_MODEL),
      ({ $0.automaticPadding = 3 }, PF_ERROR_BAD_MODEL), ({ $0.dilationHeight = 4 }, PF_ERROR_SHAPE),
    ]
    for (damage, status) in malformed {
      var window = Window()
      (window.kernelHeight, window.kernelWidth) = (3, 3)
      damage(&window)
      expectFailure(.convolution(make(Convolution()) { $0.window = window }), [image, weights], status)
      expectFailure(.pool(make(Pool()) { $0.window = window }), [image], status)
    }
    expectFailure(.pool(make(Pool()) { $0.window.kernelHeight = 0 }), [image], PF_ERROR_BAD_MODEL)
    expectFailure(
      .pool(
        make(Pool()) {
          $0.window.kernelHeight = 1 << 24
          $0.window.kernelWidth = 1 << 24
        }), [image], PF_ERROR_BAD_MODEL)
    expectFailure(.pool(make(Pool()) { $0.kindCode = 2 }), [image], PF_ERROR_BAD_MODEL)
    expectFailure(.pool(make(Pool()) { $0.window.padTop = 1 }), [image], PF_ERROR_BAD_MODEL)
    expectFailure(.pool(Pool()), [Shape([1, 8, 0, 4])], PF_ERROR_SHAPE)
    expectFailure(.pool(Pool()), [Shape([1, 8, 4])], PF_ERROR_SHAPE)
    expectFailure(.pool(Pool()), [Shape([1, 1 << 25, 1, 1])], PF_ERROR_SHAPE)
    expectFailure(.pool(Pool()), [Shape([1, 8, 8, 4], .int64)], PF_ERROR_UNSUPPORTED)
  }

  func testConvolution() {
    let image = Shape([1, 8, 8, 4])
    let weights = Shape([6, 1, 1, 4])
    let plain = Operation.convolution(Convolution())
    expectFailure(plain, [], PF_ERROR_BAD_MODEL)
    expectFailure(plain, [image], PF_ERROR_BAD_MODEL)
    expectFailure(plain, [image, Shape([6, 3, 1, 4])], PF_ERROR_SHAPE)
    expectFailure(plain, [image, Shape([6, 1, 1, 3])], PF_ERROR_SHAPE)
    expectFailure(plain, [image, Shape([6, 1, 1, 4, 1])], PF_ERROR_SHAPE)
    expectFailure(plain, [image, Shape([0, 1, 1, 4])], PF_ERROR_SHAPE)
    expectFailure(plain, [image, weights, Shape([5])], PF_ERROR_BAD_MODEL)
    expectFailure(plain, [image, weights, nil, Shape([1, 8, 8, 5])], PF_ERROR_SHAPE)
    expectFailure(plain, [Shape([1, 1 << 14, 1 << 14, 4]), Shape([16, 1, 1, 4])], PF_ERROR_SHAPE)
    for groups in [Int32.min, -1, 0, 3, 4, .max] {
      expectFailure(.convolution(make(Convolution()) { $0.groups = groups }), [image, weights], PF_ERROR_BAD_MODEL)
    }
  }

  func testProducts() {
    expectFailure(.fullyConnected(FullyConnected()), [Shape([]), Shape([3, 4])], PF_ERROR_SHAPE)
    expectFailure(.fullyConnected(FullyConnected()), [Shape([2, 5]), Shape([3, 4])], PF_ERROR_SHAPE)
    expectFailure(.fullyConnected(FullyConnected()), [Shape([1 << 20, 1]), Shape([1 << 20, 1])], PF_ERROR_SHAPE)
    expectFailure(.matrixProduct, [Shape([3]), Shape([3, 4])], PF_ERROR_SHAPE)
    expectFailure(.matrixProduct, [Shape([2, 3]), Shape([4, 2])], PF_ERROR_SHAPE)
    expectFailure(.matrixProduct, [Shape([2, 3, 4]), Shape([3, 4, 2])], PF_ERROR_SHAPE)
    expectFailure(.matrixProduct, [Shape([2, 0]), Shape([0, 2])], PF_ERROR_SHAPE)
  }

  func testElementwise() {
    let x = Shape([2, 3])
    expectFailure(.unary(make(Unary(.relu)) { $0.functionCode = 0 }), [x], PF_ERROR_BAD_MODEL)
    expectFailure(.unary(make(Unary(.relu)) { $0.functionCode = 23 }), [x], PF_ERROR_BAD_MODEL)
    expectFailure(.unary(Unary(.relu)), [nil], PF_ERROR_BAD_MODEL)
    expectFailure(.unary(Unary(.relu)), [Shape([2], .int64)], PF_ERROR_UNSUPPORTED)
    expectFailure(.binary(make(Binary(.add)) { $0.functionCode = -1 }), [x, x], PF_ERROR_BAD_MODEL)
    expectFailure(.binary(Binary(.add)), [x, Shape([2])], PF_ERROR_SHAPE)
    expectFailure(.binary(Binary(.add)), [Shape([1 << 20, 1]), Shape([1 << 20])], PF_ERROR_SHAPE)
    expectFailure(.binary(Binary(.add)), [x, Shape([3], .int64)], PF_ERROR_UNSUPPORTED)
    expectFailure(.softmax(make(Softmax()) { $0.axis = 2 }), [x], PF_ERROR_BAD_MODEL)
    expectFailure(.softmax(make(Softmax()) { $0.axis = -1 }), [x], PF_ERROR_BAD_MODEL)
    expectFailure(.affine(Affine()), [x, Shape([3])], PF_ERROR_BAD_MODEL)
    expectFailure(.affine(Affine()), [x, Shape([3]), Shape([2])], PF_ERROR_BAD_MODEL)
    expectFailure(.affine(Affine()), [x, Shape([1, 3]), Shape([3])], PF_ERROR_BAD_MODEL)
    expectFailure(.affine(Affine()), [Shape([]), Shape([1]), Shape([1])], PF_ERROR_SHAPE)
    expectFailure(.cast(make(Cast(.int64)) { $0.type = 2 }), [x], PF_ERROR_UNSUPPORTED)
    expectFailure(.responseNormalization(make(ResponseNormalization()) { $0.size = 0 }), [x], PF_ERROR_BAD_MODEL)
    expectFailure(.responseNormalization(ResponseNormalization()), [Shape([])], PF_ERROR_SHAPE)
  }

  func testMovement() {
    let x = Shape([2, 3])
    expectFailure(.concatenation(Concatenation()), [], PF_ERROR_BAD_MODEL)
    expectFailure(.concatenation(Concatenation()), [x, nil], PF_ERROR_BAD_MODEL)
    expectFailure(.concatenation(Concatenation()), [x, Shape([2, 4])], PF_ERROR_SHAPE)
    expectFailure(.concatenation(Concatenation()), [x, Shape([2, 3], .int64)], PF_ERROR_SHAPE)
    expectFailure(.concatenation(make(Concatenation()) { $0.axis = 1 }), [x, Shape([2])], PF_ERROR_SHAPE)
    expectFailure(.slice(make(Slice()) { $0.steps[1] = 0 }), [x], PF_ERROR_BAD_MODEL)
    expectFailure(.padding(make(Padding()) { $0.mode = 3 }), [x], PF_ERROR_BAD_MODEL)
    expectFailure(.padding(make(Padding()) { $0.before[0] = -3 }), [x], PF_ERROR_SHAPE)
    expectFailure(.padding(make(Padding()) { $0.after[0] = .min }), [x], PF_ERROR_SHAPE)
    expectFailure(
      .padding(
        make(Padding()) {
          $0.mode = 1
          $0.after[0] = 1
        }), [Shape([0])], PF_ERROR_SHAPE)
    expectFailure(.transpose(Transpose()), [x], PF_ERROR_BAD_MODEL)
    expectFailure(.transpose(make(Transpose()) { $0.permutation[1] = 2 }), [x], PF_ERROR_BAD_MODEL)
    expectFailure(.gather(Gather()), [x], PF_ERROR_BAD_MODEL)
    expectFailure(.gather(Gather()), [x, Shape([2])], PF_ERROR_BAD_MODEL)
    expectFailure(.gather(Gather()), [x, Shape([2, 1], type: .int64)], PF_ERROR_BAD_MODEL)
    expectFailure(.gather(make(Gather()) { $0.axis = 9 }), [x, Shape([2], type: .int64)], PF_ERROR_BAD_MODEL)
    expectFailure(.gather(Gather()), [Shape([0, 2]), Shape([1], type: .int64)], PF_ERROR_SHAPE)
    expectFailure(.tile(make(Tile()) { $0.repeats[0] = -1 }), [x], PF_ERROR_BAD_MODEL)
    expectFailure(.tile(make(Tile()) { $0.repeats[0] = .max }), [x], PF_ERROR_SHAPE)
    for rank in [Int32(-1), 9, .max] {
      expectFailure(.reshape(make(Reshape()) { $0.rank = rank }), [x], PF_ERROR_BAD_MODEL)
      expectFailure(.expansion(make(Expansion()) { $0.rank = rank }), [x], PF_ERROR_BAD_MODEL)
    }
    expectFailure(
      .reshape(make(Reshape()) { ($0.rank, $0.dims) = (1, perAxis([5])) }), [x], PF_ERROR_SHAPE)
    expectFailure(
      .reshape(make(Reshape()) { ($0.rank, $0.dims) = (1, perAxis([Reshape.copy(2)])) }), [x], PF_ERROR_BAD_MODEL)
    expectFailure(
      .reshape(make(Reshape()) { ($0.rank, $0.dims) = (2, perAxis([-1, -1])) }), [x], PF_ERROR_BAD_MODEL)
    expectFailure(
      .reshape(make(Reshape()) { ($0.rank, $0.dims) = (2, perAxis([-1, 0])) }), [x], PF_ERROR_SHAPE)
    expectFailure(
      .reshape(make(Reshape()) { ($0.rank, $0.dims) = (2, perAxis([4, -1])) }), [x], PF_ERROR_SHAPE)
    expectFailure(
      .expansion(make(Expansion()) { ($0.rank, $0.dims) = (1, perAxis([2])) }), [x], PF_ERROR_SHAPE)
    expectFailure(
      .expansion(make(Expansion()) { ($0.rank, $0.dims) = (1, perAxis([-1])) }), [x], PF_ERROR_BAD_MODEL)
    expectFailure(
      .expansion(make(Expansion()) { ($0.rank, $0.dims) = (3, perAxis([.max, 2, 3])) }), [x], PF_ERROR_SHAPE)
  }

  /// What has no kernels for a type refuses it by its name, so that its numbers are never taken for others.
  func testTypes() {
    let types = ElementType.onlyMoved
    let image = [1, 4, 4, 4]
    let takers: [(Operation, [[Int]])] = [
      (
        .convolution(make(Convolution()) { ($0.window.kernelHeight, $0.window.kernelWidth) = (1, 1) }),
        [image, [4, 1, 1, 4], [4], image]
      ),
      (.fullyConnected(FullyConnected()), [[2, 3], [4, 3], [4]]), (.matrixProduct, [[2, 3], [3, 4]]),
      (.pool(make(Pool()) { ($0.window.kernelHeight, $0.window.kernelWidth) = (1, 1) }), [image]),
      (.responseNormalization(ResponseNormalization()), [image]), (.unary(Unary(.relu)), [[3]]),
      (.unary(Unary(.copy)), [[3]]), (.binary(Binary(.add)), [[3], [3]]), (.binary(Binary(.less)), [[3], [3]]),
      (.softmax(Softmax()), [[3]]), (.affine(Affine()), [[2, 3], [3], [3]]),
      (.padding(Padding()), [[3]]),
      (.depthToSpace(make(DepthToSpace()) { ($0.blockHeight, $0.blockWidth) = (2, 2) }), [image]),
      (.resize(make(Resize()) { ($0.height, $0.width) = (2, 2) }), [image]), (.reduction(Reduction(.sum)), [[3]]),
      (.argMax(ArgMax()), [[3]]), (.cast(Cast(.float32)), [[3]]),
    ]
    for (operation, dims) in takers {
      XCTAssertNoThrow(try operation.outputShape(dims.map { Shape($0) }), "\(operation.code)")
      for type in types {
        for index in dims.indices {
          let shapes = dims.enumerated().map { Shape($1, $0 == index ? type : .float32) }
          XCTAssertThrowsError(try operation.outputShape(shapes), "\(operation.code), input \(index)") {
            let failure = $0 as? Failure
            XCTAssertEqual(failure?.status, PF_ERROR_UNSUPPORTED, "\(operation.code), input \(index)")
            XCTAssertEqual(failure.map { String(cString: $0.name(0)) }, "\(type)", "\(operation.code), input \(index)")
          }
        }
      }
    }
    for type in types {
      XCTAssertThrowsError(try Operation.cast(Cast(type)).outputShape([Shape([3])])) {
        XCTAssertEqual(($0 as? Failure).map { String(cString: $0.name(1)) }, "\(type)")
      }
    }
  }

  func testImages() {
    let image = Shape([1, 4, 4, 4])
    expectFailure(.resize(Resize()), [image], PF_ERROR_BAD_MODEL)
    for scale in [Float.nan, .infinity, -1, 1e30] {
      expectFailure(
        .resize(
          make(Resize()) {
            $0.heightScale = scale
            $0.widthScale = 1
          }), [image], PF_ERROR_BAD_MODEL)
    }
    expectFailure(
      .resize(
        make(Resize()) {
          $0.heightScale = 0.1
          $0.widthScale = 1
        }), [image], PF_ERROR_SHAPE)
    expectFailure(
      .resize(
        make(Resize()) {
          $0.height = -1
          $0.width = 1
        }), [image], PF_ERROR_BAD_MODEL)
    expectFailure(
      .resize(
        make(Resize()) {
          $0.height = 1 << 24
          $0.width = 1 << 24
        }), [image], PF_ERROR_SHAPE)
    for mode in [Int32(-1), 2] {
      expectFailure(
        .resize(
          make(Resize()) {
            $0.height = 1
            $0.width = 1
            $0.mode = mode
          }), [image], PF_ERROR_BAD_MODEL)
      expectFailure(.depthToSpace(make(DepthToSpace()) { $0.mode = mode }), [image], PF_ERROR_BAD_MODEL)
    }
    expectFailure(.depthToSpace(make(DepthToSpace()) { $0.blockHeight = 0 }), [image], PF_ERROR_BAD_MODEL)
    expectFailure(.depthToSpace(make(DepthToSpace()) { $0.blockHeight = 3 }), [image], PF_ERROR_SHAPE)
    expectFailure(
      .depthToSpace(
        make(DepthToSpace()) {
          $0.blockHeight = 3
          $0.inverse = 1
        }), [image], PF_ERROR_SHAPE)
  }

  func testReductions() {
    let x = Shape([2, 3])
    expectFailure(.reduction(make(Reduction(.sum)) { $0.functionCode = 6 }), [x], PF_ERROR_BAD_MODEL)
    for axes in [Int32(0b100), -1, .min] {
      expectFailure(.reduction(make(Reduction(.sum)) { $0.axes = axes }), [x], PF_ERROR_BAD_MODEL)
    }
    expectFailure(.reduction(make(Reduction(.maximum)) { $0.axes = 1 }), [Shape([0, 3])], PF_ERROR_SHAPE)
    expectFailure(.argMax(make(ArgMax()) { $0.axis = 2 }), [x], PF_ERROR_BAD_MODEL)
    expectFailure(.argMax(ArgMax()), [Shape([0])], PF_ERROR_SHAPE)
  }

  /// Dimensions next to one of 0 escape the count of elements.
  func testHugeDimensions() {
    for dims in [[0, Int.max], [Int.max, 0], [1 << 20, 1 << 20], [-1, 2], [0, -1]] {
      expectFailure(.unary(Unary(.relu)), [Shape(dims)], PF_ERROR_SHAPE)
      expectFailure(.concatenation(Concatenation()), [Shape(dims), Shape(dims)], PF_ERROR_SHAPE)
    }
  }

  /// What the shape rule lets through must run inside the guarded memory, whatever the attributes.
  func testArbitraryAttributes() throws {
    var generator = SplitMix64(seed: 7)
    let set = try KernelSet.choose()
    let likely: [Int32] = [0, 1, 1, 1, 1, 1, 2, 3]
    let strange: [Int32] = likely + [4, 5, 7, -1, -2, -3, 1 << 24, .max, .min, 0x3F80_0000, 0x3F00_0000, 0x7F80_0000]
    let codes = (0..<64).compactMap { OperationCode(rawValue: $0) }
    var accepted = Set<Int32>()
    for _ in 0..<200_000 {
      let code = codes.randomElement(using: &generator)!
      let words = Bool.random(using: &generator) ? likely : strange
      let attributes = (0..<26).map { _ in words.randomElement(using: &generator)! }
      let operation = try attributes.withUnsafeBytes { bytes in
        try Operation(code: code, attributes: UnsafeRawBufferPointer(rebasing: bytes[..<code.attributeBytes]))
      }
      let inputs = arbitraryInputs(operation, &generator)
      guard let output = try? operation.outputShape(inputs.map { $0?.shape }), output.count < 100_000 else { continue }
      accepted.insert(code.rawValue)
      _ = try evaluate(operation, inputs, set, threads: 1)
    }
    XCTAssertEqual(accepted, Set(codes.map(\.rawValue)))
  }

  private func arbitraryInputs(_ operation: Operation, _ generator: inout SplitMix64) -> [TestTensor?] {
    let rank = Int.random(in: 0...4, using: &generator)
    if operation.operandCounts == 0...0 { return [] }
    var inputs = (0..<Int.random(in: 1...4, using: &generator)).map { index -> TestTensor? in
      if index > 1 && Bool.random(using: &generator) { return nil }
      let dims = (0..<(index == 2 ? 1 : rank)).map { _ in [0, 1, 1, 2, 2, 3, 4, 6].randomElement(using: &generator)! }
      return .random(dims, Int.random(in: 0..<8, using: &generator) == 0 ? .int64 : .float32)
    }
    // Weights that fit would hardly ever come up by chance.
    if case .convolution(let attributes) = operation, let image = inputs[0], rank == 4, inputs.count > 1 {
      let sides = [attributes.window.kernelHeight, attributes.window.kernelWidth].map { min(max(Int($0), 0), 4) }
      let filters = Int.random(in: 1...6, using: &generator)
      inputs[1] = .random([filters] + sides + [image.dims[3] / max(Int(attributes.groups), 1)])
    }
    return inputs
  }
}

extension OperationCode {
  fileprivate var attributeBytes: Int {
    switch self {
    case .convolution: MemoryLayout<Convolution>.size
    case .fullyConnected: MemoryLayout<FullyConnected>.size
    case .matrixProduct: 0
    case .pool: MemoryLayout<Pool>.size
    case .responseNormalization: MemoryLayout<ResponseNormalization>.size
    case .unary: MemoryLayout<Unary>.size
    case .binary: MemoryLayout<Binary>.size
    case .softmax: MemoryLayout<Softmax>.size
    case .affine: MemoryLayout<Affine>.size
    case .concatenation: MemoryLayout<Concatenation>.size
    case .slice: MemoryLayout<Slice>.size
    case .padding: MemoryLayout<Padding>.size
    case .transpose: MemoryLayout<Transpose>.size
    case .reshape: MemoryLayout<Reshape>.size
    case .expansion: MemoryLayout<Expansion>.size
    case .tile: MemoryLayout<Tile>.size
    case .gather: MemoryLayout<Gather>.size
    case .resize: MemoryLayout<Resize>.size
    case .depthToSpace: MemoryLayout<DepthToSpace>.size
    case .reduction: MemoryLayout<Reduction>.size
    case .argMax: MemoryLayout<ArgMax>.size
    case .cast: MemoryLayout<Cast>.size
    case .sizes: MemoryLayout<Sizes>.size
    }
  }
}
