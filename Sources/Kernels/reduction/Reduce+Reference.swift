import KernelContract

func reduce(_ function: pf_reduction, _ input: Source, count: Int, stride: Int, cancelled: UnsafePointer<Int64>?)
  -> Float
{
  var sum = 0.0
  var product = 1.0
  var largest = -Float.infinity
  var smallest = Float.infinity
  for i in 0..<count {
    if pf_is_cancelled(cancelled) != 0 { return 0 }
    let value = input[i * stride]
    sum += Double(value)
    product *= Double(value)
    largest = larger(largest, value)
    smallest = smaller(smallest, value)
  }
  switch function {
  case PF_REDUCE_MEAN: return Float(sum / Double(count))
  case PF_REDUCE_SUM: return Float(sum)
  case PF_REDUCE_MAX: return largest
  case PF_REDUCE_PRODUCT: return Float(product)
  default: return smallest
  }
}
