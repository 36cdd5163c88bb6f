import CShims
import KernelContract

func softmax(
  _ input: Source, _ output: Target, rows: Int, count: Int, logarithm: Bool, cancelled: UnsafePointer<Int64>?
) {
  for row in 0..<rows {
    let input = input + row * count
    let output = output + row * count
    var largest = -Float.infinity
    for i in 0..<count {
      if pf_is_cancelled(cancelled) != 0 { return }
      largest = max(largest, input[i])
    }
    var sum = 0.0
    for i in 0..<count {
      if pf_is_cancelled(cancelled) != 0 { return }
      sum += Double(shim_expf(input[i] - largest))
    }
    for i in 0..<count {
      if pf_is_cancelled(cancelled) != 0 { return }
      output[i] =
        logarithm ? input[i] - largest - shim_logf(Float(sum)) : Float(Double(shim_expf(input[i] - largest)) / sum)
    }
  }
}
