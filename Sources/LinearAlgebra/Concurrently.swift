import Foundation

/// What `body` gives for each of 0 ..< `count`, on several processors. Its results do not depend on their number, since
/// each call computes on one thread. Of several errors, the first index's is thrown.
public func concurrently<Element, Failure>(
  _ count: Int, _ body: (_ index: Int) throws(Failure) -> Element
) throws(Failure) -> [Element] {
  let results = UnsafeMutableBufferPointer<Result<Element, Failure>?>.allocate(capacity: count)
  results.initialize(repeating: nil)
  defer {
    results.deinitialize()
    results.deallocate()
  }
  let lock = NSLock()
  var taken = 0
  withoutActuallyEscaping(body) { body in
    nonisolated(unsafe) let (body, results) = (body, results)
    DispatchQueue.concurrentPerform(iterations: min(count, mostThreads)) { _ in
      while true {
        let index = lock.withLock {
          defer { taken += 1 }
          return taken
        }
        guard index < count else { return }
        do throws(Failure) { results[index] = .success(try body(index)) } catch { results[index] = .failure(error) }
      }
    }
  }
  var elements: [Element] = []
  for result in results { elements.append(try result!.get()) }
  return elements
}

/// Each may hold a dozen matrices of some hundred megabytes.
private let mostThreads = 4
