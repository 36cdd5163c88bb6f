import CShims
import Foundation
import XCTest

@testable import PrefactorRuntime

final class ThreadPoolTests: XCTestCase {
  /// Counts how often each item is done, and how many calls a thread number is in at once.
  private struct Job {
    let done: UnsafeMutablePointer<Int64>
    let busy: UnsafeMutablePointer<Int64>
    let clashes: UnsafeMutablePointer<Int64>
  }

  func testEachItemIsDoneOnceByThreadsOfTheirOwn() throws {
    let most = 1000
    let counters = UnsafeMutablePointer<Int64>.allocate(capacity: most + ThreadPool.maximumThreads + 1)
    defer { counters.deallocate() }
    for threads in 1...8 {
      try withPool(threads: threads) { pool in
        for round in 0..<300 {
          let items = round < 280 ? round % 9 : most
          counters.initialize(repeating: 0, count: most + ThreadPool.maximumThreads + 1)
          var job = Job(done: counters, busy: counters + most, clashes: counters + most + ThreadPool.maximumThreads)
          pool.run(items: items, &job) { raw, item, thread in
            let job = raw.assumingMemoryBound(to: Job.self).pointee
            if shim_fetch_add(job.busy + thread, 1) != 0 { _ = shim_fetch_add(job.clashes, 1) }
            _ = shim_fetch_add(job.done + item, 1)
            _ = shim_fetch_add(job.busy + thread, -1)
          }
          XCTAssert(
            (0..<most).allSatisfy { counters[$0] == ($0 < items ? 1 : 0) }, "\(threads) threads, \(items) items")
          XCTAssertEqual(job.clashes.pointee, 0, "\(threads) threads")
        }
      }
    }
  }

  func testStartingAndStoppingManyPools() throws {
    for round in 0..<200 { try withPool(threads: 1 + round % 8) { _ in } }
  }

  private func withPool(threads: Int, _ body: (UnsafeMutablePointer<ThreadPool>) throws -> Void) throws {
    let pool = UnsafeMutablePointer<ThreadPool>.allocate(capacity: 1)
    defer { pool.deallocate() }
    try ThreadPool.start(pool, threads: threads)
    defer { ThreadPool.stop(pool) }
    pool.beginRun()
    try body(pool)
    pool.endRun()
  }
}
