import KernelContract

/// G w Gᵀ of every filter of a panel, a vector of output channels at a time.
func transformWeights(_ layer: pf_convolution, _ algorithm: pf_algorithm, group: Int, panel: Int, to transformed: Target) {
  let winograd = Winograd(algorithm, layer.window)
  let taps = winograd.taps, inputs = winograd.inputs
  let channels = Int(layer.group_input_channels), outputs = Int(layer.group_output_channels)
  let first = panel * Int(PF_PANEL_WIDTH)
  let width = min(Int(PF_PANEL_WIDTH), (outputs - first + 3) & ~3)
  let matrix = pf_panel_floats(channels, outputs)
  let source = layer.weights + group * pf_panel_floats(taps * taps * channels, outputs) + first * taps * taps * channels
  let target = transformed + group * winograd.positions * matrix + first * channels

  var coefficients = InlineArray<40, Vector>(repeating: Vector(0))
  for row in 0..<inputs {
    for tap in 0..<taps { coefficients[row * taps + tap] = Vector(winograd.weight(row: row, tap: tap)) }
  }
  // G w: a row a point, a column a tap.
  var half = InlineArray<40, Vector>(repeating: Vector(0))
  for channel in 0..<channels {
    var column = 0
    while column < width {
      let count = min(Vector.lanes, width - column)
      for tap in 0..<taps {
        for row in 0..<inputs {
          var sum = Vector(0)
          for i in 0..<taps {
            let weight = Vector(from: source + ((i * taps + tap) * channels + channel) * width + column, upTo: count)
            sum = Vector.multiplyAdd(coefficients[row * taps + i], weight, sum)
          }
          half[row * taps + tap] = sum
        }
      }
      for row in 0..<inputs {
        for point in 0..<inputs {
          var sum = Vector(0)
          for i in 0..<taps { sum = Vector.multiplyAdd(coefficients[point * taps + i], half[row * taps + i], sum) }
          sum.store(to: target + (row * inputs + point) * matrix + channel * width + column, upTo: count)
        }
      }
      column += Vector.lanes
    }
  }
}
