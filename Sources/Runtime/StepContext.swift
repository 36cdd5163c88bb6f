import CPrefactor
import KernelContract
import PrefactorModelFormat

/// A tensor in memory while a step runs: pixels, each a run of the last axis, at equal distances.
public struct TensorView: Strided {
  public var shape: Shape
  public var base: UnsafeMutableRawPointer
  package var pixelStride: Int

  package init(shape: Shape, base: UnsafeMutableRawPointer, pixelStride: Int) {
    self.shape = shape
    self.base = base
    self.pixelStride = pixelStride
  }

  /// A tensor without anything between its pixels.
  package init(shape: Shape, base: UnsafeMutableRawPointer) {
    self.init(shape: shape, base: base, pixelStride: shape.channels)
  }

  var floats: UnsafeMutablePointer<Float> { base.assumingMemoryBound(to: Float.self) }
  var int64s: UnsafeMutablePointer<Int64> { base.assumingMemoryBound(to: Int64.self) }
}

/// What an operator sees when its step runs: its tensors, the kernels of the chosen instruction set, the threads, and
/// scratch memory. Inputs are only read. The output does not overlap an input, except where the operator's rules allow
/// it to be one.
struct StepContext {
  var inputs: UnsafeBufferPointer<TensorView?>
  var output: TensorView
  var kernels: UnsafePointer<pf_kernels>
  var threads: UnsafeMutablePointer<ThreadPool>
  /// `OperatorNeeds.shared` bytes.
  var sharedScratch: UnsafeMutableRawPointer
  /// `OperatorNeeds.perThread` bytes for each thread, one after the other.
  var threadScratch: UnsafeMutableRawPointer
  var threadScratchStride: Int
  /// `OperatorNeeds.prepared` bytes, which hold what `prepare` made of the constants; nil where the operator asked for
  /// none.
  var prepared: UnsafeMutableRawPointer?
  var algorithm: pf_algorithm
  /// So many neighbouring groups of a convolution are computed as one.
  var mergedGroups: Int32
  /// What the weights, input 1, are stored as.
  var weightsType: ElementType
  var fused: FusedInputs?
  /// Of the output of a convolution, if only these are to be computed: the output and the residual begin with them, the
  /// image with those under their windows.
  var rows: Range<Int>?

  func input(_ index: Int) -> TensorView? { index < inputs.count ? inputs[index] : nil }

  func scratch(thread: Int) -> UnsafeMutableRawPointer { threadScratch + thread * threadScratchStride }
}

/// What the steps that are part of a depthwise convolution have besides its input: the indices that a gather's channels
/// come from, and the weights of the 1×1 convolution before it, if that is part too.
package struct FusedInputs {
  package let indices: TensorView?
  package let weights: TensorView?
  let weightsType: ElementType
}

/// What an operator asks for when the session is planned, in bytes; the planner rounds up to cache lines.
package struct OperatorNeeds {
  /// Scratch memory.
  var shared: Int64 = 0
  var perThread: Int64 = 0
  /// Memory that is the step's own for as long as the session lives, filled once by `prepare`.
  var prepared: Int64 = 0
  var algorithm = PF_DIRECT
  var mergedGroups: Int32 = 1

  package static func panelBytes(_ floats: Int64) -> Int64 {
    floats.multipliedClamped(by: Int64(MemoryLayout<Float>.size)).addingClamped(Int64(PF_PANEL_SLACK))
  }

  /// In numbers that an Int can hold several of.
  func checked() throws(Failure) -> (shared: Int, perThread: Int, prepared: Int) {
    let most = Int64(Int.max / 4)
    guard shared <= most, perThread <= most, prepared <= most else {
      throw Failure(
        PF_ERROR_OUT_OF_MEMORY, "# bytes of scratch or of prepared weights do not fit the address space",
        wide: shared.addingClamped(perThread).addingClamped(prepared))
    }
    return (Int(shared), Int(perThread), Int(prepared))
  }
}
