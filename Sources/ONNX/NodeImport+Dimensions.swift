import PrefactorGraph
import PrefactorModelFormat

/// From sizes to the attributes of operations: numbers and copies of an input's dimensions where that is all there is
/// to them, and words that are computed when a session is created elsewhere.
extension NodeImport {
  /// A reshape to these dimensions.
  func reshape(_ x: Operand, to targets: [Size]) throws -> Operand {
    guard targets.count <= Shape.maximumRank else { throw ONNXError("a result of rank \(targets.count)") }
    var operation = Reshape()
    var bound: [Int: SymbolicNumber] = [:]
    operation.rank = Int32(targets.count)
    let dims = try targets.enumerated().map { try dimension($1, axis: $0, of: x) }
    // A reshape has one dimension that may be inferred, if that gives the right one.
    let mayInfer = dims.count { $0 == nil } == 1 && targets.product == x.shape.count
    for (axis, dimension) in dims.enumerated() {
      if let dimension {
        operation.dims[axis] = dimension
      } else if mayInfer {
        operation.dims[axis] = Reshape.inferred
      } else {
        bound[1 + axis] = .integer(targets[axis])
      }
    }
    return try emit(.reshape(operation), bound: bound, x)
  }

  /// A constant dimension as a number, one that equals a dimension of `x` as `Reshape.copy` of that, any other as nil.
  func dimension(_ target: Size, axis: Int, of x: Operand) throws -> Int32? {
    if let number = target.constant { return try int32(number) }
    let sameAxisFirst = [axis].filter { $0 < x.rank } + (0..<x.rank)
    return sameAxisFirst.first { x.dims[$0] == target }.map(Reshape.copy)
  }

  /// An index into an axis: a number, or, where it always has the same distance from the end, that distance below zero;
  /// nil for any other. `past` stands for the end itself.
  func index(_ index: Size, axis: Int, of x: Operand, past: Int32? = nil) -> Int32? {
    if let number = index.constant { return Int32(clamping: number) }
    guard let distance = (index - x.dims[axis]).constant else { return nil }
    if let past, distance >= 0 { return past }
    // An index below 0 counts from the end, and is none that lies before the first element.
    return distance < 0 && index.isNonNegative ? Int32(clamping: distance) : nil
  }

  /// Part of `x` along some axes.
  func slice(_ x: Operand, _ parts: [(axis: Int, start: Size, end: Size, step: Int)]) throws -> Operand {
    var operation = Slice()
    var bound: [Int: SymbolicNumber] = [:]
    for (axis, start, end, step) in parts {
      operation.steps[axis] = Int32(clamping: step)
      if let start = index(start, axis: axis, of: x) {
        operation.starts[axis] = start
      } else {
        bound[axis] = .integer(start)
      }
      if let end = index(end, axis: axis, of: x, past: .max) {
        operation.ends[axis] = end
      } else {
        bound[8 + axis] = .integer(end)
      }
    }
    return try emit(.slice(operation), bound: bound, x)
  }

  /// A tensor of these dimensions, all of whose elements are that of a scalar or what `x` broadcasts to.
  func expand(_ x: Operand, to targets: [Size]) throws -> Operand {
    guard targets.count <= Shape.maximumRank else { throw ONNXError("a result of rank \(targets.count)") }
    var operation = Expansion()
    var bound: [Int: SymbolicNumber] = [:]
    operation.rank = Int32(targets.count)
    for (axis, target) in targets.enumerated() {
      if let dimension = try dimension(target, axis: axis, of: x) {
        operation.dims[axis] = dimension
      } else {
        bound[1 + axis] = .integer(target)
      }
    }
    return try emit(.expansion(operation), bound: bound, x)
  }

  /// An attribute word: a number, or one that is computed, which is added to `bound`.
  func attribute(_ size: Size, word: Int, _ bound: inout [Int: SymbolicNumber]) throws -> Int32 {
    if let number = size.constant { return try int32(number) }
    bound[word] = .integer(size)
    return 0
  }
}

extension Reshape {
  /// The input as it is.
  static func unchanged(rank: Int) -> Reshape {
    var reshape = Reshape()
    reshape.rank = Int32(rank)
    for axis in 0..<rank { reshape.dims[axis] = copy(axis) }
    return reshape
  }
}
