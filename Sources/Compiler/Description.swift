import PrefactorGraph

/// Facts about a network that its user adds, checked against it.
extension Graph {
  public mutating func setPreprocessing(file path: String) throws {
    var preprocessing = try Preprocessing(jsonFile: path)
    guard let input = inputs.first, input.type == .float32, input.dims.count == 4 else {
      throw FileError(path, "the network's first input is no image: it must be float32, of batch × channels × height × width, or channels last")
    }
    let channels = preprocessing.channels == .gray ? 1 : 3
    preprocessing.isChannelsLast = input.dims[1] != channels && input.dims[3] == channels
    let (height, width) = (preprocessing.height, preprocessing.width)
    let dims = preprocessing.isChannelsLast ? [nil, height, width, channels] : [nil, channels, height, width]
    for case (let given?, let expected?) in zip(dims, input.dims) where given != expected {
      let says = dims.dropFirst().map { "\($0!)" }.joined(separator: " × ")
      let takes = input.dims.dropFirst().map { $0.map(String.init) ?? "any" }.joined(separator: " × ")
      let order = preprocessing.isChannelsLast ? "height × width × channels" : "channels × height × width"
      throw FileError(path, "makes an input of \(says) (\(order)), and the network takes \(takes)")
    }
    self.preprocessing = preprocessing
    try inFile(path) { try countOriginalMultiplies() }
  }

  public mutating func setLabels(file path: String) throws {
    let labels = try readLines(path)
    if let output = outputs.last, let count = try shapes(referenceBinding)[output]?.count, labels.count != count {
      throw FileError(path, "has \(labels.count) lines, and the network's last output \(count) elements")
    }
    self.labels = labels
  }

  /// Where height and width are open, the multiplies of the layers that are still the original ones depend on the reference size.
  mutating func countOriginalMultiplies() throws {
    guard hasOpenSize else { return }
    for (index, cost) in try layerCosts().enumerated() where layers[index].method == "none" { layers[index].macsBefore = cost.macs }
  }

  var hasOpenSize: Bool { inputs.contains { $0.dims.dropFirst().contains(nil) } }
}
