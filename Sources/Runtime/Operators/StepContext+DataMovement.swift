import CShims
import KernelContract
import PrefactorModelFormat

extension StepContext: DataMovement {
  var inputCount: Int { inputs.count }

  func isInPlace(_ input: TensorView, at offset: Int) -> Bool {
    input.base == output.base + offset * output.shape.type.size
  }

  func copy(_ input: TensorView, _ walk: StridedWalk, to outputOffset: Int, from inputOffset: Int) {
    let size = input.shape.type.size
    var job = CopyJob(
      walk: walk, elementSize: size, output: output.base + outputOffset * size, input: input.base + inputOffset * size,
      context: self)
    threads.run(items: job.split.items, &job) { raw, item, _ in
      raw.assumingMemoryBound(to: CopyJob.self).pointee.copy(item)
    }
  }

  func fill(_ value: Float) {
    var job = FillJob(value: value, output: output, elements: WorkSplit(output.shape.count, elements: 1))
    threads.run(items: job.elements.items, &job) { raw, item, _ in
      raw.assumingMemoryBound(to: FillJob.self).pointee.compute(item)
    }
  }
}

private struct CopyJob {
  /// With a number for each, since Embedded Swift hashes others, for which it wants random numbers.
  private enum Way: Int {
    /// Runs along the innermost axis.
    case runs
    /// Contiguous rows of the two innermost axes.
    case rows
    /// Columns of one of the matrices at a time, or whole matrices.
    case columns, matrices
  }

  private let walk: StridedWalk
  private let elementSize: Int
  private let output: UnsafeMutableRawPointer
  private let input: UnsafeMutableRawPointer
  private let kernels: UnsafePointer<pf_kernels>
  private let way: Way
  let split: WorkSplit

  init(
    walk: StridedWalk, elementSize: Int, output: UnsafeMutableRawPointer, input: UnsafeMutableRawPointer,
    context: StepContext
  ) {
    self.walk = walk
    self.elementSize = elementSize
    self.output = output
    self.input = input
    kernels = context.kernels
    let inner = walk.innermost
    let next = walk.rank > 1 ? walk.withoutInnermost.innermost : inner
    if elementSize == 4 && walk.isTransposition {
      if walk.rank > 2 && inner.size * next.size < WorkSplit.elementsPerItem {
        way = .matrices
        split = WorkSplit(walk.count / (inner.size * next.size), elements: inner.size * next.size).even(
          on: context.threads)
      } else {
        way = .columns
        // 16 columns of the input are a cache line.
        split = WorkSplit(walk.count / inner.size, elements: inner.size, atLeast: 16).even(
          on: context.threads, multipleOf: 16)
      }
    } else if elementSize == 4 && walk.rank > 1 && inner.first == 1 && inner.second == 1
      && inner.size < WorkSplit.elementsPerItem
      && next.first >= 0 && next.second >= 0
    {
      way = .rows
      split = WorkSplit(walk.count / inner.size, elements: inner.size).even(on: context.threads)
    } else {
      way = .runs
      split = WorkSplit(walk.count, elements: 1).even(on: context.threads, multipleOf: 16)
    }
  }

  func copy(_ item: Int) {
    switch way {
    case .runs:
      switch elementSize {
      case 1: copyRuns(item, UInt8.self)
      case 2: copyRuns(item, UInt16.self)
      case 4: copyRuns(item, UInt32.self)
      default: copyRuns(item, UInt64.self)
      }
    case .rows: copyRows(item)
    case .columns: transposeColumns(item)
    case .matrices: transposeMatrices(item)
    }
  }

  private func copyRuns<Element: BitwiseCopyable>(_ item: Int, _: Element.Type) {
    let output = output.assumingMemoryBound(to: Element.self)
    let input = input.assumingMemoryBound(to: Element.self)
    let outputStep = walk.innermost.first
    let inputStep = walk.innermost.second
    walk.forEachRun(split.range(item)) { _, first, second, count in
      if outputStep == 1 && inputStep == 1 {
        memcpy(output + first, input + second, count * MemoryLayout<Element>.size)
      } else {
        for i in 0..<count { output[first + i * outputStep] = input[second + i * inputStep] }
      }
    }
  }

  private var floats: (output: UnsafeMutablePointer<Float>, input: UnsafeMutablePointer<Float>) {
    (output.assumingMemoryBound(to: Float.self), input.assumingMemoryBound(to: Float.self))
  }

  private func copyRows(_ item: Int) {
    let rows = walk.withoutInnermost
    let strides = rows.innermost
    let count = walk.innermost.size
    rows.forEachRun(split.range(item)) { _, first, second, run in
      kernels.pointee.unary(
        PF_COPY, 0, 0, floats.input + second, strides.second, floats.output + first, strides.first, run, count)
    }
  }

  private func transposeColumns(_ item: Int) {
    let columnsWalk = walk.withoutInnermost
    var shape = pf_transposition(
      rows: walk.innermost.size, columns: 0, input_stride: walk.innermost.second,
      output_stride: columnsWalk.innermost.first, matrices: 1,
      input_step: 0, output_step: 0)
    columnsWalk.forEachRun(split.range(item)) { _, first, second, columns in
      shape.columns = columns
      kernels.pointee.transpose(&shape, floats.input + second, floats.output + first)
    }
  }

  private func transposeMatrices(_ item: Int) {
    let columnsWalk = walk.withoutInnermost
    let matrices = columnsWalk.withoutInnermost
    var shape = pf_transposition(
      rows: walk.innermost.size, columns: columnsWalk.innermost.size, input_stride: walk.innermost.second,
      output_stride: columnsWalk.innermost.first, matrices: 0, input_step: matrices.innermost.second,
      output_step: matrices.innermost.first)
    matrices.forEachRun(split.range(item)) { _, first, second, run in
      shape.matrices = run
      kernels.pointee.transpose(&shape, floats.input + second, floats.output + first)
    }
  }
}

private struct FillJob {
  let value: Float
  let output: TensorView
  let elements: WorkSplit

  func compute(_ item: Int) {
    let range = elements.range(item)
    if output.shape.type == .int64 {
      (output.int64s + range.lowerBound).update(repeating: Int64(saturating: value), count: range.count)
    } else {
      (output.floats + range.lowerBound).update(repeating: value, count: range.count)
    }
  }
}
