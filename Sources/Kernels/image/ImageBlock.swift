import KernelContract

/// Some columns of the output: what they are made of, four rows of the image as wide as they are, and sums of two rows
/// of the output.
struct ImageBlock {
  private(set) var columns = 0..<0
  /// Of each column.
  private let runs: UnsafeMutablePointer<Run>
  /// Of each group of four pixels, eight numbers.
  private let weights: UnsafeMutablePointer<Int16>
  private let capacity: Int
  /// 16 bytes a column: four rows of four channels.
  private let lines: UnsafeMutablePointer<UInt8>
  /// Four channels a column, of rows with even numbers and then of others.
  private let sums: UnsafeMutablePointer<Int32>
  /// The end of the image's last row, where more than the image can't be read.
  private let edge: UnsafeMutablePointer<UInt8>

  /// Where a column's first pixel is in a row, in bytes, and how many groups of four it takes.
  private struct Run {
    var offset, groups: Int32
  }

  private static let maximumColumns = 256

  /// Of at least one column: a window has at most twice as many pixels as there are for one of the output, and one
  /// more.
  private static func capacity(width: Int) -> Int { max(1024, 2 * Int(PF_IMAGE_SIDE) / 4 / max(width, 1) + 2) }

  static func scratch(width: Int) -> Int {
    (MemoryLayout<Run>.stride + 16 + 32) * maximumColumns + 16 * capacity(width: width) + 64
  }

  init(_ scratch: UnsafeMutableRawPointer, width: Int) {
    let columns = ImageBlock.maximumColumns
    capacity = ImageBlock.capacity(width: width)
    lines = scratch.assumingMemoryBound(to: UInt8.self)
    sums = (scratch + 16 * columns).assumingMemoryBound(to: Int32.self)
    edge = (scratch + 48 * columns).assumingMemoryBound(to: UInt8.self)
    runs = (scratch + 48 * columns + 64).assumingMemoryBound(to: Run.self)
    weights = UnsafeMutableRawPointer(runs + columns).assumingMemoryBound(to: Int16.self)
  }

  /// The next columns, as many as there's room for.
  mutating func advance(in axis: pf_image_axis) {
    var column = columns.upperBound
    var used = 0
    while column < Int(axis.target), column - columns.upperBound < ImageBlock.maximumColumns {
      let window = axis.window(of: column)
      let groups = (window.pixels.count + 3) / 4
      if used + groups > capacity { break }
      runs[column - columns.upperBound] = Run(offset: Int32(3 * window.pixels.lowerBound), groups: Int32(groups))
      for group in 0..<groups {
        UnsafeMutableRawPointer(weights + 8 * (used + group))
          .storeBytes(of: FourWeights(of: window, from: window.pixels.lowerBound + 4 * group), as: FourWeights.self)
      }
      used += groups
      column += 1
    }
    columns = columns.upperBound..<column
  }

  /// Four rows of the image to `lines`.
  func resize<Pixels: ImagePixels>(_: Pixels.Type, _ rows: FourRows) {
    var weights = UnsafePointer(self.weights)
    for column in 0..<columns.count {
      let offset = Int(runs[column].offset)
      let groups = Int(runs[column].groups)
      let loadable = rows.loadable(groups, from: offset)
      var sums = RowSums(repeating: PixelSums())
      for group in 0..<loadable { add(Pixels.self, rows[offset + 12 * group], weights + 8 * group, to: &sums) }
      for group in loadable..<groups {
        add(Pixels.self, rows.copy(from: offset + 12 * group, to: edge)[0], weights + 8 * group, to: &sums)
      }
      for i in sums.indices {
        pf_store_pixels(pf_rounded_pixels(Pixels.finish(sums[i].joined)), lines + 16 * column + i * Vector.lanes)
      }
      weights += 8 * groups
    }
  }

  @inline(__always)
  private func add<Pixels: ImagePixels>(
    _: Pixels.Type, _ rows: PixelRows, _ weights: UnsafePointer<Int16>, to sums: inout RowSums
  ) {
    for i in rows.indices {
      sums[i].high = Pixels.add(rows[i], weights, to: sums[i].high)
      sums[i].low = Pixels.add(rows[i], weights + 4, to: sums[i].low)
    }
  }

  /// The weighted sum of `lines` to a row of sums, which it begins or goes on.
  func add(_ weights: FourWeights, toRow row: Int, begins: Bool) {
    let sums = sums(ofRow: row)
    withUnsafeBytes(of: weights) { bytes in
      let weights = bytes.baseAddress!.assumingMemoryBound(to: Int16.self)
      for i in stride(from: 0, to: 4 * columns.count, by: Vector.lanes) {
        let pixels = UnsafeRawPointer(lines + 4 * i).loadUnaligned(as: PixelBytes.self)
        let zero = LaneIndices.zero
        let sum = PixelSums(
          high: pf_add_spaced_pixels(zero, pixels, weights), low: pf_add_spaced_pixels(zero, pixels, weights + 4)
        ).joined
        let place = UnsafeMutableRawPointer(sums + i)
        place.storeBytes(
          of: begins ? sum : pf_add(place.loadUnaligned(as: LaneIndices.self), sum), as: LaneIndices.self)
      }
    }
  }

  /// Rounds a row of sums, in place, and writes it.
  func finish(row: Int, of image: pf_image) {
    let sums = sums(ofRow: row)
    let bytes = UnsafeMutableRawPointer(sums).assumingMemoryBound(to: UInt8.self)
    for i in stride(from: 0, to: 4 * columns.count, by: Vector.lanes) {
      pf_store_pixels(pf_rounded_pixels(UnsafeRawPointer(sums + i).loadUnaligned(as: LaneIndices.self)), bytes + i)
    }
    let pixelStride = Int(image.pixel_stride)
    let planeStride = Int(image.plane_stride)
    let values = image.values!
    var element = image.output + (row * Int(image.columns.target) + columns.lowerBound) * pixelStride
    for column in 0..<columns.count {
      element[0] = values[Int(bytes[4 * column])]
      if image.planes == 3 {
        element[planeStride] = values[256 + Int(bytes[4 * column + 1])]
        element[2 * planeStride] = values[512 + Int(bytes[4 * column + 2])]
      }
      element += pixelStride
    }
  }

  private func sums(ofRow row: Int) -> UnsafeMutablePointer<Int32> { sums + (row & 1) * 4 * ImageBlock.maximumColumns }
}

/// Of products with both parts of weights.
struct PixelSums {
  var high = LaneIndices.zero, low = LaneIndices.zero

  @inline(__always) var joined: LaneIndices { pf_joined(high, low) }
}
