import CPrefactor
import CShims
import PrefactorModelFormat

/// Threads that share out the items of one job at a time. Items are handed out as threads become free, so an item's result
/// must not depend on who computes it. Between jobs a worker spins for a few microseconds and then sleeps.
///
/// The pool lives at a fixed address, in memory of the session, and is used by one thread at a time.
struct ThreadPool {
  static let maximumThreads = 64
  /// About 5 µs of `pause`: longer than the gap between two layers, shorter than anyone would notice on a battery.
  fileprivate static let spinLimit = 200

  typealias Body = @convention(c) (_ job: UnsafeMutableRawPointer, _ item: Int, _ thread: Int) -> Void

  fileprivate(set) var threads = 1
  fileprivate var monitor = shim_monitor()
  fileprivate var workers = InlineArray<64, pthread_t>(repeating: 0)
  fileprivate var generation: Int64 = 0
  fileprivate var nextItem: Int64 = 0
  fileprivate var busyWorkers: Int64 = 0
  fileprivate var registered: Int64 = 0
  fileprivate var items = 0
  fileprivate var stopping = false
  fileprivate var body: Body?
  fileprivate var job: UnsafeMutableRawPointer?

  /// Starts `threads` - 1 workers. On failure none is left.
  static func start(_ pool: UnsafeMutablePointer<ThreadPool>, threads: Int) throws(Failure) {
    pool.initialize(to: ThreadPool())
    guard shim_monitor_init(&pool.pointee.monitor) == 0 else {
      throw Failure(PF_ERROR_THREAD, "the lock of the thread pool cannot be made")
    }
    while pool.pointee.threads < threads {
      let index = pool.pointee.threads - 1
      let error = shim_thread_start(&pool.pointee.workers[index], { $0?.assumingMemoryBound(to: ThreadPool.self).work(); return nil }, pool)
      guard error == 0 else {
        stop(pool)
        throw Failure(PF_ERROR_THREAD, "thread # cannot be started (error #)", index + 2, Int(error))
      }
      pool.pointee.threads += 1
    }
  }

  static func stop(_ pool: UnsafeMutablePointer<ThreadPool>) {
    shim_lock(&pool.pointee.monitor)
    pool.pointee.stopping = true
    shim_store_release(&pool.pointee.generation, pool.pointee.generation + 1)
    shim_wake_all(&pool.pointee.monitor)
    shim_unlock(&pool.pointee.monitor)
    for index in 0..<(pool.pointee.threads - 1) { shim_thread_join(pool.pointee.workers[index]) }
    shim_monitor_destroy(&pool.pointee.monitor)
  }
}

extension UnsafeMutablePointer<ThreadPool> {
  /// Calls `body` once for each item of 0 ..< items, on any thread, and returns when all are done. `thread` is below `threads`, and
  /// no two calls at the same time have the same.
  func run<Job>(items: Int, _ job: inout Job, _ body: ThreadPool.Body) {
    withUnsafeMutablePointer(to: &job) { run(items: items, job: UnsafeMutableRawPointer($0), body) }
  }

  private func run(items: Int, job: UnsafeMutableRawPointer, _ body: ThreadPool.Body) {
    let workers = pointee.threads - 1
    if workers == 0 || items <= 1 {
      for item in 0..<items { body(job, item, 0) }
      return
    }
    shim_lock(&pointee.monitor)
    pointee.items = items
    pointee.job = job
    pointee.body = body
    pointee.nextItem = 0
    pointee.registered = 0
    shim_store_release(&pointee.busyWorkers, Int64(workers))
    shim_store_release(&pointee.generation, pointee.generation + 1)
    shim_wake_all(&pointee.monitor)
    shim_unlock(&pointee.monitor)
    takeItems(thread: 0)
    // Workers hold no lock while they compute and have at most one item each left, so this wait is short.
    while shim_load_acquire(&pointee.busyWorkers) != 0 { shim_pause() }
  }

  fileprivate func work() {
    var seen: Int64 = 0
    while true {
      waitForGeneration(after: seen)
      if pointee.stopping { return }
      seen = shim_load_acquire(&pointee.generation)
      takeItems(thread: Int(shim_fetch_add(&pointee.registered, 1)) + 1)
      _ = shim_fetch_add(&pointee.busyWorkers, -1)
    }
  }

  private func waitForGeneration(after seen: Int64) {
    for _ in 0..<ThreadPool.spinLimit {
      if shim_load_acquire(&pointee.generation) != seen { return }
      shim_pause()
    }
    shim_lock(&pointee.monitor)
    while pointee.generation == seen { shim_wait(&pointee.monitor) }
    shim_unlock(&pointee.monitor)
  }

  private func takeItems(thread: Int) {
    guard let body = pointee.body, let job = pointee.job else { return }
    while true {
      let item = Int(shim_fetch_add(&pointee.nextItem, 1))
      if item >= pointee.items { return }
      body(job, item, thread)
    }
  }
}
