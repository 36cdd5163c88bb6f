import KernelContract

/// Sizes from MobileNet, AlexNet, GoogLeNet, ResNet, ShuffleNet and DenseNet.
extension MemoryCase {
  static var all: [MemoryCase] { windows + normalizations + elementwise + movements }

  private static var windows: [MemoryCase] {
    [
      depthwise(112, 32), depthwise(112, 64, stride: 2), depthwise(56, 128), depthwise(28, 256), depthwise(14, 512),
      depthwise(14, 512, stride: 2),
      depthwise(7, 1024), depthwise(28, 240, kernel: 5), depthwise(14, 672, kernel: 5),
      depthwise(14, 672, kernel: 5, stride: 2),
      pool(112, 64, kernel: 3, pad: 1), pool(55, 96, kernel: 3), pool(14, 512, kernel: 3), pool(224, 64, kernel: 2),
      pool(28, 512, kernel: 2),
      pool(56, 128, kernel: 2, PF_POOL_AVERAGE), mean(7, 1024), mean(7, 2048), mean(112, 64),
    ]
  }

  private static var normalizations: [MemoryCase] {
    [lrn(55, 96), lrn(27, 256), lrn(110, 96), lrn(56, 64), lrn(56, 192), softmax(1, 1000), softmax(64, 1000)]
  }

  private static var elementwise: [MemoryCase] {
    [
      unary("ReLU", PF_RELU, 1 << 13), unary("ReLU", PF_RELU, 1 << 18), unary("ReLU", PF_RELU, 1 << 25),
      unary("sigmoid", PF_SIGMOID, 1 << 13), unary("sigmoid", PF_SIGMOID, 1 << 18),
      unary("hard swish", PF_HARD_SWISH, 1 << 18), unary("GELU", PF_GELU, 1 << 18),
      add(1 << 13), add(1 << 18), add(1 << 24), perChannel(56 * 56, 64), perChannel(14 * 14, 512),
      perChannel(224 * 224, 3), factors(56 * 56, 72), factors(14 * 14, 672),
    ]
  }

  private static var movements: [MemoryCase] {
    [
      transpose("image, channels last", 3, 224 * 224), transpose("channels last", 64, 56 * 56),
      transpose("channels first", 56 * 56, 64),
      transpose("channels first", 224 * 224, 3), transpose("square", 1024, 1024),
      shuffle(28 * 28, 3, 80), shuffle(28 * 28, 2, 58), shuffle(14 * 14, 3, 160), shuffle(7 * 7, 8, 96),
      resize(56, 64, isLinear: false), resize(56, 64, isLinear: true), resize(28, 256, isLinear: true),
      resize(112, 21, isLinear: true),
    ]
  }
}

private func window(_ kernel: Int, stride: Int, pad: Int) -> pf_window {
  pf_window(
    kernel_height: Int32(kernel), kernel_width: Int32(kernel), stride_height: Int32(stride),
    stride_width: Int32(stride),
    dilation_height: 1, dilation_width: 1, pad_top: Int32(pad), pad_left: Int32(pad))
}

extension MemoryCase {
  private static func depthwise(_ side: Int, _ channels: Int, kernel: Int = 3, stride: Int = 1) -> MemoryCase {
    let output = (side - 1) / stride + 1
    let x = Floats(side * side * channels)
    let y = Floats(output * output * channels)
    let weights = Floats(kernel * kernel * channels)
    let bias = Floats(channels)
    var layer = pf_convolution()
    layer.window = window(kernel, stride: stride, pad: kernel / 2)
    (layer.images, layer.groups, layer.group_input_channels, layer.group_output_channels) = (1, Int32(channels), 1, 1)
    (layer.input_height, layer.input_width, layer.output_height, layer.output_width) = (
      Int32(side), Int32(side), Int32(output), Int32(output)
    )
    (layer.input_stride, layer.output_stride) = (Int64(channels), Int64(channels))
    (layer.input, layer.weights, layer.bias, layer.output) = (
      .init(x.pointer), .init(floats: weights.pointer), .init(bias.pointer), y.pointer
    )
    (layer.low, layer.high) = (0, 6)
    let outputs = output * output * channels
    return MemoryCase(
      name: "depthwise \(kernel)×\(kernel)/\(stride)", size: "\(side)²×\(channels)",
      moved: side * side * channels + outputs,
      multiplyAdds: outputs * kernel * kernel
    ) { kernels in
      withExtendedLifetime((x, y, weights, bias)) { kernels.depthwise(&layer, nil, 0, Int32(output), nil) }
    }
  }

  private static func pool(_ side: Int, _ channels: Int, kernel: Int, pad: Int = 0, _ kind: pf_pool_kind = PF_POOL_MAX)
    -> MemoryCase
  {
    let output = (side + 2 * pad - kernel) / 2 + 1
    let x = Floats(side * side * channels)
    let y = Floats(output * output * channels)
    var layer = pf_pool()
    layer.window = window(kernel, stride: 2, pad: pad)
    (layer.kind, layer.pad_bottom, layer.pad_right) = (Int32(kind.rawValue), Int32(pad), Int32(pad))
    (layer.input_height, layer.input_width, layer.output_height, layer.output_width) = (
      Int32(side), Int32(side), Int32(output), Int32(output)
    )
    (layer.channels, layer.input_stride, layer.output_stride) = (Int32(channels), Int64(channels), Int64(channels))
    (layer.input, layer.output) = (.init(x.pointer), y.pointer)
    return MemoryCase(
      name: "\(kind == PF_POOL_MAX ? "max" : "average") \(kernel)×\(kernel)/2", size: "\(side)²×\(channels)",
      moved: (side * side + output * output) * channels
    ) { kernels in
      withExtendedLifetime((x, y)) { kernels.pool(&layer, 0, Int32(output)) }
    }
  }

  private static func mean(_ side: Int, _ channels: Int) -> MemoryCase {
    let x = Floats(side * side * channels)
    let y = Floats(channels)
    return MemoryCase(name: "global average", size: "\(side)²×\(channels)", moved: (side * side + 1) * channels) {
      $0.reduce(PF_REDUCE_MEAN, x.pointer, channels, y.pointer, side * side, channels, 0, channels, nil)
    }
  }

  private static func lrn(_ side: Int, _ channels: Int) -> MemoryCase {
    let x = Floats(side * side * channels)
    let y = Floats(side * side * channels)
    var layer = pf_lrn(
      channels: Int32(channels), size: 5, alpha: 1e-4, beta: 0.75, bias: 1, input_stride: Int64(channels),
      output_stride: Int64(channels), cancelled: nil)
    return MemoryCase(name: "LRN 5", size: "\(side)²×\(channels)", moved: 2 * side * side * channels) {
      $0.lrn(&layer, x.pointer, y.pointer, side * side)
    }
  }

  private static func softmax(_ rows: Int, _ count: Int) -> MemoryCase {
    let x = Floats(rows * count)
    let y = Floats(rows * count)
    return MemoryCase(name: "softmax", size: "\(rows)×\(count)", moved: 2 * rows * count) {
      $0.softmax(x.pointer, y.pointer, rows, count, 0, nil)
    }
  }

  private static func unary(_ name: String, _ function: pf_unary, _ count: Int) -> MemoryCase {
    let x = Floats(count)
    let y = Floats(count)
    return MemoryCase(name: name, size: "\(count)", moved: 2 * count) {
      $0.unary(function, 0, 0, x.pointer, count, y.pointer, count, 1, count)
    }
  }

  private static func add(_ count: Int) -> MemoryCase {
    let a = Floats(count)
    let b = Floats(count)
    let y = Floats(count)
    return MemoryCase(name: "add", size: "\(count)", moved: 3 * count) { kernels in
      withExtendedLifetime((a, b)) {
        var left = pf_operand(values: a.pointer, step: 1, stride: Int64(count))
        var right = pf_operand(values: b.pointer, step: 1, stride: Int64(count))
        kernels.binary(PF_ADD, &left, &right, y.pointer, count, 1, count, -.infinity, .infinity)
      }
    }
  }

  private static func perChannel(_ pixels: Int, _ channels: Int) -> MemoryCase {
    let x = Floats(pixels * channels)
    let scale = Floats(channels)
    let shift = Floats(channels)
    let y = Floats(pixels * channels)
    var step = pf_affine(
      channels: Int32(channels), input_stride: Int64(channels), output_stride: Int64(channels), scale: scale.pointer,
      shift: shift.pointer,
      low: 0, high: .infinity)
    return MemoryCase(name: "scale and shift", size: "\(pixels)×\(channels)", moved: 2 * pixels * channels) { kernels in
      withExtendedLifetime((scale, shift)) { kernels.affine(&step, x.pointer, y.pointer, pixels) }
    }
  }

  /// A factor for each channel, as squeeze-and-excitation has.
  private static func factors(_ pixels: Int, _ channels: Int) -> MemoryCase {
    let x = Floats(pixels * channels)
    let factors = Floats(channels)
    let y = Floats(pixels * channels)
    return MemoryCase(name: "channel factors", size: "\(pixels)×\(channels)", moved: 2 * pixels * channels) { kernels in
      withExtendedLifetime((x, factors)) {
        var left = pf_operand(values: x.pointer, step: 1, stride: Int64(channels))
        var right = pf_operand(values: factors.pointer, step: 1, stride: 0)
        kernels.binary(PF_MULTIPLY, &left, &right, y.pointer, channels, pixels, channels, -.infinity, .infinity)
      }
    }
  }

  private static func transpose(_ name: String, _ rows: Int, _ columns: Int) -> MemoryCase {
    let x = Floats(rows * columns)
    let y = Floats(rows * columns)
    return MemoryCase(name: name, size: "\(rows)×\(columns)", moved: 2 * rows * columns) {
      var shape = pf_transposition(
        rows: rows, columns: columns, input_stride: columns, output_stride: rows, matrices: 1, input_step: 0,
        output_step: 0)
      $0.transpose(&shape, x.pointer, y.pointer)
    }
  }

  private static func shuffle(_ pixels: Int, _ groups: Int, _ channels: Int) -> MemoryCase {
    let count = groups * channels
    let x = Floats(pixels * count)
    let y = Floats(pixels * count)
    return MemoryCase(name: "shuffle", size: "\(pixels)×\(groups)×\(channels)", moved: 2 * pixels * count) {
      var shape = pf_transposition(
        rows: groups, columns: channels, input_stride: channels, output_stride: groups, matrices: pixels,
        input_step: count, output_step: count)
      $0.transpose(&shape, x.pointer, y.pointer)
    }
  }

  private static func resize(_ side: Int, _ channels: Int, isLinear: Bool) -> MemoryCase {
    let x = Floats(side * side * channels)
    let y = Floats(4 * side * side * channels)
    let samples = (0..<2 * side).map { (i: Int) -> pf_sample in
      pf_sample(
        first: Int32(max(0, (i - 1) / 2)), second: Int32(min(side - 1, (i + 1) / 2)), weight: i % 2 == 0 ? 0.75 : 0.25)
    }
    let lineLength = side * channels
    func run(_ kernels: pf_kernels) {
      samples.withUnsafeBufferPointer { samples in
        var row = pf_resized_row()
        row.samples = samples.baseAddress!
        (row.width, row.channels, row.input_stride, row.output_stride) = (
          Int32(2 * side), Int32(channels), Int64(channels), Int64(channels)
        )
        for line in 0..<2 * side {
          row.upper = .init(x.pointer + Int(samples[line].first) * lineLength)
          row.lower = isLinear ? .init(x.pointer + Int(samples[line].second) * lineLength) : nil
          row.weight = samples[line].weight
          kernels.resize(&row, y.pointer + 2 * line * lineLength)
        }
      }
    }
    return MemoryCase(
      name: isLinear ? "resize ×2 linear" : "resize ×2 nearest", size: "\(side)²×\(channels)",
      moved: 5 * side * lineLength, run: run)
  }
}
