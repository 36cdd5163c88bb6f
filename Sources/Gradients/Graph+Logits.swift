import PrefactorGraph
import PrefactorModelFormat

extension Graph {
  /// What the softmax or log-softmax reads that an output is, through reshapes or as it is; the output itself where it
  /// is neither. The gradient of a loss with respect to it is known in closed form, without the softmax's division by
  /// small probabilities.
  public func logits(of output: Value) -> Value {
    let producers = producers
    var value = output
    while let index = producers[value], let input = nodes[index].inputs.first ?? nil {
      switch nodes[index].operation {
      case .reshape: value = input
      case .softmax: return input
      default: return output
      }
    }
    return output
  }
}
