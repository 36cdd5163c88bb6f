import PrefactorGraph
import PrefactorModelFormat

/// From sizes in each trial to the sizes that the graph has for all of them.
extension NodeImport {
  /// A reshape to dimensions that are given for each trial.
  func reshape(_ x: Operand, to targets: [[Int]]) throws -> Operand {
    var operation = Reshape()
    operation.rank = Int32(targets[0].count)
    let dims = try dimensions(targets, of: x)
    for (axis, dimension) in dims.enumerated() {
      // A reshape has one dimension that may be inferred.
      guard let dimension = dimension ?? (dims.filter { $0 == nil }.count == 1 ? Reshape.inferred : nil) else {
        throw dependsOnSize("dimension \(axis) of the result")
      }
      operation.dims[axis] = dimension
    }
    return try emit(.reshape(operation), x)
  }

  /// A dimension that is the same in all trials as a number, one that always equals a dimension of `x` as `Reshape.copy` of that, any other as nil.
  func dimensions(_ targets: [[Int]], of x: Operand) throws -> [Int32?] {
    guard targets.allSatisfy({ $0.count == targets[0].count }) else { throw dependsOnSize("the rank of the result") }
    guard targets[0].count <= Shape.maximumRank else { throw ONNXError("a result of rank \(targets[0].count)") }
    return try targets[0].indices.map { axis in
      let sizes = targets.map { $0[axis] }
      if sizes.allSatisfy({ $0 == sizes[0] }) { return try int32(sizes[0]) }
      let sameAxisFirst = [axis].filter { $0 < x.rank } + (0..<x.rank)
      return sameAxisFirst.first { x.dimension($0) == sizes }.map(Reshape.copy)
    }
  }

  /// An index into an axis: a number, or, where it always has the same distance from the end, that distance below zero. `past` stands
  /// for the end itself.
  func index(_ indices: [Int], axis: Int, of x: Operand, past: Int32? = nil) throws -> Int32 {
    func clamped(_ index: Int) -> Int32 { Int32(clamping: index) }
    if indices.allSatisfy({ $0 == indices[0] }) { return clamped(indices[0]) }
    let distances = zip(indices, x.dimension(axis)).map { $0 - $1 }
    if let past, distances.allSatisfy({ $0 >= 0 }) { return past }
    guard distances[0] < 0, distances.allSatisfy({ $0 == distances[0] }) else { throw dependsOnSize("an index into axis \(axis)") }
    return clamped(distances[0])
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

extension Operand {
  /// The dimensions in each trial, changed.
  func mapDims(_ transform: ([Int]) throws -> [Int]) rethrows -> [[Int]] { try shapes.map { try transform($0.dims) } }
}
