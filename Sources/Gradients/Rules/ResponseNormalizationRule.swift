import Foundation
import PrefactorModelFormat

/// y_i = x_i·s_i^-β with s_i = bias + α/n·Σ x_j², j from i - ⌊(n-1)/2⌋ to i + ⌊n/2⌋, gives dx_j = dy_j·s_j^-β -
/// 2αβ/n·x_j·Σ dy_i·x_i·s_i^(-β-1), the sum over those i whose windows j is in: from j - ⌊n/2⌋ to j + ⌊(n-1)/2⌋.
struct ResponseNormalizationRule: Rule {
  private let layer: ResponseNormalization
  private let pixels: Int, channels: Int

  init(_ layer: ResponseNormalization, _ site: Site) {
    self.layer = layer
    channels = site.output[site.output.rank - 1]
    pixels = site.output.count / channels
  }

  var inputsRead: [Int] { [0] }

  func pullBack(_ step: BackwardStep) {
    guard let adjoint = step.adjoint(0)?.values else { return }
    let input = step.inputs[0]!
    let terms = step.outputAdjoint.values
    let size = Int(layer.size)
    let perElement = Double(layer.alpha) / Double(size)
    let beta = Double(layer.beta)
    var powers = [Double](repeating: 0, count: channels)
    var products = powers
    for pixel in 0..<pixels {
      let x = input + pixel * channels
      let dy = terms + pixel * channels
      let dx = adjoint + pixel * channels
      for channel in 0..<channels {
        var squares = 0.0
        for other in max(0, channel - (size - 1) / 2)..<min(channels, channel + size / 2 + 1) {
          squares += Double(x[other]) * Double(x[other])
        }
        let scale = Double(layer.bias) + perElement * squares
        powers[channel] = pow(scale, -beta)
        products[channel] = Double(dy[channel]) * Double(x[channel]) * powers[channel] / scale
      }
      for channel in 0..<channels {
        var sum = 0.0
        for other in max(0, channel - size / 2)..<min(channels, channel + (size - 1) / 2 + 1) { sum += products[other] }
        dx[channel] += Float(Double(dy[channel]) * powers[channel] - 2 * perElement * beta * Double(x[channel]) * sum)
      }
    }
  }
}
