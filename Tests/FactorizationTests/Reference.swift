import PrefactorGraph
import PrefactorModelFormat

@testable import PrefactorFactorization

/// The kernel [F,KH,KW,C] of a chain, found by pushing an impulse for each of its elements through the links, one multiplication after the other.
/// With a stride and dilation of 1 and no pads, the one output pixel for an input of the window's size is that kernel.
func kernelByImpulses(_ factored: FactoredLayer, like layer: DenseLayer) -> [Double] {
  let (height, width, channels) = (layer[.height], layer[.width], layer[.channel])
  var kernel = [Double](repeating: 0, count: layer.weights.count)
  for position in 0..<height * width * channels {
    var image = Image(height: height, width: width, channels: channels)
    image.elements[position] = 1
    for weights in factored.weights { image = image.convolved(with: weights) }
    precondition(image.height == 1 && image.width == 1)
    for filter in 0..<layer[.filter] { kernel[filter * height * width * channels + position] = image.elements[filter] }
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

  func convolved(with weights: Tensor) -> Image {
    let dims = weights.dims.count == 4 ? weights.dims : [weights.dims[0], 1, 1, weights.dims[1]]
    let values = weights.floats
    var result = Image(height: height - dims[1] + 1, width: width - dims[2] + 1, channels: dims[0])
    for y in 0..<result.height {
      for x in 0..<result.width {
        for filter in 0..<dims[0] {
          var sum = 0.0
          for row in 0..<dims[1] {
            for column in 0..<dims[2] {
              for channel in 0..<channels {
                let weight = values[((filter * dims[1] + row) * dims[2] + column) * channels + channel]
                sum += Double(weight) * elements[((y + row) * width + x + column) * channels + channel]
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
