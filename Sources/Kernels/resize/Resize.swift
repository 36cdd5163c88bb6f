import KernelContract

func resize(_ row: pf_resized_row, _ output: Target) {
  let lower: Source? = row.lower
  for x in 0..<Int(row.width) {
    let sample = row.samples[x]
    let output = output + x * Int(row.output_stride)
    let left = Int(sample.first) * Int(row.input_stride)
    let right = Int(sample.second) * Int(row.input_stride)
    if let lower {
      InterpolatedPixel(
        upperLeft: row.upper + left, upperRight: row.upper + right, lowerLeft: lower + left, lowerRight: lower + right,
        across: sample.weight, down: row.weight, output: output
      ).apply(inBlocksOf: VectorPair.self, to: Int(row.channels))
    } else {
      copy(row.upper + left, to: output, count: Int(row.channels))
    }
  }
}

private struct InterpolatedPixel: ChannelKernel {
  let upperLeft, upperRight, lowerLeft, lowerRight: Source
  let across, down: Float
  let output: Target

  @inline(__always)
  func apply<L: Lanes>(_: L.Type, at channel: Int) {
    let fromLeft = L(1 - across)
    let fromRight = L(across)
    let above = L.multiplyAdd(L(from: upperRight + channel), fromRight, L(from: upperLeft + channel) * fromLeft)
    let below = L.multiplyAdd(L(from: lowerRight + channel), fromRight, L(from: lowerLeft + channel) * fromLeft)
    L.multiplyAdd(below, L(down), above * L(1 - down)).store(to: output + channel)
  }
}
