import CPrefactor
import CShims
import PrefactorModelFormat

/// Threads that share out the items of one job at a time. Items are handed out as threads become free, so an item's result
/// must not depend on who computes it. Between jobs a worker spins for a few microseconds and then sleeps.
///
/// The caller takes items too, and waits at the end only for those that a worker is computing: a worker that the system has not
/// woken yet, or has put aside, holds nobody up. The pool lives at a fixed address, in memory of the session, and is used by one
/// thread at a time.
struct ThreadPool {
  static let maximumThreads = 64
  /// About 5 µs of `pause`: longer than the gap between two layers, shorter than anyone would notice on a battery.
  fileprivate static let spinLimit = 200

  typealias Body = @convention(c) (_ job: UnsafeMutableRawPointer, _ item: Int, _ thread: Int) -> Void

  fileprivate(set) var threads = 1
  fileprivate var monitor = shim_monitor()
  fileprivate var workers = InlineArray<64, pthread_t>(repeating: 0)
  /// Workers that have taken a number.
  fileprivate var numbered: Int64 = 0
  fileprivate var sleepers: Int64 = 0
  fileprivate var isStopping: Int64 = 0

  /// Items that nobody has taken yet. Whoever takes one may read what follows until it counts the item as completed.
  fileprivate var remaining: Int64 = 0
  fileprivate var completed: Int64 = 0
  fileprivate var items = 0
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
    shim_store(&pool.pointee.isStopping, 1)
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
    if pointee.threads == 1 || items <= 1 {
      for item in 0..<items { body(job, item, 0) }
      return
    }
    pointee.items = items
    pointee.job = job
    pointee.body = body
    shim_store(&pointee.completed, 0)
    shim_store(&pointee.remaining, Int64(items))
    if shim_load(&pointee.sleepers) > 0 {
      shim_lock(&pointee.monitor)
      shim_wake_all(&pointee.monitor)
      shim_unlock(&pointee.monitor)
    }
    takeItems(thread: 0)
    var spins = 0
    while shim_load(&pointee.completed) != items {
      spins += 1
      if spins < ThreadPool.spinLimit { shim_pause() } else { shim_yield() }
    }
  }

  fileprivate func work() {
    let thread = Int(shim_fetch_add(&pointee.numbered, 1)) + 1
    while shim_load(&pointee.isStopping) == 0 {
      takeItems(thread: thread)
      waitForItems()
    }
  }

  private func takeItems(thread: Int) {
    while true {
      let remaining = shim_load(&pointee.remaining)
      guard remaining > 0 else { return }
      guard shim_exchange(&pointee.remaining, remaining, remaining - 1) != 0, let body = pointee.body, let job = pointee.job else { continue }
      body(job, pointee.items - Int(remaining), thread)
      _ = shim_fetch_add(&pointee.completed, 1)
    }
  }

  private var hasWork: Bool { shim_load(&pointee.remaining) > 0 || shim_load(&pointee.isStopping) != 0 }

  private func waitForItems() {
    for _ in 0..<ThreadPool.spinLimit {
      if hasWork { return }
      shim_pause()
    }
    shim_lock(&pointee.monitor)
    // Counted before the last look: the caller opens a job before it looks at the count.
    _ = shim_fetch_add(&pointee.sleepers, 1)
    while !hasWork { shim_wait(&pointee.monitor) }
    _ = shim_fetch_add(&pointee.sleepers, -1)
    shim_unlock(&pointee.monitor)
  }
}
