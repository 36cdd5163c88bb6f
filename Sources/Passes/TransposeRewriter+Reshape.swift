import PrefactorGraph
import PrefactorModelFormat

extension TransposeRewriter {
  /// A reshape merges and splits runs of axes. Where the axes of each run lie side by side in the stored order, the
  /// runs themselves may come in any order.
  mutating func rewrite(_ node: Node, _ reshape: Reshape) {
    let input = node.inputs[0]!
    let view = view(input)
    let inputRank = view.permutation.rank
    let outputRank = Int(reshape.rank)
    let inputSizes = (0..<inputRank).map { shapes.size(input, $0) }
    let outputSizes = (0..<outputRank).map { shapes.size(node.output, $0) }
    guard !view.permutation.isIdentity, var runs = AxisRun.runs(from: inputSizes, to: outputSizes) else {
      let stored = stored(input, as: .identity(inputRank), for: node.name)
      append(node, node.attributes, [stored], seenAs: .identity(outputRank))
      return
    }
    runs.sort { left, right in
      left.input.map { view.permutation[$0] }.min()! < right.input.map { view.permutation[$0] }.min()!
    }

    let inputAxes = runs.flatMap(\.input)
    let inputOrder =
      inputAxes.map { view.permutation[$0] }.isSorted ? view.permutation : Self.order(of: inputAxes, rank: inputRank)
    let outputOrder = Self.order(of: runs.flatMap(\.output), rank: outputRank)
    let dims = outputOrder.inverse.axes.map { renamedCopy(reshape.dims[$0], inputOrder) }
    let attributes = Attributes(
      operation: .reshape(Reshape(dims)), bindings: node.bindings.moved(by: outputOrder, from: 1))
    append(node, attributes, [stored(input, as: inputOrder, for: node.name)], seenAs: outputOrder)
  }

  /// The order in which a value is stored where the given axes, which are those larger than 1, follow each other.
  private static func order(of axes: [Int], rank: Int) -> Permutation {
    var stored = axes
    for axis in 0..<rank where !axes.contains(axis) {
      let position = stored.firstIndex(of: axis - 1).map { $0 + 1 } ?? 0
      stored.insert(axis, at: position)
    }
    return Permutation(stored).inverse
  }
}

/// Axes of a reshape's input, and the axes of its output that have the same elements in the same order. Axes of size 1
/// belong to none.
struct AxisRun {
  var input: [Int] = []
  var output: [Int] = []

  /// The shortest runs that are found; nil where none are, or where a size may be 0, for then sizes say nothing.
  static func runs(from input: [Size], to output: [Size]) -> [AxisRun]? {
    guard (input + output).allSatisfy(\.isPositive) else { return nil }
    var inputAxes = input.indices.filter { input[$0].constant != 1 }[...]
    var outputAxes = output.indices.filter { output[$0].constant != 1 }[...]
    var runs: [AxisRun] = []
    while !inputAxes.isEmpty || !outputAxes.isEmpty {
      var run = AxisRun()
      var inputCount = Size(1)
      var outputCount = Size(1)
      repeat {
        // Whichever is shorter grows; where that depends on sizes, the one that divides the other, or else the input.
        let inputIsShorter =
          outputCount.exactQuotient(by: inputCount) != nil
          || inputCount.exactQuotient(by: outputCount) == nil
            && (inputCount - outputCount).bounds.lower <= 0
        if outputAxes.isEmpty || inputIsShorter && !inputAxes.isEmpty {
          run.input.append(inputAxes.removeFirst())
          inputCount = inputCount * input[run.input.last!]
        } else {
          run.output.append(outputAxes.removeFirst())
          outputCount = outputCount * output[run.output.last!]
        }
      } while inputCount != outputCount && !(inputAxes.isEmpty && outputAxes.isEmpty)
      if inputCount != outputCount { return nil }
      runs.append(run)
    }
    return runs
  }
}

extension Array where Element: Comparable {
  var isSorted: Bool { zip(self, dropFirst()).allSatisfy { $0 <= $1 } }
}
