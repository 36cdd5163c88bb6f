import PrefactorModelFormat
import PrefactorRuntime

/// A maximum passes the gradient to the first of its window's elements that has it; an average shares it among those it
/// counted.
struct PoolRule: Rule {
  private let pool: Pool
  private let geometry: WindowGeometry
  private let image: Shape
  private let isMaximum: Bool
  /// Of a pixel, what has not yet found its maximum.
  private let rest: FloatBuffer

  init(_ pool: Pool, _ site: Site) {
    self.pool = pool
    image = site.inputs[0]!
    geometry = pool.window.geometry(over: image, ceilMode: pool.ceilMode != 0)
    isMaximum = pool.kind == .maximum
    rest = FloatBuffer(count: image[3])
  }

  var inputsRead: [Int] { isMaximum ? [0] : [] }
  var readsOutput: Bool { isMaximum }

  func pullBack(_ step: BackwardStep) {
    guard let adjoint = step.adjoint(0)?.values else { return }
    let terms = step.outputAdjoint.values
    let channels = image[3]
    var pixel = 0
    for batch in 0..<image[0] {
      let start = batch * image.count(1..<4)
      for y in 0..<geometry.height.count {
        for x in 0..<geometry.width.count {
          let place = pixel * channels
          if isMaximum {
            passToMaximum(
              terms + place, of: step.output! + place, y, x, input: step.inputs[0]! + start, adjoint: adjoint + start)
          } else {
            share(terms + place, y, x, adjoint: adjoint + start)
          }
          pixel += 1
        }
      }
    }
  }

  private func passToMaximum(
    _ terms: UnsafePointer<Float>, of output: UnsafePointer<Float>, _ y: Int, _ x: Int, input: UnsafePointer<Float>,
    adjoint: UnsafeMutablePointer<Float>
  ) {
    let rest = rest.values
    let channels = image[3]
    rest.update(from: terms, count: channels)
    forEachPixel(y, x) { place in
      let values = input + place
      let sums = adjoint + place
      for channel in 0..<channels {
        let isMaximum = values[channel] == output[channel]
        let term = rest[channel]
        sums[channel] += isMaximum ? term : 0
        rest[channel] = isMaximum ? 0 : term
      }
    }
  }

  private func share(_ terms: UnsafePointer<Float>, _ y: Int, _ x: Int, adjoint: UnsafeMutablePointer<Float>) {
    var counted = 0
    if pool.countIncludePad != 0 {
      counted =
        paddedTaps(
          y, pool.window.strideHeight, pool.window.kernelHeight, pool.window.dilationHeight, geometry.height, image[1])
        * paddedTaps(
          x, pool.window.strideWidth, pool.window.kernelWidth, pool.window.dilationWidth, geometry.width, image[2])
    } else {
      forEachPixel(y, x) { _ in counted += 1 }
    }
    let scale = 1 / Float(counted)
    forEachPixel(y, x) { place in
      let sums = adjoint + place
      for channel in 0..<image[3] { sums[channel] += scale * terms[channel] }
    }
  }

  /// The taps of a window along one axis that are not past the padding.
  private func paddedTaps(
    _ index: Int, _ stride: Int32, _ taps: Int32, _ dilation: Int32, _ axis: WindowAxis, _ size: Int
  ) -> Int {
    let first = index * Int(stride) - axis.padBefore
    return (0..<Int(taps)).count { first + $0 * Int(dilation) < size + axis.padAfter }
  }

  /// Where in the image the pixels of a window are.
  @inline(__always)
  private func forEachPixel(_ y: Int, _ x: Int, _ body: (Int) -> Void) {
    let window = pool.window
    let top = y * Int(window.strideHeight) - geometry.height.padBefore
    let left = x * Int(window.strideWidth) - geometry.width.padBefore
    for tapRow in 0..<Int(window.kernelHeight) {
      let row = top + tapRow * Int(window.dilationHeight)
      guard row >= 0, row < image[1] else { continue }
      for tap in 0..<Int(window.kernelWidth) {
        let column = left + tap * Int(window.dilationWidth)
        if column >= 0, column < image[2] { body((row * image[2] + column) * image[3]) }
      }
    }
  }
}
