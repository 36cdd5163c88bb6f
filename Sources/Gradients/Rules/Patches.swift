import PrefactorModelFormat
import PrefactorRuntime

/// The parts of one group's channels of an image that a convolution's windows cover: for each output pixel, kernel
/// rows, kernel columns and channels, which is the order of the weights.
public struct Patches {
  let window: Window
  public let geometry: WindowGeometry
  let height: Int, width: Int
  /// Of the image, and of one group.
  let channels: Int, groupChannels: Int

  public init(_ window: Window, groups: Int, over image: Shape) {
    self.window = window
    geometry = window.geometry(over: image)
    (height, width, channels) = (image[1], image[2], image[3])
    groupChannels = channels / groups
  }

  /// Numbers in a patch.
  public var depth: Int { Int(window.kernelHeight) * Int(window.kernelWidth) * groupChannels }

  /// Each output pixel's patch is the input pixel at its place.
  var isPointwise: Bool {
    window.kernelHeight == 1 && window.kernelWidth == 1 && window.strideHeight == 1 && window.strideWidth == 1
      && geometry.height.padBefore == 0 && geometry.width.padBefore == 0 && geometry.height.count == height
      && geometry.width.count == width
  }

  /// Copies those of some output rows, one after the other. `image` is the group's first channel; padding is zero.
  func copy(_ image: UnsafePointer<Float>, rows: Range<Int>, to patches: UnsafeMutablePointer<Float>) {
    forEachRun(rows) { copy(image, $2, to: patches + $0, count: $1) }
  }

  /// Copies that of one output pixel.
  public func copy(_ image: UnsafePointer<Float>, row: Int, column: Int, to patch: UnsafeMutablePointer<Float>) {
    forEachRun(row, column, at: 0) { copy(image, $2, to: patch + $0, count: $1) }
  }

  private func copy(_ image: UnsafePointer<Float>, _ place: Int?, to target: UnsafeMutablePointer<Float>, count: Int) {
    if let place {
      target.update(from: image + place, count: count)
    } else {
      target.update(repeating: 0, count: count)
    }
  }

  /// Adds each number of the patches to the place that it would have been copied from.
  func add(_ patches: UnsafePointer<Float>, rows: Range<Int>, to image: UnsafeMutablePointer<Float>) {
    forEachRun(rows) { position, count, place in
      guard let place else { return }
      let source = patches + position
      let target = image + place
      for index in 0..<count { target[index] += source[index] }
    }
  }

  /// Calls `body` with places in the patches, how many numbers follow there, and where in the image those are; nil in
  /// the padding.
  @inline(__always)
  private func forEachRun(_ rows: Range<Int>, _ body: (_ position: Int, _ count: Int, _ place: Int?) -> Void) {
    var position = 0
    for y in rows {
      for x in 0..<geometry.width.count {
        forEachRun(y, x, at: position, body)
        position += depth
      }
    }
  }

  /// The same for the patch of one output pixel, which lies at `start`.
  @inline(__always)
  private func forEachRun(
    _ y: Int, _ x: Int, at start: Int, _ body: (_ position: Int, _ count: Int, _ place: Int?) -> Void
  ) {
    let taps = Int(window.kernelWidth)
    let dilation = Int(window.dilationWidth)
    let isContiguous = dilation == 1 && groupChannels == channels
    let top = y * Int(window.strideHeight) - geometry.height.padBefore
    let left = x * Int(window.strideWidth) - geometry.width.padBefore
    var position = start
    for tapRow in 0..<Int(window.kernelHeight) {
      let row = top + tapRow * Int(window.dilationHeight)
      if row < 0 || row >= height {
        body(position, taps * groupChannels, nil)
      } else if isContiguous {
        let first = min(max(-left, 0), taps)
        let end = max(min(width - left, taps), first)
        if first > 0 { body(position, first * channels, nil) }
        if end > first {
          body(position + first * channels, (end - first) * channels, (row * width + left + first) * channels)
        }
        if end < taps { body(position + end * channels, (taps - end) * channels, nil) }
      } else {
        for tap in 0..<taps {
          let column = left + tap * dilation
          let isInside = column >= 0 && column < width
          body(position + tap * groupChannels, groupChannels, isInside ? (row * width + column) * channels : nil)
        }
      }
      position += taps * groupChannels
    }
  }
}
