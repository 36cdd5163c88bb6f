import PrefactorModelFormat

/// Values that lie in the same place, and when they are needed. Steps count from -1, before the first, to `stepCount`,
/// after the last.
package struct Storage {
  static let unplaced = -1
  package var bytes = 0
  var firstStep = 0, lastStep = -1
  /// Of a storage that others are parts of: when it is needed for itself or for them.
  var reservedFrom = 0, reservedTo = -1
  package var offset = unplaced
  /// The concatenation's output that this storage is a part of, or -1.
  var parent = -1
  /// The higher, the earlier it is placed.
  var priority = 0
  /// Index of the network's output that lies here, or -1.
  var networkOutput = -1
  /// Inputs of the network and constants must not be written.
  var isReadOnly = false
  /// Where the file has a constant.
  package var contents: UnsafeRawPointer?
  package var isConstant: Bool { contents != nil }

  init() {}

  init(bytes: Int, firstStep: Int, lastStep: Int) {
    self.bytes = bytes
    (self.firstStep, self.lastStep) = (firstStep, lastStep)
    (reservedFrom, reservedTo) = (firstStep, lastStep)
  }
}

/// Where a value lies.
package struct Place {
  /// The value whose storage it is in, and that of which this is a part, if any, or the same.
  package var storage: Int32, root: Int32
  /// From the root's first byte.
  package var offset = 0
  package var pixelStride = 1

  init(own value: Int, _ shape: Shape) {
    (storage, root) = (Int32(value), Int32(value))
    pixelStride = shape.channels
  }
}
