import KernelContract

func affine(_ step: pf_affine, _ input: Source, _ output: Target, pixels: Int) {
  let channels = Int(step.channels)
  let isDense = Int(step.input_stride) == channels && Int(step.output_stride) == channels
  let row = AffineRow(step)
  var pixel = 0
  if isDense && channels < Vector.lanes {
    pixel = pixels / Vector.lanes * Vector.lanes
    // Few enough at a time for the first-level cache, since each goes over all of them.
    for first in stride(from: 0, to: pixel, by: 512) {
      for vector in 0..<channels {
        AffinePattern(step, vector).apply(
          input + first * channels, output + first * channels, pixels: min(512, pixel - first))
      }
    }
  }
  while pixel < pixels {
    row.apply(input + pixel * Int(step.input_stride), output + pixel * Int(step.output_stride))
    pixel += 1
  }
}

/// The channels of a pixel.
private struct AffineRow {
  private let channels: Int
  private let scale, shift: Source
  private let low, high: Vector

  @inline(__always)
  init(_ step: pf_affine) {
    channels = Int(step.channels)
    scale = step.scale
    shift = step.shift
    low = Vector(step.low)
    high = Vector(step.high)
  }

  @inline(__always)
  func apply(_ input: Source, _ output: Target) {
    var i = 0
    while i + Vector.lanes <= channels {
      Vector.multiplyAdd(Vector(from: input + i), Vector(from: scale + i), Vector(from: shift + i)).clamped(low, high)
        .store(to: output + i)
      i += Vector.lanes
    }
    let left = channels - i
    if left == 0 { return }
    Vector.multiplyAdd(
      Vector(from: input + i, upTo: left), Vector(from: scale + i, upTo: left), Vector(from: shift + i, upTo: left)
    )
    .clamped(low, high).store(to: output + i, upTo: left)
  }
}

/// One vector of the channels of as many pixels as a vector has lanes: they fill as many vectors as a pixel has
/// channels.
private struct AffinePattern {
  private let offset, stride: Int
  private var scale = Vector(0), shift = Vector(0)
  private let low, high: Vector

  init(_ step: pf_affine, _ vector: Int) {
    offset = vector * Vector.lanes
    stride = Int(step.channels) * Vector.lanes
    low = Vector(step.low)
    high = Vector(step.high)
    for lane in 0..<Vector.lanes {
      scale[lane] = step.scale[(offset + lane) % Int(step.channels)]
      shift[lane] = step.shift[(offset + lane) % Int(step.channels)]
    }
  }

  @inline(__always)
  func apply(_ input: Source, _ output: Target, pixels: Int) {
    var i = offset
    for _ in 0..<pixels / Vector.lanes {
      Vector.multiplyAdd(Vector(from: input + i), scale, shift).clamped(low, high).store(to: output + i)
      i += stride
    }
  }
}
