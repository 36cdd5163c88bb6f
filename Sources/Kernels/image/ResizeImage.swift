import KernelContract

func resizeImage(_ image: pf_image, rows: Range<Int>, scratch: UnsafeMutableRawPointer) {
  if image.planes == 1 {
    ImageBand<GrayPixels>(image: image).resize(to: rows, scratch)
  } else {
    ImageBand<ColorPixels>(image: image).resize(to: rows, scratch)
  }
}

/// Some rows of the output, computed a block of columns at a time. Four rows of the image become as wide as the block,
/// and are then added to the rows of the output that they are part of; so scratch doesn't grow with the image.
private struct ImageBand<Pixels: ImagePixels> {
  let image: pf_image

  func resize(to rows: Range<Int>, _ scratch: UnsafeMutableRawPointer) {
    var block = ImageBlock(scratch, width: Int(image.columns.target))
    while block.columns.upperBound < Int(image.columns.target) {
      block.advance(in: image.columns)
      resize(to: rows, block)
    }
  }

  /// Where the image shrinks, groups of four rows follow each other; as a row of it is in at most two of the output,
  /// sums of two are kept. Where it grows, a row of the output takes at most two of the image, and a group begins where
  /// the first row that's not done does: then no sums are kept from group to group, of which many rows would have some.
  private func resize(to rows: Range<Int>, _ block: ImageBlock) {
    let shrinks = image.rows.scale > 1
    var windows = InlineArray<4, ImageWindow>(repeating: image.rows.window(of: rows.lowerBound))
    var known = rows.lowerBound + 1
    var done = rows.lowerBound
    var first = windows[0].pixels.lowerBound
    while done < rows.upperBound {
      let end = first + 4
      block.resize(Pixels.self, FourRows(of: image, from: first))
      for y in done..<rows.upperBound {
        let slot = (y - rows.lowerBound) & 3
        if y == known {
          windows[slot] = image.rows.window(of: y)
          known += 1
        }
        let window = windows[slot].pixels
        if shrinks ? window.lowerBound >= end : window.upperBound > end { break }
        block.add(FourWeights(of: windows[slot], from: first), toRow: y, begins: window.lowerBound >= first)
        if window.upperBound > end { continue }
        block.finish(row: y, of: image)
        done = y + 1
      }
      first = shrinks || done == rows.upperBound ? end : windows[(done - rows.lowerBound) & 3].pixels.lowerBound
    }
  }
}

/// The same place in four rows of an image; past the last row it's that one, to which no weight will be given.
struct FourRows {
  private let rows: InlineArray<4, UnsafePointer<UInt8>>
  /// Of a row, and from the last row to the end of the image or more.
  private let rowBytes, readableBytes: Int

  init(of image: pf_image, from first: Int) {
    let last = Int(image.rows.source) - 1
    rows = InlineArray { image.rgb + min(first + $0, last) * image.row_bytes }
    rowBytes = 3 * Int(image.columns.source)
    readableBytes = (last - min(first + 3, last)) * image.row_bytes + rowBytes
  }

  private init(_ rows: InlineArray<4, UnsafePointer<UInt8>>, _ bytes: Int) {
    self.rows = rows
    (rowBytes, readableBytes) = (bytes, bytes)
  }

  /// How many of `groups` of four pixels, 12 bytes each, can be loaded as 16 bytes.
  @inline(__always)
  func loadable(_ groups: Int, from offset: Int) -> Int { min(groups, max(readableBytes - offset - 4, 0) / 12) }

  @inline(__always)
  subscript(offset: Int) -> PixelRows { load(rows[0] + offset, rows[1] + offset, rows[2] + offset, rows[3] + offset) }

  /// What is left of the rows from `offset` on, in `edge`, of 64 bytes.
  func copy(from offset: Int, to edge: UnsafeMutablePointer<UInt8>) -> FourRows {
    for row in 0..<4 {
      for i in 0..<16 { edge[16 * row + i] = offset + i < rowBytes ? rows[row][offset + i] : 0 }
    }
    return FourRows(InlineArray { UnsafePointer(edge + 16 * $0) }, 16)
  }
}

/// Weights of pixels next to each other, as `pixels.h` has them.
struct FourWeights {
  private(set) var parts = InlineArray<8, Int16>(repeating: 0)

  init(of window: ImageWindow, from first: Int) {
    for i in 0..<4 {
      let weight = window.weight(first + i)
      parts[i] = Int16(weight >> PF_WEIGHT_LOW)
      parts[4 + i] = Int16(weight & (1 << PF_WEIGHT_LOW - 1))
    }
  }
}

/// How bytes of an image are read.
protocol ImagePixels {
  /// Adds the products with one part of four weights.
  static func add(_ pixels: PixelBytes, _ weights: UnsafePointer<Int16>, to sums: LaneIndices) -> LaneIndices
  static func finish(_ sums: LaneIndices) -> LaneIndices
}

enum ColorPixels: ImagePixels {
  @inline(__always)
  static func add(_ pixels: PixelBytes, _ weights: UnsafePointer<Int16>, to sums: LaneIndices) -> LaneIndices {
    pf_add_packed_pixels(sums, pixels, weights)
  }

  @inline(__always)
  static func finish(_ sums: LaneIndices) -> LaneIndices { sums }
}

enum GrayPixels: ImagePixels {
  @inline(__always)
  static func add(_ pixels: PixelBytes, _ weights: UnsafePointer<Int16>, to sums: LaneIndices) -> LaneIndices {
    pf_add_gray_pixels(sums, pixels, weights)
  }

  @inline(__always)
  static func finish(_ sums: LaneIndices) -> LaneIndices { pf_sum_of_four(sums) }
}
