import PrefactorModelFormat

/// A tensor of which pixels, each a run of the last axis, lie at equal distances.
package protocol Strided {
  var shape: Shape { get }
  /// Elements from one pixel to the next: more than the last dimension where the tensor is some of the channels of a
  /// larger one.
  var pixelStride: Int { get }
}

extension Strided {
  package var isDense: Bool { pixelStride == shape.channels }

  /// Elements from one index of an axis to the next.
  package func step(_ axis: Int) -> Int {
    let last = shape.rank - 1
    return axis == last ? 1 : shape.count((axis + 1)..<last) * pixelStride
  }

  /// Elements from one index to the next of axis `axis` of a shape of rank `rank` that this tensor is broadcast to.
  package func step(_ axis: Int, broadcastTo rank: Int) -> Int {
    let own = axis - (rank - shape.rank)
    return own < 0 || shape[own] == 1 ? 0 : step(own)
  }
}

/// What an operator that only moves elements sees of a step, wherever that runs.
package protocol DataMovement {
  associatedtype Tensor: Strided
  var inputCount: Int { get }
  var output: Tensor { get }
  func input(_ index: Int) -> Tensor?
  /// Whether an input is where the output has it from an offset on.
  func isInPlace(_ input: Tensor, at offset: Int) -> Bool
  /// Copies elements of `input` to the output, of the same element type. The walk's first steps are the output's and
  /// its second the input's; the offsets say at which element each begins.
  func copy(_ input: Tensor, _ walk: StridedWalk, to outputOffset: Int, from inputOffset: Int)
  /// Fills all of the output.
  func fill(_ value: Float)
}

extension DataMovement {
  /// Copies all of `input`, whose elements lie in the output's order.
  func copy(_ input: Tensor) {
    var walk = StridedWalk()
    walk.append(size: input.shape.count, 1, 1)
    copy(input, walk)
  }

  func copy(_ input: Tensor, _ walk: StridedWalk) { copy(input, walk, to: 0, from: 0) }
}
