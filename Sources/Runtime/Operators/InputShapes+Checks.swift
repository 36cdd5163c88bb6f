import CPrefactor
import PrefactorModelFormat

/// Bounds within which no sum or product of an operator's rules leaves `Int`.
enum Limit {
  /// Of an image's dimensions and of the attributes that describe windows and pads.
  static let extent = 1 << 24
  /// Of a tensor's elements.
  static var elements: Int { Shape.maximumCount }
}

extension InputShapes {
  /// An input that has to be there.
  func tensor(_ index: Int) throws(Failure) -> Shape {
    guard let shape = self[index] else { throw Failure(PF_ERROR_BAD_MODEL, "input # is missing", index) }
    return try shape.checked()
  }

  func floats(_ index: Int) throws(Failure) -> Shape {
    let shape = try tensor(index)
    guard shape.type == .float32 else {
      throw Failure(PF_ERROR_UNSUPPORTED, "input # is of type @, not float32", index).naming(shape.type.name.cString)
    }
    return shape
  }

  /// An input that has to have elements, of a rank of at least `minimumRank`.
  func operand(_ index: Int, minimumRank: Int) throws(Failure) -> Shape {
    let shape = try floats(index)
    guard shape.rank >= minimumRank else {
      throw Failure(PF_ERROR_SHAPE, "input # needs # dimensions or more", index, minimumRank)
    }
    guard shape.count > 0 else { throw Failure(PF_ERROR_SHAPE, "input # has no elements", index) }
    return shape
  }

  /// Input 0 as a batch of images.
  func image() throws(Failure) -> Shape {
    let shape = try operand(0, minimumRank: 4)
    guard shape.rank == 4 else {
      throw Failure(PF_ERROR_SHAPE, "the image has # dimensions where # are needed", shape.rank, 4)
    }
    for axis in 0..<4 where shape[axis] > Limit.extent {
      throw Failure(PF_ERROR_SHAPE, "dimension # of the image is #, which is too much", axis, shape[axis])
    }
    return shape
  }

  /// An optional input with one value for each output channel.
  func checkBias(_ index: Int, channels: Int) throws(Failure) {
    guard self[index] != nil else { return }
    let bias = try floats(index)
    guard bias.rank == 1, bias[0] == channels else {
      throw Failure(PF_ERROR_BAD_MODEL, "the bias does not have one value for each of # output channels", channels)
    }
  }
}

extension Shape {
  static func image(_ batch: Int, _ height: Int, _ width: Int, _ channels: Int) -> Shape {
    var shape = Shape()
    shape.append(batch)
    shape.append(height)
    shape.append(width)
    shape.append(channels)
    return shape
  }

  /// This shape, if a tensor can have it.
  public func checked() throws(Failure) -> Shape {
    guard let count = checkedCount, count <= Limit.elements else {
      throw Failure(PF_ERROR_SHAPE, "a tensor has too many elements or a negative dimension")
    }
    // Beside a dimension of 0, any other escapes the count.
    for axis in 0..<rank where self[axis] > Limit.elements {
      throw Failure(PF_ERROR_SHAPE, "dimension # of a tensor is #, which is too much", axis, self[axis])
    }
    return self
  }

  func axis(_ value: Int32) throws(Failure) -> Int {
    guard value >= 0, value < rank else {
      throw Failure(PF_ERROR_BAD_MODEL, "axis # is not one of the input's # axes", Int(value), rank)
    }
    return Int(value)
  }

  /// The last dimension, 1 for a scalar.
  package var channels: Int { rank == 0 ? 1 : self[rank - 1] }

  /// Runs of the last axis; the shape has elements.
  package var pixels: Int { count / channels }

  /// Elements from one index of an axis to the next.
  package func step(_ axis: Int) -> Int { count((axis + 1)..<rank) }
}
