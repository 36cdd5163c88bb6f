import PrefactorGraph
import PrefactorModelFormat

@testable import PrefactorFactorization

/// The kernel [F,KH,KW,C] of a chain, found by pushing an impulse for each of its elements through the factors, one
/// multiplication after the other. With a stride and dilation of 1 and no pads, the one output pixel for an input of
/// the window's size is that kernel.
func kernelByImpulses(_ factored: FactoredLayer, like layer: DenseLayer) -> [Double] {
  let (height, width, depth, groups) = (layer[.height], layer[.width], layer[.channel], layer.groups)
  let size = height * width * depth
  let filters = layer[.filter] / groups
  var kernel = [Double](repeating: 0, count: layer.weights.count)
  for impulse in 0..<groups * size {
    let (group, position) = (impulse / size, impulse % size)
    var image = Image(height: height, width: width, channels: groups * depth)
    image.elements[position / depth * groups * depth + group * depth + position % depth] = 1
    for (index, (factor, weights)) in zip(factored.factors, factored.weights).enumerated() {
      image = image.withChannels(factored.inputOrders[index]).convolved(by: factor, weights)
    }
    precondition(image.height == 1 && image.width == 1)
    if let order = factored.outputOrder { image = image.withChannels(order.indices.map { order.firstIndex(of: $0)! }) }
    for filter in 0..<layer[.filter] {
      let isOfGroup = filter / filters == group
      precondition(isOfGroup || image.elements[filter] == 0, "a group's channels reach the filters of another")
      if isOfGroup { kernel[filter * size + position] = image.elements[filter] }
    }
  }
  return kernel
}

func relativeDistance(_ original: [Double], _ other: [Double]) -> Double {
  let distance = zip(original, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  return (distance / original.reduce(0) { $0 + $1 * $1 }).squareRoot()
}

private struct Image {
  let height: Int, width: Int, channels: Int
  var elements: [Double]

  init(height: Int, width: Int, channels: Int) {
    (self.height, self.width, self.channels) = (height, width, channels)
    elements = [Double](repeating: 0, count: height * width * channels)
  }

  func withChannels(_ order: [Int]?) -> Image {
    guard let order else { return self }
    var result = Image(height: height, width: width, channels: order.count)
    for index in result.elements.indices {
      result.elements[index] = elements[index / order.count * channels + order[index % order.count]]
    }
    return result
  }

  func convolved(by factor: Factor, _ weights: Tensor) -> Image {
    let dims = weights.dims.count == 4 ? weights.dims : [weights.dims[0], 1, 1, weights.dims[1]]
    let values = weights.floats
    var result = Image(height: height - dims[1] + 1, width: width - dims[2] + 1, channels: dims[0])
    for y in 0..<result.height {
      for x in 0..<result.width {
        for filter in 0..<dims[0] {
          let layerFilters = dims[0] / factor.parallel
          let group = filter % layerFilters / (layerFilters / factor.groups)
          var sum = 0.0
          for row in 0..<dims[1] {
            for column in 0..<dims[2] {
              for channel in 0..<dims[3] {
                let weight = values[((filter * dims[1] + row) * dims[2] + column) * dims[3] + channel]
                sum +=
                  Double(weight) * elements[((y + row) * width + x + column) * channels + group * dims[3] + channel]
              }
            }
          }
          result.elements[(y * result.width + x) * result.channels + filter] = sum
        }
      }
    }
    return result
  }
}
