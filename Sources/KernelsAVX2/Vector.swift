import KernelContract

typealias Vector = SIMD8<Float>
typealias LaneIndices = SIMD8<Int32>
/// As many pixels of a depthwise convolution at a time whose channels are mixed.
typealias MixedTile<Reading: StripReading, let columns: Int, let stride: Int> = StripTile<Reading, 8, columns, stride>
/// Whether one instruction permutes the lanes of a vector as others say.
let permutesLanes = true
let tileRows = 6
typealias FullTile<let vectors: Int> = Tile<6, vectors>
typealias RowTile = Tile<1, 4>
typealias HalfRowTile = RowTile
func multipliesByLane(rows: Int) -> Bool { false }

extension Vector {
  @inline(__always) init(widening halves: UnsafePointer<UInt16>) { self = pf_widen8(halves) }
}

/// 16 bytes of each of four rows of an image, and sums of them.
typealias PixelBytes = SIMD32<UInt8>
typealias PixelRows = InlineArray<2, PixelBytes>
typealias RowSums = InlineArray<2, PixelSums>

@inline(__always)
func load(
  _ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, _ c: UnsafePointer<UInt8>, _ d: UnsafePointer<UInt8>
) -> PixelRows { [pf_load_rows(a, b), pf_load_rows(c, d)] }

extension Product {
  @inline(__always)
  func compute<let vectors: Int>(_: InlineArray<vectors, Vector>.Type, rows: Int, row: Int, _ upcoming: Upcoming) {
    switch rows {
    case 1: compute(Tile<1, vectors>.self, row: row, upcoming)
    case 2: compute(Tile<2, vectors>.self, row: row, upcoming)
    case 3: compute(Tile<3, vectors>.self, row: row, upcoming)
    case 4: compute(Tile<4, vectors>.self, row: row, upcoming)
    case 5: compute(Tile<5, vectors>.self, row: row, upcoming)
    default: compute(Tile<6, vectors>.self, row: row, upcoming)
    }
  }
}

@_cdecl("pf_kernels_avx2") @implementation
public func pf_kernels_avx2(_ table: UnsafeMutablePointer<pf_kernels>!) { fill(table, isa: "avx2") }
