import CPrefactor
import KernelContract
import PrefactorModelFormat

/// How many windows an image has along one axis, and the padding around it.
public struct WindowAxis {
  public var count: Int
  public var padBefore: Int
  public var padAfter: Int
}

public struct WindowGeometry {
  public var height: WindowAxis
  public var width: WindowAxis
}

extension Window {
  /// Checks everything that does not depend on the image.
  public func check() throws(Failure) {
    try Window.check(kernelHeight, strideHeight, dilationHeight, padTop, padBottom)
    try Window.check(kernelWidth, strideWidth, dilationWidth, padLeft, padRight)
    guard Int64(kernelHeight) * Int64(kernelWidth) <= Int64(Limit.elements) else {
      throw Failure(PF_ERROR_BAD_MODEL, "a window of # × # is out of range", Int(kernelHeight), Int(kernelWidth))
    }
    guard automaticPadding >= Padding.explicit, automaticPadding <= Padding.sameLower else {
      throw Failure(PF_ERROR_BAD_MODEL, "# is not a known kind of padding", Int(automaticPadding))
    }
  }

  private static func check(
    _ kernel: Int32, _ stride: Int32, _ dilation: Int32, _ before: Int32, _ after: Int32
  ) throws(Failure) {
    guard kernel >= 1, stride >= 1, dilation >= 1, kernel <= Limit.extent, stride <= Limit.extent,
      Int64(kernel - 1) * Int64(dilation) < Int64(Limit.extent)
    else {
      throw Failure(
        PF_ERROR_BAD_MODEL, "a window of # with a stride of # and its dilation are out of range", Int(kernel),
        Int(stride))
    }
    guard before >= 0, after >= 0, before <= Limit.extent, after <= Limit.extent else {
      throw Failure(PF_ERROR_BAD_MODEL, "pads of # and # are out of range", Int(before), Int(after))
    }
  }

  /// The windows over an image. In `ceilMode` the last one may reach past the padding, if it starts before it.
  public func geometry(over image: Shape, ceilMode: Bool = false) -> WindowGeometry {
    WindowGeometry(
      height: axis(
        image[1], span: spanHeight, stride: Int(strideHeight), before: Int(padTop), after: Int(padBottom),
        ceilMode: ceilMode),
      width: axis(
        image[2], span: spanWidth, stride: Int(strideWidth), before: Int(padLeft), after: Int(padRight),
        ceilMode: ceilMode))
  }

  /// Pixels from a window's first to its last, both included.
  var spanHeight: Int { Int(kernelHeight - 1) * Int(dilationHeight) + 1 }
  var spanWidth: Int { Int(kernelWidth - 1) * Int(dilationWidth) + 1 }

  private func axis(_ size: Int, span: Int, stride: Int, before: Int, after: Int, ceilMode: Bool) -> WindowAxis {
    if automaticPadding != Padding.explicit {
      let count = (size + stride - 1) / stride
      let total = max(0, (count - 1) * stride + span - size)
      let smaller = total / 2
      let isUpper = automaticPadding == Padding.sameUpper
      return WindowAxis(
        count: count, padBefore: isUpper ? smaller : total - smaller, padAfter: isUpper ? total - smaller : smaller)
    }
    let room = size + before + after - span
    if room < 0 { return WindowAxis(count: 0, padBefore: before, padAfter: after) }
    let whole = room / stride + 1
    let isPartial = ceilMode && room % stride != 0 && whole * stride < size + before
    return WindowAxis(count: isPartial ? whole + 1 : whole, padBefore: before, padAfter: after)
  }

  /// A kernel of one tap has no gaps, whatever dilation the file gives it.
  private var gapWidth: Int32 { kernelWidth > 1 ? dilationWidth : 1 }
  var gapHeight: Int32 { kernelHeight > 1 ? dilationHeight : 1 }

  package func kernelWindow(_ geometry: WindowGeometry) -> pf_window {
    pf_window(
      kernel_height: kernelHeight, kernel_width: kernelWidth, stride_height: strideHeight, stride_width: strideWidth,
      dilation_height: gapHeight, dilation_width: gapWidth, pad_top: Int32(geometry.height.padBefore),
      pad_left: Int32(geometry.width.padBefore))
  }
}

extension WindowGeometry {
  /// The output over a batch of images.
  func outputShape(batch: Int, channels: Int) throws(Failure) -> Shape {
    guard height.count > 0, width.count > 0 else {
      throw Failure(PF_ERROR_SHAPE, "the window is larger than the padded image")
    }
    return Shape.image(batch, height.count, width.count, channels)
  }
}

extension pf_window {
  var taps: Int { Int(kernel_height) * Int(kernel_width) }
}
