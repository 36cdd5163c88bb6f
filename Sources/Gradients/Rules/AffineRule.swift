import PrefactorModelFormat

struct AffineRule: Rule {
  private let clamp: Clamp
  private let pixels: Int, channels: Int
  let inputsRead: [Int]

  init(_ layer: Affine, _ site: Site) {
    clamp = layer.clamp
    channels = site.output[site.output.rank - 1]
    pixels = site.output.count / channels
    inputsRead = (site.wants(1) ? [0] : []) + (site.wants(0) ? [1] : [])
  }

  var readsOutput: Bool { !clamp.isNone }

  func pullBack(_ step: BackwardStep) {
    let terms = step.outputAdjoint(within: clamp)
    step.adjoint(2)?.addRows(terms, count: pixels)
    if let adjoint = step.adjoint(1)?.values {
      addProducts(terms, step.inputs[0]!, inputStep: channels, to: adjoint, step: 0)
    }
    if let adjoint = step.adjoint(0)?.values {
      addProducts(terms, step.inputs[1]!, inputStep: 0, to: adjoint, step: channels)
    }
  }

  /// Steps from pixel to pixel.
  private func addProducts(
    _ terms: UnsafePointer<Float>, _ factors: UnsafePointer<Float>, inputStep: Int,
    to sums: UnsafeMutablePointer<Float>, step: Int
  ) {
    for pixel in 0..<pixels {
      let terms = terms + pixel * channels
      let factors = factors + pixel * inputStep
      let sums = sums + pixel * step
      for channel in 0..<channels { sums[channel] += terms[channel] * factors[channel] }
    }
  }
}
