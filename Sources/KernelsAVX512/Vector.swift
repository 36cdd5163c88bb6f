import KernelContract

typealias Vector = SIMD16<Float>
typealias LaneIndices = SIMD16<Int32>
/// As many pixels of a depthwise convolution at a time whose channels are mixed.
typealias MixedTile<Reading: StripReading, let columns: Int, let stride: Int> = StripTile<Reading, 14, columns, stride>
/// Whether one instruction permutes the lanes of a vector as others say.
let permutesLanes = true
let tileRows = 12
typealias FullTile<let vectors: Int> = Tile<12, vectors>
typealias RowTile = Tile<1, 2>
typealias HalfRowTile = RowTile
func multipliesByLane(rows: Int) -> Bool { false }

extension Vector {
  @inline(__always) init(widening halves: UnsafePointer<UInt16>) { self = pf_widen16(halves) }
}

/// 16 bytes of each of four rows of an image, and sums of them.
typealias PixelBytes = SIMD64<UInt8>
typealias PixelRows = InlineArray<1, PixelBytes>
typealias RowSums = InlineArray<1, PixelSums>

@inline(__always)
func load(
  _ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, _ c: UnsafePointer<UInt8>, _ d: UnsafePointer<UInt8>
) -> PixelRows { [pf_load_rows(a, b, c, d)] }

extension Product {
  @inline(__always)
  func compute<let vectors: Int>(_: InlineArray<vectors, Vector>.Type, rows: Int, row: Int, _ upcoming: Upcoming) {
    switch rows {
    case 1: compute(Tile<1, vectors>.self, row: row, upcoming)
    case 2: compute(Tile<2, vectors>.self, row: row, upcoming)
    case 3: compute(Tile<3, vectors>.self, row: row, upcoming)
    case 4: compute(Tile<4, vectors>.self, row: row, upcoming)
    case 5: compute(Tile<5, vectors>.self, row: row, upcoming)
    case 6: compute(Tile<6, vectors>.self, row: row, upcoming)
    case 7: compute(Tile<7, vectors>.self, row: row, upcoming)
    case 8: compute(Tile<8, vectors>.self, row: row, upcoming)
    case 9: compute(Tile<9, vectors>.self, row: row, upcoming)
    case 10: compute(Tile<10, vectors>.self, row: row, upcoming)
    case 11: compute(Tile<11, vectors>.self, row: row, upcoming)
    default: compute(Tile<12, vectors>.self, row: row, upcoming)
    }
  }
}

@_cdecl("pf_kernels_avx512") @implementation
public func pf_kernels_avx512(_ table: UnsafeMutablePointer<pf_kernels>!) { fill(table, isa: "avx512") }
