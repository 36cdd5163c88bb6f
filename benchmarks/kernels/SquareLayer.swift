import Foundation
import KernelContract
import PrefactorRuntime

/// A convolution of stride 1 of a square image that keeps its size.
struct SquareLayer {
  let name: String
  let inputs, outputs, size, kernel: Int
  var groups = 1
  /// Whether the kernel is one row.
  var isLine = false

  var kernelHeight: Int { isLine ? 1 : kernel }
  var operations: Double { 2 * Double(inputs / groups * outputs * size * size * kernelHeight * kernel) }
  var title: String {
    "\(name) \(inputs)→\(outputs)\(groups > 1 ? "/\(groups)" : "") \(size)² \(kernelHeight)×\(kernel)"
  }
}

private let layers = [
  SquareLayer(name: "VGG", inputs: 3, outputs: 64, size: 224, kernel: 3),
  SquareLayer(name: "VGG", inputs: 64, outputs: 64, size: 224, kernel: 3),
  SquareLayer(name: "VGG", inputs: 128, outputs: 128, size: 112, kernel: 3),
  SquareLayer(name: "VGG", inputs: 256, outputs: 256, size: 56, kernel: 3),
  SquareLayer(name: "VGG", inputs: 512, outputs: 512, size: 28, kernel: 3),
  SquareLayer(name: "VGG", inputs: 512, outputs: 512, size: 14, kernel: 3),
  SquareLayer(name: "ResNet", inputs: 64, outputs: 64, size: 56, kernel: 3),
  SquareLayer(name: "ResNet", inputs: 128, outputs: 128, size: 28, kernel: 3),
  SquareLayer(name: "ResNet", inputs: 256, outputs: 256, size: 14, kernel: 3),
  SquareLayer(name: "ResNet", inputs: 512, outputs: 512, size: 7, kernel: 3),
  SquareLayer(name: "AlexNet", inputs: 96, outputs: 256, size: 27, kernel: 5, groups: 2),
  SquareLayer(name: "ZFNet", inputs: 96, outputs: 256, size: 27, kernel: 5),
  SquareLayer(name: "GoogLeNet", inputs: 32, outputs: 96, size: 28, kernel: 5),
  SquareLayer(name: "7×7", inputs: 64, outputs: 64, size: 56, kernel: 7),
  SquareLayer(name: "9×9", inputs: 64, outputs: 64, size: 56, kernel: 9),
  SquareLayer(name: "line", inputs: 64, outputs: 64, size: 56, kernel: 3, isLine: true),
  SquareLayer(name: "line", inputs: 128, outputs: 128, size: 14, kernel: 3, isLine: true),
  SquareLayer(name: "line", inputs: 64, outputs: 256, size: 55, kernel: 5, isLine: true),
]

private let algorithms: [(value: pf_algorithm, name: String)] = [
  (PF_DIRECT, "direct"), (PF_WINOGRAD_2X2_3X3, "F(2×2, 3×3)"), (PF_WINOGRAD_3X3_3X3, "F(3×3, 3×3)"),
  (PF_WINOGRAD_4X4_3X3, "F(4×4, 3×3)"),
  (PF_WINOGRAD_6X6_3X3, "F(6×6, 3×3)"), (PF_WINOGRAD_2X2_5X5, "F(2×2, 5×5)"), (PF_WINOGRAD_4X4_5X5, "F(4×4, 5×5)"),
  (PF_FFT_16X16, "FFT"), (PF_WINOGRAD_6_3, "F(6, 3)"), (PF_WINOGRAD_4_5, "F(4, 5)"),
]

/// Operations of the direct algorithm a second, whatever the algorithm does, so that faster is more.
func printTransformConvolutions(_ machine: Machine) {
  let estimate = AlgorithmEstimate(machine.target)
  let rows = layers.map { layer in
    let problem = Problem(layer)
    let chosen = estimate.fastest(for: problem.convolution).algorithm
    return [layer.title]
      + algorithms.map { algorithm in
        guard let run = problem.prepare(algorithm.value, machine.kernels) else { return "" }
        let rate = layer.operations / seconds(run) * 1e-9
        let text = "\(Int(rate)), \(percent(rate / machine.peak))"
        return algorithm.value == chosen ? "**\(text)**" : text
      }
  }
  printTable(
    "Convolutions: effective GFLOP/s, and share of the peak; what a session chooses is bold",
    ["layer"] + algorithms.map(\.name), rows)
}

/// Inputs are normal, and weights as He et al. initialize them, which makes outputs about 1.
func printTransformErrors(_ machine: Machine) {
  var rows: [[String]] = []
  for (kernel, isLine) in [(3, false), (5, false), (9, false), (3, true), (5, true)] {
    for channels in [64, 128, 256, 512] {
      let layer = SquareLayer(name: "", inputs: channels, outputs: 32, size: 26, kernel: kernel, isLine: isLine)
      let problem = Problem(layer)
      let truth = problem.inDoublePrecision()
      rows.append(
        ["\(layer.kernelHeight)×\(kernel), \(channels) channels"]
          + algorithms.map { algorithm in
            guard let run = problem.prepare(algorithm.value, machine.kernels) else { return "" }
            run()
            var squares = 0.0
            var largest = 0.0
            var reference = 0.0
            for (got, want) in zip(problem.output, truth) {
              let error = abs(Double(got) - want)
              squares += error * error
              reference += want * want
              largest = max(largest, error)
            }
            let scale = (reference / Double(truth.count)).squareRoot()
            return String(format: "%.1e, %.1e", (squares / Double(truth.count)).squareRoot() / scale, largest / scale)
          })
    }
  }
  printTable(
    "Errors against float64, relative to the outputs' root mean square: root mean square, largest",
    ["layer"] + algorithms.map(\.name), rows)
}

/// The buffers of a layer, and the ways to run it.
private final class Problem {
  let layer: SquareLayer
  let output: UnsafeMutableBufferPointer<Float>
  private let input, weights: UnsafeMutableBufferPointer<Float>
  private var transformed, scratch: UnsafeMutableRawPointer?
  private(set) var convolution = pf_convolution()

  init(_ layer: SquareLayer) {
    self.layer = layer
    let depth = layer.kernelHeight * layer.kernel * layer.inputs / layer.groups
    let pixels = layer.size * layer.size
    var random = NormalNumbers()
    input = .allocate(capacity: pixels * layer.inputs)
    for i in input.indices { input[i] = random.next() }
    let count = layer.groups * pf_panel_floats(depth, layer.outputs / layer.groups)
    weights = .allocate(capacity: count + Int(PF_PANEL_SLACK) / 4)
    weights.initialize(repeating: 0)
    let scale = Float(2 / Double(depth)).squareRoot()
    for i in 0..<count { weights[i] = random.next() * scale }
    output = .allocate(capacity: pixels * layer.outputs)
    output.initialize(repeating: 0)

    let pad = Int32(layer.kernel / 2)
    let size = Int32(layer.size)
    let kernel = Int32(layer.kernel)
    convolution.window = pf_window(
      kernel_height: Int32(layer.kernelHeight), kernel_width: kernel, stride_height: 1, stride_width: 1,
      dilation_height: 1, dilation_width: 1,
      pad_top: Int32(layer.kernelHeight / 2), pad_left: pad)
    convolution.images = 1
    convolution.input_height = size
    convolution.input_width = size
    convolution.output_height = size
    convolution.output_width = size
    convolution.groups = Int32(layer.groups)
    convolution.group_input_channels = Int32(layer.inputs / layer.groups)
    convolution.group_output_channels = Int32(layer.outputs / layer.groups)
    convolution.input_stride = Int64(layer.inputs)
    convolution.output_stride = Int64(layer.outputs)
    convolution.input = UnsafePointer(input.baseAddress!)
    convolution.output = output.baseAddress!
    convolution.low = -.infinity
    convolution.high = .infinity
  }

  deinit {
    input.deallocate()
    weights.deallocate()
    output.deallocate()
    free(transformed)
    free(scratch)
  }

  private var panels: Int32 { (convolution.group_output_channels + PF_PANEL_WIDTH - 1) / PF_PANEL_WIDTH }

  /// What runs the whole layer, if the algorithm applies; it stays valid until the next call.
  func prepare(_ algorithm: pf_algorithm, _ kernels: pf_kernels) -> (() -> Void)? {
    convolution.weights = pf_weights(floats: weights.baseAddress!)
    guard pf_algorithm_applies(algorithm, &convolution.window) != 0 else { return nil }
    if algorithm == PF_DIRECT { return direct(kernels) }
    let tiling = pf_tiling_of(algorithm, &convolution.window)
    let inputs = Int(convolution.group_input_channels)
    let outputs = Int(convolution.group_output_channels)
    let floats = layer.groups * Int(tiling.positions) * pf_panel_floats(inputs, outputs)
    transformed = replace(transformed, bytes: 4 * floats + Int(PF_PANEL_SLACK))
    let target = transformed!.assumingMemoryBound(to: Float.self)
    for group in 0..<convolution.groups {
      for panel in 0..<panels { kernels.transform_weights(&convolution, algorithm, group, panel, target) }
    }
    convolution.weights = pf_weights(floats: target)
    scratch = replace(scratch, bytes: kernels.transform_scratch(&convolution, algorithm))
    let rows = (convolution.output_height + tiling.output_height - 1) / tiling.output_height
    let columns = (convolution.output_width + tiling.output_width - 1) / tiling.output_width
    // Blocks of nearly equal size, as in a session.
    let tiles = rows * columns
    let most = kernels.transform_block_tiles(&convolution, algorithm)
    let blocks = (tiles + most - 1) / most
    let blockTiles = (tiles + blocks - 1) / blocks
    var spoilt = [Int32](repeating: 0, count: Int(blockTiles))
    return { [self] in
      for group in 0..<convolution.groups {
        for tile in stride(from: 0, to: tiles, by: Int(blockTiles)) {
          var block = pf_tile_block(
            group: group, first_tile: tile, tiles: min(blockTiles, tiles - tile), first_panel: 0, panels: panels)
          _ = kernels.transform_convolution(&convolution, algorithm, &block, scratch!, &spoilt)
        }
      }
    }
  }

  private func direct(_ kernels: pf_kernels) -> () -> Void {
    scratch = replace(scratch, bytes: kernels.convolution_scratch(&convolution))
    let blockPixels = kernels.convolution_block_pixels(&convolution)
    let pixels = convolution.output_height * convolution.output_width
    return { [self] in
      for group in 0..<convolution.groups {
        for pixel in stride(from: 0, to: pixels, by: Int(blockPixels)) {
          var block = pf_block(
            group: group, first_pixel: pixel, pixels: min(blockPixels, pixels - pixel), first_panel: 0, panels: panels)
          kernels.convolution(&convolution, &block, scratch!)
        }
      }
    }
  }

  private func replace(_ old: UnsafeMutableRawPointer?, bytes: Int) -> UnsafeMutableRawPointer {
    free(old)
    return aligned_alloc(64, (bytes + 63) / 64 * 64)!
  }

  /// The outputs of layers of one panel and one group.
  func inDoublePrecision() -> [Double] {
    let pad = layer.kernel / 2
    let padTop = layer.kernelHeight / 2
    let size = layer.size
    let columns = layer.outputs
    var sums = [Double](repeating: 0, count: size * size * columns)
    for y in 0..<size {
      for x in 0..<size {
        for row in max(0, padTop - y)..<min(layer.kernelHeight, size + padTop - y) {
          for column in max(0, pad - x)..<min(layer.kernel, size + pad - x) {
            let pixel = input.baseAddress! + ((y + row - padTop) * size + x + column - pad) * layer.inputs
            let tap = weights.baseAddress! + (row * layer.kernel + column) * layer.inputs * columns
            sums.withUnsafeMutableBufferPointer { sums in
              let to = sums.baseAddress! + (y * size + x) * columns
              for k in 0..<layer.inputs {
                for j in 0..<columns { to[j] += Double(pixel[k]) * Double(tap[k * columns + j]) }
              }
            }
          }
        }
      }
    }
    return sums
  }
}

/// Box and Muller's.
private struct NormalNumbers {
  private var state: UInt64 = 1

  private mutating func uniform() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (Double(state >> 33) + 0.5) * 0x1p-31
  }

  mutating func next() -> Float { Float((-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform())) }
}
