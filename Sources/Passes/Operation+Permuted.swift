import PrefactorGraph
import PrefactorModelFormat

/// What a node does to its inputs.
struct Attributes {
  var operation: Operation
  var bindings: [AttributeBinding]
}

extension Node {
  var attributes: Attributes { Attributes(operation: operation, bindings: bindings) }

  /// See ``Operation/permuted(by:)``. What is computed for an axis moves with it; other attributes that are computed
  /// could mean anything.
  func permuted(by permutation: Permutation) -> Attributes? {
    guard let permuted = operation.permuted(by: permutation) else { return nil }
    var moved: [AttributeBinding] = []
    for first in operation.axisWords {
      moved += bindings.filter { first..<first + 8 ~= $0.word }.moved(by: permutation, from: first)
    }
    return moved.count == bindings.count
      ? Attributes(operation: permuted, bindings: moved.sorted { $0.word < $1.word }) : nil
  }
}

extension [AttributeBinding] {
  /// Words that are each about an axis, the first of which is `first`, for axes of which axis i is now axis
  /// `permutation[i]`.
  func moved(by permutation: Permutation, from first: Int) -> [AttributeBinding] {
    map { AttributeBinding(word: first + permutation[$0.word - first], expression: $0.expression) }.sorted {
      $0.word < $1.word
    }
  }
}

extension Operation {
  /// The operation that does the same to inputs whose axis `permutation[i]` is the axis i of this operation's inputs,
  /// and gives its output in that order too. Nil where the operation needs its own order.
  func permuted(by permutation: Permutation) -> Operation? {
    func axis(_ axis: Int32) -> Int32 { Int32(permutation[Int(axis)]) }
    switch self {
    case .unary, .binary, .cast:
      return self
    case .softmax(var softmax):
      softmax.axis = axis(softmax.axis)
      return .softmax(softmax)
    case .concatenation(var concatenation):
      concatenation.axis = axis(concatenation.axis)
      return .concatenation(concatenation)
    case .gather(var gather):
      gather.axis = axis(gather.axis)
      return .gather(gather)
    case .slice(var slice):
      slice.starts = slice.starts.moved(by: permutation)
      slice.ends = slice.ends.moved(by: permutation)
      slice.steps = slice.steps.moved(by: permutation)
      return .slice(slice)
    case .padding(var padding):
      padding.before = padding.before.moved(by: permutation)
      padding.after = padding.after.moved(by: permutation)
      return .padding(padding)
    case .tile(var tile):
      tile.repeats = tile.repeats.moved(by: permutation)
      return .tile(tile)
    case .expansion(var expansion) where Int(expansion.rank) == permutation.rank:
      expansion.dims = expansion.dims.moved(by: permutation)
      for axis in 0..<permutation.rank { expansion.dims[axis] = renamedCopy(expansion.dims[axis], permutation) }
      return .expansion(expansion)
    case .reduction(var reduction):
      reduction.axes = (0..<permutation.rank).filter { reduction.reduces($0) }.reduce(0) { $0 | 1 << axis(Int32($1)) }
      return .reduction(reduction)
    case .argMax(var argMax):
      argMax.axis = axis(argMax.axis)
      return .argMax(argMax)
    case .convolution, .fullyConnected, .matrixProduct, .pool, .responseNormalization, .affine, .transpose,
      .reshape, .expansion, .resize, .depthToSpace,
      .sizes:
      return nil
    }
  }

  /// How many of the inputs, from the first on, have the axes of the output; the others are lists of numbers.
  var tensorInputs: Int { if case .gather = self { 1 } else { .max } }

  /// Whether the output lacks an axis of the input.
  func drops(_ axis: Int) -> Bool {
    switch self {
    case .reduction(let reduction): reduction.keepDims == 0 && reduction.reduces(axis)
    case .argMax(let argMax): argMax.keepDims == 0 && argMax.axis == axis
    default: false
    }
  }
}

extension Reduction {
  func reduces(_ axis: Int) -> Bool { axes >> Int32(axis) & 1 == 1 }
}
