import PrefactorGraph

/// Facts about a network that its user adds, checked against it.
extension Graph {
  mutating func setPreprocessing(file path: String) throws {
    let preprocessing = try Preprocessing(jsonFile: path)
    guard let input = inputs.first, input.type == .float32, input.dims.count == 4 else {
      throw FileError(
        path,
        """
        the network's first input is no image: it must be float32, of batch × channels × height × width or batch × \
        height × width × channels
        """
      )
    }
    try inFile(path) { self.preprocessing = try preprocessing.laidOut(for: input.dims) }
    try inFile(path) { try countOriginalMultiplies() }
  }

  mutating func setLabels(file path: String) throws {
    let labels = try readLines(path)
    if let output = outputs.last, let count = try shapes(referenceBinding)[output]?.count, labels.count != count {
      throw FileError(
        path,
        """
        names \(labels.count) classes, one a line, and the network's last output, '\(names[output] ?? "")', has \
        \(count) elements: \
        there must be a name for each, in their order
        """)
    }
    self.labels = labels
  }

  mutating func setMetadata(_ key: String, _ value: String) {
    metadata.removeAll { $0.key == key }
    metadata.append((key, value))
  }

  /// Where height and width are open, the multiplies of the layers that are still the original ones depend on the
  /// reference size.
  mutating func countOriginalMultiplies() throws {
    guard hasOpenSize else { return }
    for (index, cost) in try layerCosts().enumerated() where layers[index].method == "none" {
      layers[index].macsBefore = cost.macs
    }
  }

  var hasOpenSize: Bool { inputs.contains { $0.dims.dropFirst().contains(nil) } }
}

extension Preprocessing {
  /// For an input of these dimensions, whose channels come behind the batch or last.
  fileprivate func laidOut(for dims: [Int?]) throws -> Preprocessing {
    let wanted = Array(dims.dropFirst())
    func fits(_ image: [Int]) -> Bool { zip(image, wanted).allSatisfy { $1 == nil || $0 == $1 } }
    let count = channels == .gray ? 1 : 3
    let channelsFirst = [count, height, width]
    let channelsLast = [height, width, count]
    if fits(channelsFirst) || fits(channelsLast) {
      var result = self
      result.isChannelsLast = !fits(channelsFirst)
      return result
    }
    let isChannelsLast = [1, 3].contains(wanted[2]) && ![1, 3].contains(wanted[0])
    let makes = (isChannelsLast ? channelsLast : channelsFirst).map { "\($0)" }.joined(separator: " × ")
    let takes = wanted.map { $0.map(String.init) ?? "any" }.joined(separator: " × ")
    let order = isChannelsLast ? "height × width × channels" : "channels × height × width"
    let isTurned = fits([count, width, height]) || fits([width, height, count])
    throw Invalid(
      """
      makes an input of \(makes) (\(order)), and the network takes \
      \(takes)\(isTurned ? ": 'size' is [width, height]" : "")
      """
    )
  }
}
