/// Work on channels that are independent of each other, written once for any number of lanes. To do some of it twice
/// changes nothing: the output is not an input.
protocol ChannelKernel {
  func apply<L: Lanes>(_: L.Type, at channel: Int)
}

extension ChannelKernel {
  /// Covers channels `first ..< end` with blocks, then vectors, of which the last may overlap the one before; where
  /// there are fewer than a vector's, with four and then single ones. Touches nothing outside.
  @inline(__always)
  func apply<Block: Lanes>(inBlocksOf _: Block.Type, from first: Int = 0, to end: Int) {
    var channel = first
    if Block.lanes > Vector.lanes {
      while channel + Block.lanes <= end {
        apply(Block.self, at: channel)
        channel += Block.lanes
      }
    }
    if end - first >= Vector.lanes {
      while channel < end {
        apply(Vector.self, at: min(channel, end - Vector.lanes))
        channel += Vector.lanes
      }
      return
    }
    if Vector.lanes > Four.lanes {
      while channel + Four.lanes <= end {
        apply(Four.self, at: channel)
        channel += Four.lanes
      }
    }
    while channel < end {
      apply(Float.self, at: channel)
      channel += 1
    }
  }
}
