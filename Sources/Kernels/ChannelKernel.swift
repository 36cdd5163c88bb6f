/// Work on channels that are independent of each other, written once for any number of lanes.
protocol ChannelKernel {
  func apply<L: Lanes>(_: L.Type, at channel: Int)
}

extension ChannelKernel {
  /// Covers channels `first ..< end` with blocks of vectors, then vectors, then single floats, touching nothing outside.
  @inline(__always)
  func apply(from first: Int = 0, to end: Int) {
    var channel = first
    while channel + VectorBlock.lanes <= end {
      apply(VectorBlock.self, at: channel)
      channel += VectorBlock.lanes
    }
    while channel + Vector.lanes <= end {
      apply(Vector.self, at: channel)
      channel += Vector.lanes
    }
    while channel < end {
      apply(Float.self, at: channel)
      channel += 1
    }
  }
}

/// Four vectors side by side: chains of operations that don't wait for each other, under one loop over taps.
private struct VectorBlock: Lanes {
  var a, b, c, d: Vector

  @inline(__always) static var lanes: Int { 4 * Vector.lanes }

  @inline(__always)
  init(_ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector) {
    self.a = a
    self.b = b
    self.c = c
    self.d = d
  }

  @inline(__always)
  init(_ value: Float) { self.init(Vector(value), Vector(value), Vector(value), Vector(value)) }

  @inline(__always)
  init(from source: Source) {
    self.init(
      Vector(from: source), Vector(from: source + Vector.lanes), Vector(from: source + 2 * Vector.lanes),
      Vector(from: source + 3 * Vector.lanes))
  }

  @inline(__always)
  func store(to target: Target) {
    a.store(to: target)
    b.store(to: target + Vector.lanes)
    c.store(to: target + 2 * Vector.lanes)
    d.store(to: target + 3 * Vector.lanes)
  }

  @inline(__always)
  private func combined(_ other: VectorBlock, _ body: (Vector, Vector) -> Vector) -> VectorBlock {
    VectorBlock(body(a, other.a), body(b, other.b), body(c, other.c), body(d, other.d))
  }

  @inline(__always) static func + (a: VectorBlock, b: VectorBlock) -> VectorBlock { a.combined(b) { $0 + $1 } }
  @inline(__always) static func / (a: VectorBlock, b: VectorBlock) -> VectorBlock { a.combined(b) { $0 / $1 } }
  @inline(__always) func max(_ other: VectorBlock) -> VectorBlock { combined(other) { $0.max($1) } }
  @inline(__always) func min(_ other: VectorBlock) -> VectorBlock { combined(other) { $0.min($1) } }

  @inline(__always)
  static func multiplyAdd(_ x: VectorBlock, _ y: VectorBlock, _ z: VectorBlock) -> VectorBlock {
    VectorBlock(
      Vector.multiplyAdd(x.a, y.a, z.a), Vector.multiplyAdd(x.b, y.b, z.b),
      Vector.multiplyAdd(x.c, y.c, z.c), Vector.multiplyAdd(x.d, y.d, z.d))
  }
}
