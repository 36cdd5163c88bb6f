import CShims
import KernelContract
import PrefactorModelFormat

extension StepContext {
  /// Copies elements of `input` to the output, of the same element type. The walk's first steps are the output's and its second the
  /// input's; the offsets say at which element each begins.
  func copy(_ input: TensorView, _ walk: StridedWalk, to outputOffset: Int = 0, from inputOffset: Int = 0) {
    let size = input.shape.type.size
    let isTransposition = size == 4 && walk.isTransposition
    let rows = walk.innermost.size
    var job = CopyJob(
      walk: walk, elementSize: size, output: output.base + outputOffset * size, input: input.base + inputOffset * size, kernels: kernels,
      // 16 columns of the input are a cache line.
      split: isTransposition ? WorkSplit(walk.count / rows, elements: rows, atLeast: 16) : WorkSplit(walk.count, elements: 1))
    if isTransposition {
      threads.run(items: job.split.items, &job) { raw, item, _ in raw.assumingMemoryBound(to: CopyJob.self).pointee.transpose(item) }
    } else {
      threads.run(items: job.split.items, &job) { raw, item, _ in raw.assumingMemoryBound(to: CopyJob.self).pointee.copy(item) }
    }
  }

  /// Copies all of `input`, whose elements lie in the output's order.
  func copy(_ input: TensorView) {
    var walk = StridedWalk()
    walk.append(size: input.shape.count, 1, 1)
    copy(input, walk)
  }
}

private struct CopyJob {
  let walk: StridedWalk
  let elementSize: Int
  let output: UnsafeMutableRawPointer
  let input: UnsafeMutableRawPointer
  let kernels: UnsafePointer<pf_kernels>
  let split: WorkSplit

  func copy(_ item: Int) {
    if elementSize == 4 { copyRuns(item, UInt32.self) } else { copyRuns(item, UInt64.self) }
  }

  private func copyRuns<Element: BitwiseCopyable>(_ item: Int, _: Element.Type) {
    let output = output.assumingMemoryBound(to: Element.self), input = input.assumingMemoryBound(to: Element.self)
    let outputStep = walk.innermost.first, inputStep = walk.innermost.second
    walk.forEachRun(split.range(item)) { _, first, second, count in
      if outputStep == 1 && inputStep == 1 {
        memcpy(output + first, input + second, count * MemoryLayout<Element>.size)
      } else {
        for i in 0..<count { output[first + i * outputStep] = input[second + i * inputStep] }
      }
    }
  }

  func transpose(_ item: Int) {
    let output = output.assumingMemoryBound(to: Float.self), input = input.assumingMemoryBound(to: Float.self)
    let columnsWalk = walk.withoutInnermost
    let rows = walk.innermost.size, inputStride = walk.innermost.second, outputStride = columnsWalk.innermost.first
    columnsWalk.forEachRun(split.range(item)) { _, first, second, columns in
      kernels.pointee.transpose(input + second, inputStride, output + first, outputStride, rows, columns)
    }
  }
}
