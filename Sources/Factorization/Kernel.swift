import PrefactorGraph
import PrefactorLinearAlgebra

/// The weights of one ungrouped layer.
struct Kernel {
  let filters: Int, height: Int, width: Int, channels: Int
  /// [F,KH,KW,C]
  let elements: [Double]

  /// The kernel of `first` and then this one. Along each axis one of them at the most has a window, so that each
  /// position of the whole window comes from one position of each.
  fileprivate func after(_ first: Kernel) -> Kernel {
    precondition(channels == first.filters && min(height, first.height) == 1 && min(width, first.width) == 1)
    let product =
      Matrix(rows: filters * height * width, columns: channels, elements)
      * Matrix(rows: first.filters, columns: first.height * first.width * first.channels, first.elements)
    var ordered: [Double] = []
    ordered.reserveCapacity(product.elements.count)
    for filter in 0..<filters {
      for y in 0..<max(height, first.height) {
        for x in 0..<max(width, first.width) {
          let row = (filter * height + min(y, height - 1)) * width + min(x, width - 1)
          let column = (min(y, first.height - 1) * first.width + min(x, first.width - 1)) * first.channels
          let start = row * product.columns + column
          ordered += product.elements[start..<start + first.channels]
        }
      }
    }
    return Kernel(
      filters: filters, height: max(height, first.height), width: max(width, first.width), channels: first.channels,
      elements: ordered)
  }

  /// Filter i is what was filter `order[i]`.
  func selecting(filters order: [Int]?) -> Kernel {
    guard let order else { return self }
    let rows = Matrix(rows: filters, columns: height * width * channels, elements).selecting(rows: order)
    return Kernel(filters: order.count, height: height, width: width, channels: channels, elements: rows.elements)
  }

  /// The kernel over `count` channels, of which this one's channel i is `order[i]`; several may be the same.
  func reading(_ order: [Int]?, of count: Int) -> Kernel {
    guard let order else { return self }
    var result = [Double](repeating: 0, count: filters * height * width * count)
    for pixel in 0..<filters * height * width {
      for (channel, source) in order.enumerated() {
        result[pixel * count + source] += elements[pixel * channels + channel]
      }
    }
    return Kernel(filters: filters, height: height, width: width, channels: count, elements: result)
  }

  /// With filter i at `filters[i]` and channel j at `channels[j]`.
  func ordered(filters filterOrder: [Int]? = nil, channels channelOrder: [Int]? = nil) -> Kernel {
    let filterOrder = filterOrder ?? Array(0..<filters)
    let channelOrder = channelOrder ?? Array(0..<channels)
    let positions = height * width
    var result = [Double](repeating: 0, count: elements.count)
    for (filter, newFilter) in filterOrder.enumerated() {
      for position in 0..<positions {
        let row = (filter * positions + position) * channels
        let newRow = (newFilter * positions + position) * channels
        for (channel, newChannel) in channelOrder.enumerated() { result[newRow + newChannel] = elements[row + channel] }
      }
    }
    return Kernel(filters: filters, height: height, width: width, channels: channels, elements: result)
  }
}

extension Kernel {
  /// Of a factor's weights, a row for each filter, those of parallel layers one after the other. What a filter does not
  /// read has zeros.
  init(_ factor: Factor, _ weights: Matrix) { self.init(factor, weights, at: factor.placesInKernel) }

  /// The same, with the factor's ``Factor/placesInKernel``, where they are known.
  init(_ factor: Factor, _ weights: Matrix, at places: [Int]) {
    let (height, width, channels) = (factor.kernelHeight, factor.kernelWidth, factor.channels)
    var elements = [Double](repeating: 0, count: weights.rows * height * width * channels)
    for (place, weight) in zip(places, weights.elements) { elements[place] = weight }
    self.init(filters: weights.rows, height: height, width: width, channels: channels, elements: elements)
  }
}

extension [Kernel] {
  /// The one kernel that a chain amounts to, whose factors read channels in these orders.
  func product(reading orders: [[Int]?]) -> Kernel {
    zip(self, orders).dropFirst().reduce(self[0].ordered(channels: orders[0])) {
      $1.0.after($0.selecting(filters: $1.1))
    }
  }
}
