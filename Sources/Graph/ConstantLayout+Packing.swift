import PrefactorModelFormat

extension ConstantLayout {
  /// Gives the bytes that row-major weights are in the file. In half precision the nearest numbers are taken, which are
  /// infinite beyond 65504.
  public func withPackedBytes(of weights: [Float], outputs: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
    let packed = packed(weights, outputs: outputs)
    if case .halfPanels = self {
      packed.map { Float16($0).bitPattern }.withUnsafeBytes(body)
    } else {
      packed.withUnsafeBytes(body)
    }
  }

  /// Row-major weights in the order in which they lie in the file.
  func packed(_ weights: [Float], outputs: Int) -> [Float] {
    switch self {
    case .plain: weights
    case .panels(let groups), .halfPanels(let groups): packedPanels(weights, outputs: outputs, groups: groups)
    case .tapsFirst: transposed(weights, rows: outputs)
    case .transformed: preconditionFailure("transformed weights are made of packed ones")
    }
  }

  func unpacked(_ weights: [Float], outputs: Int, count: Int) -> [Float] {
    switch self {
    case .plain: return weights
    case .panels(let groups), .halfPanels(let groups):
      var result = [Float](repeating: 0, count: count)
      forEachPanelElement(outputs: outputs, depth: outputs == 0 ? 0 : count / outputs, groups: groups) {
        result[$0] = weights[$1]
      }
      return result
    case .tapsFirst: return transposed(weights, rows: outputs == 0 ? 0 : count / outputs)
    case .transformed: preconditionFailure("transformed weights are not read back")
    }
  }

  private func packedPanels(_ weights: [Float], outputs: Int, groups: Int) -> [Float] {
    let depth = outputs == 0 ? 0 : weights.count / outputs
    var result = [Float](repeating: 0, count: groups * PanelLayout.count(depth: depth, columns: outputs / groups))
    forEachPanelElement(outputs: outputs, depth: depth, groups: groups) { result[$1] = weights[$0] }
    return result
  }

  /// Offsets of each element in the row-major and in the panel layout.
  private func forEachPanelElement(outputs: Int, depth: Int, groups: Int, _ body: (_ plain: Int, _ panel: Int) -> Void)
  {
    let width = PanelLayout.width
    let groupOutputs = outputs / groups
    var panel = 0
    for group in 0..<groups {
      for first in stride(from: 0, to: groupOutputs, by: width) {
        let columns = min(width, groupOutputs - first)
        let rowLength = PanelLayout.stride(columns: columns)
        let firstOutput = group * groupOutputs + first
        for k in 0..<depth {
          for column in 0..<columns { body((firstOutput + column) * depth + k, panel + k * rowLength + column) }
        }
        panel += depth * rowLength
      }
    }
  }

  private func transposed(_ values: [Float], rows: Int) -> [Float] {
    let columns = rows == 0 ? 0 : values.count / rows
    return [Float](unsafeUninitializedCapacity: values.count) { buffer, count in
      for row in 0..<rows { for column in 0..<columns { buffer[column * rows + row] = values[row * columns + column] } }
      count = values.count
    }
  }
}
