import CPrefactor
import PrefactorModelFormat

/// Limits that a caller sets to a session, so that a small file cannot take all of a machine's time or memory.
extension Plan {
  /// What a step does in a run of so many images, each by this plan; a view does nothing.
  func work(_ index: Int, images: Int) -> Int64 {
    steps[index].isView ? 0 : steps[index].work.multipliedClamped(by: Int64(images))
  }

  /// `bytes` is all that the session takes.
  func checkLimits(_ options: SessionOptions, images: Int, bytes: Int64) throws(Failure) {
    if let most = options.mostWork { try checkWork(most, images) }
    if let most = options.mostBytes, bytes > Int64(most) {
      let (step, largest) = largestStep {
        Int64(storages[steps[$0].output].bytes) + Int64(steps[$0].preparedBytes) + steps[$0].scratchBytes
      }
      throw Failure(
        PF_ERROR_LIMIT, "needs # bytes of the # that the session would take, which are more than the limit of #",
        wide: largest, bytes,
        Int64(most), node: step)
    }
  }

  private func checkWork(_ most: UInt64, _ images: Int) throws(Failure) {
    var sum: Int64 = 0
    for index in 0..<stepCount { sum = sum.addingClamped(work(index, images: images)) }
    guard UInt64(bitPattern: sum) > most else { return }
    let (step, largest) = largestStep { work($0, images: images) }
    throw Failure(
      PF_ERROR_LIMIT,
      "takes # of the # multiply-adds or comparable operations of a run, which are more than the limit of #",
      wide: largest, sum,
      Int64(bitPattern: most), node: step)
  }

  private func largestStep(_ cost: (Int) -> Int64) -> (step: Int, cost: Int64) {
    var step = -1
    var largest: Int64 = 0
    for index in 0..<stepCount where cost(index) > largest { (step, largest) = (index, cost(index)) }
    return (step < 0 ? step : steps[step].node, largest)
  }
}
