import PrefactorModelFormat
import PrefactorTestSupport
import XCTest

@testable import PrefactorGraph

private typealias Operation = PrefactorModelFormat.Operation

/// The shapes that operations have at all sizes, against the runtime's rules at many.
final class SymbolicShapeTests: XCTestCase {
  private var random = SplitMix64(seed: 5)
  private let n = Size.symbol(0), h = Size.symbol(1), w = Size.symbol(2)

  private func pick(_ range: ClosedRange<Int>) -> Int { range.lowerBound + Int(random.next() % UInt64(range.count)) }
  private func pick(_ range: ClosedRange<Int>) -> Int32 { Int32(pick(range) as Int) }

  /// A graph of one node, whose input's dimensions are these; both rules are asked at forty sizes.
  private func check(
    _ operation: Operation, _ inputs: [[Size]], bound: [Int: SymbolicNumber] = [:], file: StaticString = #filePath,
    line: UInt = #line
  ) {
    var graph = Graph()
    for name in ["n", "h", "w"] { _ = graph.symbol(named: name, .other) }
    let bindings = bound.sorted { $0.key < $1.key }.map {
      AttributeBinding(word: $0.key, expression: graph.expression($0.value))
    }
    let node = Node(name: "node", operation: operation, inputs: [], output: graph.makeValue(), bindings: bindings)
    let shapes = inputs.map { SymbolicShape($0) }
    func places(_ shape: SymbolicShape) -> [Int] {
      var places: [Int] = []
      for size in shape.dims { places.append(graph.expression(.integer(size))) }
      return places
    }
    let symbolic = try? operation.symbolicShape(shapes, bound)
    let inputPlaces = shapes.map(places)
    let outputPlaces = symbolic.map(places)
    for _ in 0..<40 {
      let sizes = graph.sizes(
        Binding(sizes: [0: pick(1...3), 1: pick(1...4) == 1 ? pick(1...400) : pick(1...24), 2: pick(1...24)]))
      func shape(_ places: [Int]) -> Shape { Shape(places.map { Int(sizes[$0].integer) }) }
      guard let fixed = try? node.operation(sizes), let expected = try? fixed.outputShape(inputPlaces.map(shape)) else {
        continue
      }
      guard let outputPlaces, let symbolic else {
        return XCTFail("\(operation) is refused at all sizes", file: file, line: line)
      }
      XCTAssertEqual(
        shape(outputPlaces).dims, expected.dims, "\(operation) of \(inputPlaces.map { shape($0).dims })", file: file,
        line: line)
      XCTAssertEqual(symbolic.type, expected.type, file: file, line: line)
    }
  }

  private func randomWindow() -> Window {
    var window = Window()
    (window.kernelHeight, window.kernelWidth) = (pick(1...7), pick(1...4))
    (window.strideHeight, window.strideWidth) = (pick(1...4), pick(1...3))
    (window.dilationHeight, window.dilationWidth) = (pick(1...3), pick(1...2))
    (window.padTop, window.padLeft, window.padBottom, window.padRight) = (
      pick(0...6), pick(0...3), pick(0...6), pick(0...3)
    )
    window.automaticPadding = pick(0...2)
    return window
  }

  func testAttributesThatNoCompilerWritesAreErrors() {
    for rank in [-1, 9, Int32.max] {
      XCTAssertThrowsError(
        try Operation.reshape(with(Reshape()) { $0.rank = rank }).symbolicShape([SymbolicShape([n, h])]))
      XCTAssertThrowsError(
        try Operation.expansion(with(Expansion()) { $0.rank = rank }).symbolicShape([SymbolicShape([n, h])]))
    }
    let pool = Operation.pool(with(Pool()) { $0.window.kernelHeight = .min })
    XCTAssertThrowsError(try pool.symbolicShape([SymbolicShape([n, h, w, Size(3)])]))
  }

  func testWindows() {
    for _ in 0..<100 {
      var convolution = Convolution()
      var pool = Pool()
      convolution.window = randomWindow()
      let kernel = [Size(Int(convolution.window.kernelHeight)), Size(Int(convolution.window.kernelWidth))]
      check(.convolution(convolution), [[n, h, w, Size(4)], [Size(6)] + kernel + [Size(4)]])
      pool.window = randomWindow()
      pool.ceilMode = pick(0...1)
      check(.pool(pool), [[n, h, w * 2 + 1, Size(4)]])
      check(.pool(pool), [[n, h.floorDivided(by: Size(2)), w, Size(4)]])
    }
  }

  /// What the runtime refuses is refused before it is computed with.
  func testAttributesThatAreNone() {
    func refuse(_ operation: Operation, _ bound: [Int: SymbolicNumber] = [:], line: UInt = #line) {
      XCTAssertThrowsError(
        try operation.symbolicShape(
          [SymbolicShape([n, h, w, Size(4)]), SymbolicShape([Size(6), Size(3), Size(3), Size(4)])], bound), line: line
      ) {
        XCTAssert($0 is SymbolicShapeError, line: line)
      }
    }
    for number in [Int32.min, -1, 9, .max] {
      var reshape = Reshape()
      var expansion = Expansion()
      (reshape.rank, expansion.rank) = (number, number)
      refuse(.reshape(reshape))
      refuse(.expansion(expansion))
    }
    for number in [Int32.min, -1, 0] {
      for word in [
        \Window.kernelHeight, \.kernelWidth, \.strideHeight, \.strideWidth, \.dilationHeight, \.dilationWidth,
      ] {
        var pool = Pool()
        var convolution = Convolution()
        (pool.window.kernelHeight, pool.window.kernelWidth) = (3, 3)
        (convolution.window.kernelHeight, convolution.window.kernelWidth) = (3, 3)
        pool.window[keyPath: word] = number
        convolution.window[keyPath: word] = number
        refuse(.pool(pool))
        refuse(.convolution(convolution))
      }
    }
    // Words that the rules read as they are in the file.
    var window = Pool()
    (window.window.kernelHeight, window.window.kernelWidth) = (3, 3)
    for word in [0, 2, 4, 10] { refuse(.pool(window), [word: .integer(h)]) }
    refuse(.reshape(Reshape()), [0: .integer(h)])
    refuse(.expansion(Expansion()), [0: .integer(h)])
    refuse(.slice(Slice()), [16: .integer(h)])
    refuse(.reduction(Reduction(.mean)), [1: .integer(h)])
    refuse(.transpose(Transpose()), [0: .integer(h)])
  }

  func testSlices() {
    for _ in 0..<300 {
      var slice = Slice()
      var bound: [Int: SymbolicNumber] = [:]
      for axis in 1...2 {
        slice.steps[axis] = pick(0...3) == 0 ? pick(-3 ... -1) : pick(1...3)
        slice.starts[axis] = pick(0...4) == 0 ? [Int32.max, .min][pick(0...1)] : pick(-12...12)
        slice.ends[axis] = pick(0...4) == 0 ? [Int32.max, .min][pick(0...1)] : pick(-12...12)
        if pick(0...3) == 0 { bound[axis] = .integer(h.floorDivided(by: Size(2)) - pick(0...5)) }
        if pick(0...3) == 0 { bound[8 + axis] = .integer(h - w) }
      }
      check(.slice(slice), [[n, h, w]], bound: bound)
    }
  }

  func testPadding() {
    for _ in 0..<40 {
      var padding = Padding()
      (padding.before[1], padding.after[2]) = (pick(-4...4), pick(-4...4))
      check(.padding(padding), [[n, h, w]], bound: [11: .integer(w.modulo(Size(4)))])
    }
  }

  func testReshapes() {
    var reshape = Reshape()
    reshape.rank = 3
    (reshape.dims[0], reshape.dims[1], reshape.dims[2]) = (Reshape.copy(0), Reshape.inferred, 2)
    check(.reshape(reshape), [[n, h, w, Size(4)]])
    check(.reshape(reshape), [[n, h, w]])
    check(.reshape(reshape), [[n, h, w, Size(4)]], bound: [2: .integer(h * w * 2)])
    var expansion = Expansion()
    expansion.rank = 3
    (expansion.dims[0], expansion.dims[1], expansion.dims[2]) = (3, Reshape.copy(1), 1)
    check(.expansion(expansion), [[n, h, w]])
    check(.expansion(expansion), [[Size(1), h, Size(1)]], bound: [3: .integer(w)])
    var tile = Tile()
    tile.repeats[1] = 3
    check(.tile(tile), [[n, h, w]], bound: [2: .integer(h - 1)])
    var transpose = Transpose()
    (transpose.permutation[0], transpose.permutation[1], transpose.permutation[2]) = (2, 0, 1)
    check(.transpose(transpose), [[n, h, w]])
    var blocks = DepthToSpace()
    (blocks.blockHeight, blocks.blockWidth) = (2, 3)
    check(.depthToSpace(blocks), [[n, h, w, Size(12)]])
    blocks.inverse = 1
    check(.depthToSpace(blocks), [[n, h, w, Size(2)]])
  }

  func testResizes() {
    for scale in [0.5, 0.7, 1.3, 2, 3] as [Float] {
      var resize = Resize()
      (resize.heightScale, resize.widthScale) = (scale, 1)
      check(.resize(resize), [[n, h, w, Size(2)]])
      check(.resize(resize), [[n, h, w, Size(2)]], bound: [4: .integer(h + 1)])
      check(
        .resize(resize), [[n, h, w, Size(2)]], bound: [6: .float(.apply(.floatDivide, FloatSize(h + 7), FloatSize(w)))])
    }
  }

  func testBroadcasting() {
    for other in [[n, h, w], [h, w], [w], [Size(1), Size(1), w], [n, Size(1), Size(5)], [w, h, n], [h, Size(1)]] {
      check(.binary(Binary(.add)), [[n, h, w], other])
      check(.binary(Binary(.add)), [other, [n, h, w]])
    }
    check(.matrixProduct, [[n, h, w], [w, Size(5)]])
    check(.matrixProduct, [[n, h, w], [h, w, n]])
    check(.fullyConnected(FullyConnected()), [[n, h, Size(6)], [Size(4), Size(6)]])
    check(.fullyConnected(FullyConnected()), [[n, h * 2], [Size(4), Size(6)]])
  }

  func testJoinsAndReductions() {
    var concatenation = Concatenation()
    concatenation.axis = 1
    check(.concatenation(concatenation), [[n, h, w], [n, w, w], [n, Size(3), h]])
    for axes in 1..<8 {
      for keepDims in 0...1 {
        var reduction = Reduction(.mean)
        (reduction.axes, reduction.keepDims) = (Int32(axes), Int32(keepDims))
        check(.reduction(reduction), [[n, h, w]])
      }
    }
    var argMax = ArgMax()
    argMax.axis = 2
    check(.argMax(argMax), [[n, h, w]])
    check(.cast(Cast(.int64)), [[n, h]])
    check(.unary(Unary(.relu)), [[n, h]])
    check(.softmax(Softmax()), [[n, h]])
    check(.affine(Affine()), [[n, h, Size(3)], [Size(3)], [Size(3)]])
    check(.responseNormalization(ResponseNormalization()), [[n, h, Size(3)]])
    var sizes = Sizes()
    (sizes.rank, sizes.count) = (1, 3)
    check(.sizes(sizes), [], bound: [2: .integer(h)])
  }
}
