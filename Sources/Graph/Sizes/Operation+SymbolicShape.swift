import PrefactorModelFormat
import PrefactorRuntime

extension Operation {
  /// The output's shape at all sizes at which the runtime's own rule accepts the inputs; where that refuses them, this
  /// shape means nothing. `bound` has the attribute words that are computed.
  public func symbolicShape(_ inputs: [SymbolicShape?], _ bound: [Int: SymbolicNumber] = [:]) throws -> SymbolicShape {
    let fixed = inputs.map { $0?.fixed }
    if bound.isEmpty, zip(inputs, fixed).allSatisfy({ ($0 == nil) == ($1 == nil) }) {
      do throws(Failure) { return SymbolicShape(try outputShape(fixed)) } catch {
        throw SymbolicShapeError(error.message)
      }
    }
    if let word = bound.keys.sorted().first(where: { !takesSize(word: $0) }) {
      throw SymbolicShapeError("word \(word) of its attributes follows from sizes, which is not supported")
    }
    let result: SymbolicShape
    do {
      result = try symbolicRule(SymbolicInputs(shapes: inputs), BoundWords(bound))
      _ = try result.fixed?.checked()
    } catch let error as Failure { throw SymbolicShapeError(error.message) }
    guard result.rank <= Shape.maximumRank else { throw SymbolicShapeError("a result of rank \(result.rank)") }
    if result.dims.contains(where: \.isTooLong) || bound.values.contains(where: \.isTooLong) {
      throw SymbolicShapeError("its size follows from the network's open dimensions in too long a way; fix one of them")
    }
    return result
  }

  /// Whether an attribute word may follow from sizes: what the rules below read as such, and what no shape follows
  /// from.
  private func takesSize(word: Int) -> Bool {
    switch self {
    case .convolution, .pool: (6...9).contains(word) || isFloat(word: word)
    case .slice: word < 2 * Shape.maximumRank
    case .padding: word >= 1
    case .tile: true
    case .reshape, .expansion: word >= 1
    case .resize: word >= 3
    case .sizes: word >= 2
    default: isFloat(word: word)
    }
  }

  private func symbolicRule(_ inputs: SymbolicInputs, _ words: BoundWords) throws -> SymbolicShape {
    switch self {
    case .unary, .softmax, .affine, .responseNormalization: return try inputs.tensor(0)
    case .binary(let binary):
      var output = try inputs.tensor(0).broadcast(with: inputs.tensor(1))
      if binary.isComparison { output.type = .float32 }
      return output
    case .cast(let cast):
      var output = try inputs.tensor(0)
      output.type = ElementType(rawValue: cast.type) ?? output.type
      return output
    case .convolution(let convolution):
      let image = try inputs.image()
      let weights = try inputs.operand(1)
      guard weights.rank == 4, weights[3].constant != nil else { throw SymbolicShapeError("the weights are not known") }
      if let channels = image[3].constant, channels != (weights[3] * Int(convolution.groups)).constant {
        throw SymbolicShapeError("the weights do not fit the kernel and the image's \(channels) channels")
      }
      return try convolution.window.symbolicShape(image, channels: weights[0], words)
    case .pool(let pool):
      let image = try inputs.image()
      return try pool.window.symbolicShape(image, channels: image[3], words, isCeiling: pool.ceilMode != 0)
    case .fullyConnected:
      var output = try inputs.operand(0, minimumRank: 1)
      let weights = try inputs.operand(1, minimumRank: 2)
      if let depth = output.dims[output.rank - 1].constant, depth != weights[1].constant {
        throw SymbolicShapeError("the weights do not fit \(depth) values")
      }
      output.dims[output.rank - 1] = weights[0]
      return output
    case .matrixProduct:
      let left = try inputs.operand(0, minimumRank: 2)
      let right = try inputs.operand(1, minimumRank: 2)
      if let a = left[left.rank - 1].constant, let b = right[right.rank - 2].constant, a != b {
        throw SymbolicShapeError("the inner dimensions of the product are \(a) and \(b)")
      }
      var output = try left.broadcast(with: right, skipping: 2)
      output.dims += [left[left.rank - 2], right[right.rank - 1]]
      return output
    case .concatenation(let concatenation):
      var output = try inputs.tensor(0)
      let axis = try output.axis(concatenation.axis)
      for index in inputs.shapes.indices.dropFirst() {
        let next = try inputs.tensor(index)
        guard next.rank == output.rank, output.dims.indices.allSatisfy({ $0 == axis || output[$0].mayEqual(next[$0]) })
        else {
          throw SymbolicShapeError("input \(index) does not fit the first one outside axis \(axis)")
        }
        output.dims[axis] = output.dims[axis] + next[axis]
      }
      return output
    case .gather(let gather):
      var output = try inputs.tensor(0)
      output.dims[try output.axis(gather.axis)] = try inputs.tensor(1, minimumRank: 1)[0]
      return output
    case .slice(let slice):
      var output = try inputs.tensor(0)
      for axis in 0..<output.rank { output.dims[axis] = slice.symbolicCount(axis, size: output[axis], words) }
      return output
    case .padding(let padding):
      var output = try inputs.tensor(0)
      for axis in 0..<output.rank {
        let pads = words.integer(2 + axis, padding.before[axis]) + words.integer(10 + axis, padding.after[axis])
        output.dims[axis] = output[axis] + pads
      }
      return output
    case .tile(let tile):
      var output = try inputs.tensor(0)
      for axis in 0..<output.rank { output.dims[axis] = output[axis] * words.integer(axis, tile.repeats[axis]) }
      return output
    case .transpose(let transpose):
      let input = try inputs.tensor(0)
      return SymbolicShape(
        try input.dims.indices.map { input[try input.axis(transpose.permutation[$0])] }, type: input.type)
    case .reshape(let reshape): return try reshape.symbolicShape(inputs.tensor(0), words)
    case .expansion(let expansion):
      let input = try inputs.tensor(0)
      let target = try (0..<Shape.checkedRank(expansion.rank)).map {
        try input.dimension(describedBy: expansion.dims[$0], words, 1 + $0)
      }
      return try input.broadcast(with: SymbolicShape(target))
    case .resize(let resize):
      let image = try inputs.image()
      func side(_ axis: Int, _ size: Int32, _ scale: Float, sizeWord: Int, scaleWord: Int) -> Size {
        if size > 0 || words.isBound(sizeWord) { return words.integer(sizeWord, size) }
        return FloatSize.apply(.floatMultiply, FloatSize(image[axis]), words.float(scaleWord, scale)).truncated
      }
      let height = side(1, resize.height, resize.heightScale, sizeWord: 3, scaleWord: 5)
      let width = side(2, resize.width, resize.widthScale, sizeWord: 4, scaleWord: 6)
      return SymbolicShape([image[0], height, width, image[3]])
    case .depthToSpace(let blocks):
      let image = try inputs.image()
      let height = Size(Int(blocks.blockHeight))
      let width = Size(Int(blocks.blockWidth))
      if blocks.inverse != 0 {
        return SymbolicShape([
          image[0], image[1].floorDivided(by: height), image[2].floorDivided(by: width), image[3] * height * width,
        ])
      }
      return SymbolicShape([image[0], image[1] * height, image[2] * width, image[3].floorDivided(by: height * width)])
    case .reduction(let reduction):
      return try inputs.tensor(0).reducing(keepDims: reduction.keepDims != 0) { reduction.axes >> Int32($0) & 1 == 1 }
    case .argMax(let argMax):
      var output = try inputs.tensor(0).reducing(keepDims: argMax.keepDims != 0) { $0 == Int(argMax.axis) }
      output.type = .int64
      return output
    case .sizes(let sizes): return SymbolicShape(sizes.rank == 1 ? [Size(Int(sizes.count))] : [], type: .int64)
    }
  }
}

/// Attribute words that are computed.
private struct BoundWords {
  private let numbers: [Int: SymbolicNumber]
  init(_ numbers: [Int: SymbolicNumber]) { self.numbers = numbers }

  func isBound(_ word: Int) -> Bool { numbers[word] != nil }

  func integer(_ word: Int, _ constant: Int32) -> Size {
    if case .integer(let size)? = numbers[word] { size } else { Size(Int(constant)) }
  }

  func float(_ word: Int, _ constant: Float) -> FloatSize {
    if case .float(let number)? = numbers[word] { number } else { FloatSize(constant) }
  }
}

private struct SymbolicInputs {
  let shapes: [SymbolicShape?]

  func tensor(_ index: Int, minimumRank: Int = 0) throws -> SymbolicShape {
    guard index < shapes.count, let shape = shapes[index] else { throw SymbolicShapeError("input \(index) is missing") }
    guard shape.rank >= minimumRank else {
      throw SymbolicShapeError("input \(index) needs \(minimumRank) dimensions or more")
    }
    return shape
  }

  /// One that has to have elements, as far as its sizes are known.
  func operand(_ index: Int, minimumRank: Int = 0) throws -> SymbolicShape {
    let shape = try tensor(index, minimumRank: minimumRank)
    guard !shape.dims.contains(where: { $0.constant == 0 }) else {
      throw SymbolicShapeError("input \(index) has no elements")
    }
    return shape
  }

  func image() throws -> SymbolicShape {
    let shape = try operand(0)
    guard shape.rank == 4 else { throw SymbolicShapeError("the image has \(shape.rank) dimensions where 4 are needed") }
    return shape
  }
}

extension SymbolicShape {
  fileprivate func axis(_ axis: Int32) throws -> Int {
    guard dims.indices.contains(Int(axis)) else {
      throw SymbolicShapeError("axis \(axis) is not one of the input's \(rank) axes")
    }
    return Int(axis)
  }

  /// A dimension of a reshape or expansion of this shape.
  fileprivate func dimension(describedBy value: Int32, _ words: BoundWords, _ word: Int) throws -> Size {
    if words.isBound(word) || value >= 0 { return words.integer(word, value) }
    return self[try axis(-2 - value)]
  }

  fileprivate func reducing(keepDims: Bool, _ isReduced: (Int) -> Bool) -> SymbolicShape {
    let kept = dims.indices.compactMap { isReduced($0) ? keepDims ? Size(1) : nil : dims[$0] }
    return SymbolicShape(kept, type: type)
  }
}

extension Size {
  /// Whether two dimensions can be equal at some size.
  fileprivate func mayEqual(_ other: Size) -> Bool { (self - other).constant.map { $0 == 0 } ?? true }
}

extension Window {
  fileprivate func symbolicShape(
    _ image: SymbolicShape, channels: Size, _ words: BoundWords, isCeiling: Bool = false
  ) throws -> SymbolicShape {
    try check()
    func count(_ size: Size, _ kernel: Int32, _ stride: Int32, _ dilation: Int32, _ before: Size, _ after: Size) -> Size
    {
      let stride = Size(Int(stride))
      let span = Int(kernel - 1) * Int(dilation) + 1
      if automaticPadding != Padding.explicit { return size.ceilingDivided(by: stride) }
      let room = size + before + after - span
      let whole = room.floorDivided(by: stride) + 1
      if !isCeiling { return whole }
      // One more window where some of it is left, unless it would begin behind the image.
      if (after + stride - span).bounds.upper <= 0 { return room.ceilingDivided(by: stride) + 1 }
      return Size.maximum(
        whole, Size.minimum(room.ceilingDivided(by: stride) + 1, (size + before).ceilingDivided(by: stride)))
    }
    let height = count(
      image[1], kernelHeight, strideHeight, dilationHeight, words.integer(6, padTop), words.integer(8, padBottom))
    let width = count(
      image[2], kernelWidth, strideWidth, dilationWidth, words.integer(7, padLeft), words.integer(9, padRight))
    for count in [height, width] where count.bounds.upper < 1 {
      throw SymbolicShapeError("the window is larger than the padded image")
    }
    return SymbolicShape([image[0], height, width, channels])
  }
}

extension Slice {
  /// How many elements of an axis of `size` there are.
  fileprivate func symbolicCount(_ axis: Int, size: Size, _ words: BoundWords) -> Size {
    let step = Int(steps[axis])
    let isForward = step > 0
    let highest = isForward ? size : size - 1
    func cut(_ word: Int, _ constant: Int32, _ lowest: Size = Size(0)) -> Size {
      if !words.isBound(word), constant == .max { return highest }
      if !words.isBound(word), constant == .min { return Size.minimum(lowest, highest) }
      let index = words.integer(word, constant)
      return Size.whereNegative(index, index + size, index).clamped(lowest, highest)
    }
    // Backwards, the place before the first element is where all may end.
    let start = cut(axis, starts[axis])
    let end = cut(8 + axis, ends[axis], Size(isForward ? 0 : -1))
    let distance = isForward ? end - start : start - end
    return Size.maximum(distance, Size(0)).ceilingDivided(by: Size(max(1, abs(step))))
  }
}

extension Reshape {
  fileprivate func symbolicShape(_ input: SymbolicShape, _ words: BoundWords) throws -> SymbolicShape {
    let axes = 0..<(try Shape.checkedRank(rank))
    let isInferred = axes.map { dims[$0] == Reshape.inferred && !words.isBound(1 + $0) }
    var output = SymbolicShape([], type: input.type)
    for axis in axes {
      output.dims.append(isInferred[axis] ? Size(1) : try input.dimension(describedBy: dims[axis], words, 1 + axis))
    }
    let known = output.count
    let count = input.count
    if let axis = isInferred.firstIndex(of: true) {
      output.dims[axis] = count.floorDivided(by: known)
    } else if let difference = (known - count).constant, difference != 0 {
      throw SymbolicShapeError("the elements of the input do not fit its shape")
    }
    return output
  }
}
