import KernelContract
import PrefactorModelFormat

extension ConstantLayout {
  /// Row-major weights as they lie in the file.
  func packed(_ weights: [Float], outputs: Int) -> [Float] {
    switch self {
    case .plain: weights
    case .panels: packedPanels(weights, outputs: outputs)
    case .tapsFirst: transposed(weights, rows: outputs)
    }
  }

  func unpacked(_ weights: [Float], outputs: Int, count: Int) -> [Float] {
    switch self {
    case .plain: return weights
    case .panels:
      var result = [Float](repeating: 0, count: count)
      forEachPanelElement(outputs: outputs, depth: outputs == 0 ? 0 : count / outputs) { result[$0] = weights[$1] }
      return result
    case .tapsFirst: return transposed(weights, rows: outputs == 0 ? 0 : count / outputs)
    }
  }

  private func packedPanels(_ weights: [Float], outputs: Int) -> [Float] {
    let depth = outputs == 0 ? 0 : weights.count / outputs
    var result = [Float](repeating: 0, count: pf_panel_floats(depth, outputs))
    forEachPanelElement(outputs: outputs, depth: depth) { result[$1] = weights[$0] }
    return result
  }

  /// Offsets of each element in the row-major and in the panel layout.
  private func forEachPanelElement(outputs: Int, depth: Int, _ body: (_ plain: Int, _ panel: Int) -> Void) {
    let width = Int(PF_PANEL_WIDTH)
    for first in stride(from: 0, to: outputs, by: width) {
      let columns = min(width, outputs - first)
      let rowLength = (columns + 3) & ~3
      for k in 0..<depth {
        for column in 0..<columns { body((first + column) * depth + k, first * depth + k * rowLength + column) }
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
