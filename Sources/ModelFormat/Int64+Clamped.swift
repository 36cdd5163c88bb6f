/// Sums and products of counts that a file may make as large as it likes: they stay at the largest number instead of
/// overflowing, so that whoever compares them with a limit finds them too large.
extension Int64 {
  public func addingClamped(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }

  public func multipliedClamped(by other: Int64) -> Int64 {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }
}
