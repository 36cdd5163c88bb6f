import KernelContract

/// Each layer of a list, and all of them together as often as they occur.
func printConvolutions(_ title: String, _ layers: [Layer], on machine: Machine) {
  var operations = 0.0
  var time = 0.0
  var rows = layers.map { layer in
    let taken = LayerRun(layer).seconds(machine.kernels)
    operations += Double(layer.count) * layer.operations
    time += Double(layer.count) * taken
    return [
      layer.name, "\(layer.count)", rounded(taken * 1e3, 3), rate(layer.operations, taken),
      percent(layer.operations / taken * 1e-9 / machine.peak),
    ]
  }
  if layers.contains(where: { $0.count > 1 }) {
    rows.append([
      "all", "", rounded(time * 1e3), rate(operations, time), percent(operations / time * 1e-9 / machine.peak),
    ])
  }
  printTable(title, ["layer", "times", "ms", "GFLOP/s", "of the peak"], rows)
}

/// Products whose panel and rows of one tile lie in the first-level cache: the register tiles alone.
func printRegisterTiles(on machine: Machine) {
  let rows = [(12, 256), (48, 256), (96, 256), (48, 128)].map { rows, depth in
    let layer = Layer(size: 1, inputs: depth, outputs: Int(PF_PANEL_WIDTH), images: rows)
    let taken = LayerRun(layer).seconds(machine.kernels)
    return [
      "\(rows) × \(depth)→\(PF_PANEL_WIDTH)", rounded(taken * 1e6, 2), rate(layer.operations, taken),
      percent(layer.operations / taken * 1e-9 / machine.peak),
    ]
  }
  printTable("Register tiles", ["product", "µs", "GFLOP/s", "of the peak"], rows)
}

/// Fully-connected layers: at batch 1 as a share of the bandwidth, at larger ones of the peak.
func printMatrixProducts(on machine: Machine) {
  var rows: [[String]] = []
  for (inputs, outputs) in [(25088, 4096), (4096, 4096), (2048, 1000)] {
    for batch in [1, 16] {
      let layer = Layer(size: 1, inputs: inputs, outputs: outputs, images: batch)
      let taken = LayerRun(layer).seconds(machine.kernels)
      let read = 4 * Double(inputs) * Double(outputs) / taken * 1e-9
      rows.append([
        "\(batch) × \(inputs)→\(outputs)", rounded(taken * 1e3, 3), rate(layer.operations, taken),
        percent(layer.operations / taken * 1e-9 / machine.peak), rounded(read), percent(read / machine.bandwidth),
      ])
    }
  }
  printTable(
    "Fully-connected layers", ["layer", "ms", "GFLOP/s", "of the peak", "GB/s of weights", "of the bandwidth"], rows)
}

private func rate(_ operations: Double, _ seconds: Double) -> String { rounded(operations / seconds * 1e-9) }

/// A layer with its buffers.
private final class LayerRun {
  private let layer: Layer
  private let input, weights, bias, output: UnsafeMutablePointer<Float>

  init(_ layer: Layer) {
    self.layer = layer
    func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
      let floats = UnsafeMutablePointer<Float>.allocate(capacity: count)
      floats.initialize(repeating: 0.5, count: count)
      return floats
    }
    input = floats(layer.images * layer.size * layer.size * layer.inputs)
    weights = floats(
      layer.groups * pf_panel_floats(layer.depth, layer.outputs / layer.groups) + Int(PF_PANEL_SLACK) / 4)
    bias = floats(layer.outputs)
    output = floats(layer.pixels * layer.outputs)
  }

  deinit { for buffer in [input, weights, bias, output] { buffer.deallocate() } }

  /// The time that all blocks take one after the other.
  func seconds(_ kernels: pf_kernels) -> Double {
    var convolution = layer.descriptor
    convolution.input = UnsafePointer(input)
    convolution.weights = pf_weights(floats: weights)
    convolution.bias = UnsafePointer(bias)
    convolution.output = output
    let scratch = UnsafeMutableRawPointer.allocate(byteCount: kernels.convolution_scratch(&convolution), alignment: 64)
    defer { scratch.deallocate() }
    let blockPixels = Int(kernels.convolution_block_pixels(&convolution))
    let panels = (Int(convolution.group_output_channels) + Int(PF_PANEL_WIDTH) - 1) / Int(PF_PANEL_WIDTH)
    return benchmark_kernels.seconds {
      for group in 0..<layer.groups {
        for first in stride(from: 0, to: layer.pixels, by: blockPixels) {
          var block = pf_block(
            group: Int32(group), first_pixel: Int32(first), pixels: Int32(min(blockPixels, layer.pixels - first)),
            first_panel: 0,
            panels: Int32(panels))
          kernels.convolution(&convolution, &block, scratch)
        }
      }
    }
  }
}
