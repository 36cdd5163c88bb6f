import CPrefactor

extension Operation {
  func checkOperandCount(_ count: Int) throws(Failure) {
    let taken = operandCounts
    guard !taken.contains(count) else { return }
    if taken.lowerBound == taken.upperBound {
      throw Failure(PF_ERROR_BAD_MODEL, "has # inputs where its operation takes #", count, taken.lowerBound)
    }
    if taken.upperBound == Int.max {
      throw Failure(PF_ERROR_BAD_MODEL, "has # inputs where its operation takes # or more", count, taken.lowerBound)
    }
    throw Failure(
      PF_ERROR_BAD_MODEL, "has # inputs where its operation takes # to #", wide: Int64(count), Int64(taken.lowerBound),
      Int64(taken.upperBound))
  }
}
