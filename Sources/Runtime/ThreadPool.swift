import CPrefactor
import CShims
import PrefactorModelFormat

/// The caller's own threads: a function that runs so many jobs on them, and what it is to be called with.
public struct CallersPool {
  let run: pf_parallel_for
  let context: UnsafeMutableRawPointer?

  public init(_ run: @escaping pf_parallel_for, context: UnsafeMutableRawPointer?) {
    self.run = run
    self.context = context
  }
}

/// Threads that share out the items of one job at a time. Each thread has a range of them, and takes from the end of
/// another's when it is done, so an item's result must not depend on who computes it. With ranges, what a thread
/// computes of a layer is mostly what it computed of the layer before, and in its processor's cache.
///
/// Workers stay awake from ``beginRun`` until shortly after ``endRun``, since waking one takes as long as a small layer
/// (longer in a virtual machine, where an idle processor has left it). They give way to other threads meanwhile, and
/// then sleep.
///
/// The caller takes items too, and waits at the end only for those that a worker is computing: a worker that the system
/// has not woken yet, or has put aside, holds nobody up. The pool lives at a fixed address, in memory of the session,
/// and is used by one thread at a time.
///
/// In a process that has been forked since there are no workers, and the lock may be one that a worker held: the caller
/// takes all items.
package struct ThreadPool {
  static let maximumThreads = 64
  /// What takes one thread no longer than this is over before others have woken and taken much of it.
  static var cyclesWorthWaking: Double { 600_000 }
  /// `pause`s, some 5 µs, before a waiting thread offers its processor to others.
  fileprivate static let spinLimit = 200
  /// Workers stay awake for so long after a run, so that a caller who runs again at once needn't wait for them: waking
  /// takes 30 to 80 µs.
  fileprivate static var nanosecondsAwake: UInt64 { 200_000 }

  typealias Body = @convention(c) (_ job: UnsafeMutableRawPointer, _ item: Int, _ thread: Int) -> Void

  /// What threads tell each other: the counters, the system's numbers of the workers, and for each thread the items
  /// left of its range: the first, and in the upper half the number after the last. First, so that it lies where the
  /// pool does: it is reached by address, since through the pool Swift would see several threads change the same array.
  fileprivate var shared = InlineArray<135, Int64>(repeating: 0)
  fileprivate(set) var threads = 1
  fileprivate var monitor = shim_monitor()
  fileprivate var workers = InlineArray<64, pthread_t>(repeating: 0)
  fileprivate var callerProcessor: Int32 = -1
  /// Those that workers may run on: the session's own, or those of whoever ran it last.
  fileprivate var processors = shim_processor_set()
  fileprivate var hasProcessors = false
  /// Does the workers' work, of which there are none then.
  fileprivate var callersPool: CallersPool?
  private let process = shim_process_number()

  /// Whoever has taken an item may read these until it counts the item as completed.
  fileprivate var body: Body?
  fileprivate var job: UnsafeMutableRawPointer?

  /// Whether the process is a child of the one that started the workers.
  package var isForked: Bool { shim_process_number() != process }

  /// Starts `threads` - 1 workers. On failure none is left.
  static func start(
    _ pool: UnsafeMutablePointer<ThreadPool>, threads: Int, processors: UnsafeBufferPointer<Int32>? = nil,
    callersPool: CallersPool? = nil
  ) throws(Failure) {
    pool.initialize(to: ThreadPool())
    pool.store(.isCancelled, -1)
    if let callersPool {
      pool.pointee.callersPool = callersPool
      pool.pointee.threads = threads
      return
    }
    if let processors {
      guard shim_make_processor_set(&pool.pointee.processors, processors.baseAddress, processors.count) == 0 else {
        throw Failure(
          PF_ERROR_INVALID_ARGUMENT, "the processors of the threads are not numbers from 0 to #", SHIM_PROCESSORS - 1)
      }
      pool.pointee.hasProcessors = true
    }
    try pool.withProcessorsOfWorkers { () throws(Failure) in try startWorkers(pool, threads: threads) }
  }

  private static func startWorkers(_ pool: UnsafeMutablePointer<ThreadPool>, threads: Int) throws(Failure) {
    guard shim_monitor_init(&pool.pointee.monitor) == 0 else {
      throw Failure(PF_ERROR_THREAD, "the lock of the thread pool cannot be made")
    }
    while pool.pointee.threads < threads {
      let index = pool.pointee.threads - 1
      let error = shim_thread_start(
        &pool.pointee.workers[index],
        {
          $0?.assumingMemoryBound(to: ThreadPool.self).work()
          return nil
        }, pool)
      guard error == 0 else {
        stop(pool)
        throw Failure(PF_ERROR_THREAD, "thread # cannot be started (error #)", index + 2, Int(error))
      }
      pool.pointee.threads += 1
    }
  }

  static func stop(_ pool: UnsafeMutablePointer<ThreadPool>) {
    if pool.pointee.callersPool != nil || pool.pointee.isForked { return }
    shim_lock(&pool.pointee.monitor)
    pool.store(.isStopping, 1)
    shim_wake_all(&pool.pointee.monitor)
    shim_unlock(&pool.pointee.monitor)
    for index in 0..<(pool.pointee.threads - 1) { shim_thread_join(pool.pointee.workers[index]) }
    shim_monitor_destroy(&pool.pointee.monitor)
  }
}

private enum Counter: Int {
  /// Items that nobody has taken yet, and items that are done.
  case remaining, completed
  /// Workers that have begun, and those of them whose system number is known.
  case started, numbered
  /// 1 or 0.
  case isRunning, isStopping
  /// Of the run that may be cancelled: 1 or 0, and -1 where there is none.
  case isCancelled
}

extension UnsafeMutablePointer<ThreadPool> {
  private func counter(_ counter: Counter) -> UnsafeMutablePointer<Int64> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: Int64.self) + counter.rawValue
  }

  private func number(ofWorker index: Int) -> UnsafeMutablePointer<Int64> { counter(.isCancelled) + 1 + index }

  private func range(ofThread index: Int) -> UnsafeMutablePointer<Int64> {
    number(ofWorker: ThreadPool.maximumThreads - 1) + index
  }

  private func load(_ counter: Counter) -> Int64 { shim_load(self.counter(counter)) }

  fileprivate func store(_ counter: Counter, _ value: Int64) { shim_store(self.counter(counter), value) }

  private func increment(_ counter: Counter) -> Int64 { shim_fetch_add(self.counter(counter), 1) }

  /// Wakes the workers. Jobs before and after get done too, by the caller alone or by a worker that has not gone to
  /// sleep yet.
  package func beginRun() {
    if pointee.threads == 1 || pointee.callersPool != nil || pointee.isForked { return }
    keepWorkersOffCallerProcessor()
    shim_lock(&pointee.monitor)
    store(.isRunning, 1)
    shim_wake_all(&pointee.monitor)
    shim_unlock(&pointee.monitor)
  }

  /// Where processors do not share a cache, Linux likes to wake a thread on the processor of whoever wakes it, where it
  /// then waits for milliseconds behind the caller, which is not going to sleep.
  private func keepWorkersOffCallerProcessor() {
    let workers = pointee.threads - 1
    guard load(.numbered) == Int64(workers) else { return }
    let processor = shim_current_processor()
    let areOthers = !pointee.hasProcessors && shim_follow_affinity(&pointee.processors) != 0
    guard areOthers || processor != pointee.callerProcessor else { return }
    pointee.callerProcessor = processor
    for index in 0..<workers {
      shim_keep_off_processor(number(ofWorker: index).pointee, &pointee.processors, processor, Int32(workers))
    }
  }

  /// Threads begin on the processors of whoever starts them, so the caller is on the workers' while `body` starts them.
  fileprivate func withProcessorsOfWorkers(_ body: () throws(Failure) -> Void) throws(Failure) {
    guard pointee.hasProcessors else { return try body() }
    var before = shim_processor_set()
    var error = shim_get_affinity(0, &before)
    if error == 0 { error = shim_set_affinity(0, &pointee.processors) }
    guard error == 0 else {
      throw Failure(PF_ERROR_THREAD, "threads cannot run on the processors asked for (errno #)", Int(error))
    }
    defer { _ = shim_set_affinity(0, &before) }
    try body()
  }

  package func endRun() { store(.isRunning, 0) }

  /// From now on items are passed over, until the run ends that is under way; nothing happens where none is. For a
  /// signal's handler too.
  func cancel() { _ = shim_exchange(counter(.isCancelled), 0, 1) }

  /// What is done outside of `body` cannot be cancelled.
  func mayBeCancelled(_ body: () throws(Failure) -> Void) throws(Failure) {
    store(.isCancelled, 0)
    defer { store(.isCancelled, -1) }
    try body()
  }

  var isCancelled: Bool { load(.isCancelled) > 0 }

  /// For kernels, which look at it where an item may take long.
  var cancellation: UnsafePointer<Int64> { UnsafePointer(counter(.isCancelled)) }

  /// Calls `body` once for each item of 0 ..< items, on any thread, and returns when all are done. `thread` is below
  /// `threads`, and no two calls at the same time have the same.
  func run<Job>(items: Int, _ job: inout Job, _ body: ThreadPool.Body) {
    withUnsafeMutablePointer(to: &job) { run(items: items, job: UnsafeMutableRawPointer($0), body) }
  }

  private func run(items: Int, job: UnsafeMutableRawPointer, _ body: ThreadPool.Body) {
    if pointee.threads == 1 || items <= 1 || pointee.callersPool != nil && pointee.isForked {
      for item in 0..<items where !isCancelled { body(job, item, 0) }
      return
    }
    pointee.job = job
    pointee.body = body
    store(.completed, 0)
    // Before the ranges, from which a worker that's still awake may take at once.
    store(.remaining, Int64(items))
    let threads = pointee.threads
    var first = 0
    for thread in 0..<threads {
      let end = first + (items - first) / (threads - thread)
      shim_store(range(ofThread: thread), Int64(first) | Int64(end) &<< 32)
      first = end
    }
    if let pool = pointee.callersPool {
      pool.run(
        pool.context, { $0?.assumingMemoryBound(to: ThreadPool.self).workOnCallersThread($1) }, self,
        min(threads, items))
    }
    takeItems(thread: 0)
    var spins = 0
    while load(.completed) != Int64(items) { wait(&spins) }
  }

  private func wait(_ spins: inout Int) {
    spins += 1
    if spins < ThreadPool.spinLimit { shim_pause() } else { shim_yield() }
  }

  /// A job of the caller's pool. What a thread's state has to be for kernels is set here, and restored.
  fileprivate func workOnCallersThread(_ thread: Int) {
    let mode = shim_flush_subnormals()
    defer { shim_restore_float_mode(mode) }
    takeItems(thread: thread)
  }

  fileprivate func work() {
    _ = shim_flush_subnormals()
    let thread = Int(increment(.started)) + 1
    number(ofWorker: thread - 1).pointee = shim_thread_number()
    _ = increment(.numbered)
    while load(.isStopping) == 0 {
      takeItems(thread: thread)
      waitForItems()
    }
  }

  private func takeItems(thread: Int) {
    while load(.remaining) > 0 {
      guard let item = takeItem(thread) else { return }
      guard let body = pointee.body, let job = pointee.job else { return }
      if !isCancelled { body(job, item, thread) }
      _ = increment(.completed)
    }
  }

  /// The first item of the thread's own range, or the last of another's.
  private func takeItem(_ thread: Int) -> Int? {
    let threads = pointee.threads
    for distance in 0..<threads {
      let range = range(ofThread: (thread + distance) % threads)
      while true {
        let items = shim_load(range)
        let first = items & 0xffff_ffff
        let end = items &>> 32
        if first >= end { break }
        let rest = distance == 0 ? items + 1 : items - 1 &<< 32
        if shim_exchange(range, items, rest) != 0 {
          _ = shim_fetch_add(counter(.remaining), -1)
          return Int(distance == 0 ? first : end - 1)
        }
      }
    }
    return nil
  }

  private func waitForItems() {
    var spins = 0
    var end: UInt64 = 0
    while load(.remaining) == 0, load(.isStopping) == 0 {
      if load(.isRunning) != 0 {
        end = 0
      } else if end == 0 {
        end = shim_nanoseconds() + ThreadPool.nanosecondsAwake
      } else if shim_nanoseconds() > end {
        break
      }
      wait(&spins)
    }
    shim_lock(&pointee.monitor)
    while load(.isRunning) == 0, load(.isStopping) == 0 { shim_wait(&pointee.monitor) }
    shim_unlock(&pointee.monitor)
  }
}
