import PrefactorModelFormat

/// Two tensors walked together in row-major order: for each axis a size and each tensor's step in elements, which is 0
/// where the tensor broadcasts and negative where it runs backwards. Axes that can be walked as one are merged, so that
/// the innermost run is long.
package struct StridedWalk {
  /// Enough for twice the axes of a tensor.
  private typealias Axes = InlineArray<16, Int>

  package private(set) var rank = 1
  private var sizes = Axes(repeating: 1)
  private var firstSteps = Axes(repeating: 1)
  private var secondSteps = Axes(repeating: 1)

  package init() {}

  /// Two tensors of one shape, pixel by pixel.
  package init(_ first: some Strided, _ second: some Strided) {
    let shape = second.shape
    append(size: shape.pixels, first.pixelStride, second.pixelStride)
    append(size: shape.channels, 1, 1)
  }

  /// Adds an axis inside those already there. Its size is 1 or more.
  package mutating func append(size: Int, _ first: Int, _ second: Int, mayMerge: Bool = true) {
    if size == 1 { return }
    let outer = rank - 1
    if sizes[outer] == 1 {
      sizes[outer] = size
    } else if mayMerge && firstSteps[outer] == size * first && secondSteps[outer] == size * second {
      sizes[outer] *= size
    } else {
      rank += 1
      sizes[rank - 1] = size
    }
    firstSteps[rank - 1] = first
    secondSteps[rank - 1] = second
  }

  var count: Int {
    var count = 1
    for axis in 0..<rank { count *= sizes[axis] }
    return count
  }

  package var innermost: (size: Int, first: Int, second: Int) {
    (sizes[rank - 1], firstSteps[rank - 1], secondSteps[rank - 1])
  }

  package func axis(_ axis: Int) -> (size: Int, first: Int, second: Int) {
    (sizes[axis], firstSteps[axis], secondSteps[axis])
  }

  /// The outermost axis, and the walk over all others, of a walk that has several.
  package var withoutOutermost: (outermost: (size: Int, first: Int, second: Int), rest: StridedWalk) {
    var rest = StridedWalk()
    for axis in 1..<rank { rest.append(size: sizes[axis], firstSteps[axis], secondSteps[axis], mayMerge: false) }
    return (axis(0), rest)
  }

  /// The walk over all axes but the innermost, of a walk that has several.
  var withoutInnermost: StridedWalk {
    var walk = self
    walk.rank -= 1
    return walk
  }

  /// Where both tensors are at a position of the walk.
  func offsets(at position: Int) -> (first: Int, second: Int) {
    let index = indices(at: position)
    return (dot(index, firstSteps), dot(index, secondSteps))
  }

  /// Calls `body` for each run along the innermost axis, cut to the positions of `range`.
  @inline(__always)
  func forEachRun(_ range: Range<Int>, _ body: (_ position: Int, _ first: Int, _ second: Int, _ count: Int) -> Void) {
    var position = range.lowerBound
    var index = indices(at: position)
    var first = dot(index, firstSteps)
    var second = dot(index, secondSteps)
    let inner = rank - 1
    while position < range.upperBound {
      let count = min(sizes[inner] - index[inner], range.upperBound - position)
      body(position, first, second, count)
      position += count
      index[inner] += count
      first += count * firstSteps[inner]
      second += count * secondSteps[inner]
      var axis = inner
      while axis > 0 && index[axis] == sizes[axis] {
        first += firstSteps[axis - 1] - sizes[axis] * firstSteps[axis]
        second += secondSteps[axis - 1] - sizes[axis] * secondSteps[axis]
        index[axis] = 0
        index[axis - 1] += 1
        axis -= 1
      }
    }
  }

  /// Whether the two innermost axes swap places from one tensor to the other, as channels and pixels do between
  /// channels-first and channels-last.
  package var isTransposition: Bool {
    rank >= 2 && firstSteps[rank - 1] == 1 && secondSteps[rank - 1] > 1 && secondSteps[rank - 2] == 1
      && firstSteps[rank - 2] > 0
  }

  private func indices(at position: Int) -> Axes {
    var index = Axes(repeating: 0)
    var rest = position
    for axis in (0..<rank).reversed() {
      index[axis] = rest % sizes[axis]
      rest /= sizes[axis]
    }
    return index
  }

  private func dot(_ index: Axes, _ steps: Axes) -> Int {
    var sum = 0
    for axis in 0..<rank { sum += index[axis] * steps[axis] }
    return sum
  }
}
