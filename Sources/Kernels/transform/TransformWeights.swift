import KernelContract

func transformWeights(
  _ layer: pf_convolution, _ algorithm: pf_algorithm, group: Int, panel: Int, to transformed: Target
) {
  let panel = WeightsPanel(layer, algorithm, group: group, panel: panel, to: transformed)
  switch algorithm {
  case PF_WINOGRAD_2X2_3X3: panel.transform(Winograd2x2Kernel3x3.self)
  case PF_WINOGRAD_4X4_3X3: panel.transform(Winograd4x4Kernel3x3.self)
  case PF_WINOGRAD_6X6_3X3: panel.transform(Winograd6x6Kernel3x3.self)
  case PF_WINOGRAD_2X2_5X5: panel.transform(Winograd2x2Kernel5x5.self)
  case PF_WINOGRAD_4X4_5X5: panel.transform(Winograd4x4Kernel5x5.self)
  case PF_FFT_16X16: panel.transform(Fourier.self)
  case PF_WINOGRAD_6_3: panel.transform(Winograd6Kernel3.self)
  case PF_WINOGRAD_4_5: panel.transform(Winograd4Kernel5.self)
  case PF_WINOGRAD_3X3_3X3: panel.transform(Winograd3x3Kernel3x3.self)
  default: break
  }
}

/// One panel of weights before and after the transform.
private struct WeightsPanel {
  private let kernelHeight, kernelWidth: Int
  private let inputs, width: Int
  private let floats: Source?
  private let halves: UnsafePointer<UInt16>?
  private let transformed: Target
  /// Floats from position to position.
  private let step: Int

  init(_ layer: pf_convolution, _ algorithm: pf_algorithm, group: Int, panel: Int, to transformed: Target) {
    kernelHeight = Int(layer.window.kernel_height)
    kernelWidth = Int(layer.window.kernel_width)
    inputs = Int(layer.group_input_channels)
    let outputs = Int(layer.group_output_channels)
    let depth = kernelHeight * kernelWidth * inputs
    width = pf_panel_stride(outputs - panel * panelWidth)
    let first = group * pf_panel_floats(depth, outputs) + panel * panelWidth * depth
    let isHalf = layer.weights.type == PF_WEIGHTS_FLOAT16
    floats = isHalf ? nil : layer.weights.floats + first
    halves = isHalf ? layer.weights.halves + first : nil
    step = pf_panel_floats(inputs, outputs)
    var window = layer.window
    self.transformed =
      transformed + group * Int(pf_tiling_of(algorithm, &window).positions) * step + panel * panelWidth * inputs
  }

  func transform<T: TileTransform>(_: T.Type) {
    var scratch = InlineArray<320, Vector>(repeating: Vector(0))
    withUnsafeMutablePointer(to: &scratch) {
      let scratch = UnsafeMutableRawPointer($0).assumingMemoryBound(to: Float.self)
      for k in 0..<inputs {
        var column = 0
        while column < width {
          transform(T.self, k: k, column: column, scratch: scratch)
          column += Vector.lanes
        }
      }
    }
  }

  @inline(__always)
  private func transform<T: TileTransform>(_: T.Type, k: Int, column: Int, scratch: Target) {
    let count = min(Vector.lanes, width - column)
    let to = transformed + k * width + column
    T.weights(
      { tap(($0 * kernelWidth + $1) * inputs + k, column, count) }, kernelHeight: kernelHeight,
      kernelWidth: kernelWidth,
      scratch: scratch
    ) { position, value in store(value, to: to + position * step, count) }
  }

  // A transform has dozens of taps and positions, and is computed once: calls cost it little, and copies of these 80
  // KB.

  @inline(never)
  private func store(_ value: Vector, to target: Target, _ count: Int) { value.store(to: target, upTo: count) }

  /// `count` columns of row k.
  @inline(never)
  private func tap(_ k: Int, _ column: Int, _ count: Int) -> Vector {
    let first = k * width + column
    if let floats { return Vector(from: floats + first, upTo: count) }
    var values = Vector(0)
    if let halves {
      for lane in 0..<count { values[lane] = pf_widen(halves[first + lane]) }
    }
    return values
  }
}
