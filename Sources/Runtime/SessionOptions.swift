import CPrefactor
import PrefactorModelFormat

/// What a session is created for.
public struct SessionOptions {
  public var threads = 1
  /// The processors that threads may run on; nil where those of whoever runs the session are meant.
  public var processors: UnsafeBufferPointer<Int32>?
  /// Instead of threads of the session's own.
  public var callersPool: CallersPool?
  public var batch = 1
  /// 0 where the preprocessing's size is meant.
  public var height = 0, width = 0
  /// 0 where the width is meant.
  public var length = 0
  /// Of the first inputs, in their order; these go before the sizes above.
  public var inputShapes = UnsafeBufferPointer<pf_input_shape>(start: nil, count: 0)
  public var isProfiling = false
  /// Weights are used as they lie in the file, and not in other, larger forms.
  public var savesMemory = false
  /// Of a run's work, as ``Operation/work(_:output:)`` counts it, and of the session's memory; nil where there is none.
  public var mostWork: UInt64?
  public var mostBytes: Int?
  /// Whether values may lie among the channels of larger ones.
  var usesPixelStrides = true
  /// Where only one image of a batch is planned, how many there are; the file may say so too. Else 0.
  var imagesTakenApart = 0
  var isSingleImage: Bool { imagesTakenApart > 0 }
  /// Whether a batch is run as so many single images where that can be; nil where an estimate is to decide.
  var runsImageByImage: Bool?
  /// Rows of the strips that chains of convolutions are computed in, 0 for none; nil where an estimate is to decide.
  var stripRows: Int?
  /// Whether threads are woken for the shortest of runs.
  var alwaysWakesThreads = false
  public var backend = Backend.cpu
  /// Where the backend has devices.
  public var device = DeviceOptions()
  public init() {}
}
