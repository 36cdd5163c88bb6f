// The registers of an instruction set, and the tiles of accumulators that fit in them beside a row of weights and a
// value of the input:
//
//               registers × floats   rows × vectors at most   one row alone   and of half precision
//     AVX-512   32 × 16              12 × 2                   1 × 2           1 × 2
//     AVX2      16 × 8               6 × 2                    1 × 4           1 × 4
//     SSE2      16 × 4               4 × 2                    1 × 8           1 × 4
//     NEON-64   32 × 4               10 × 2                   1 × 8           1 × 8
//     NEON-32   16 × 4               4 × 2                    1 × 8           1 × 2
//
// Fewer rows than five of two vectors keep the multipliers waiting for sums, as do fewer than eight sums in one row; a
// row alone is as wide as a panel, and so reads it as one stream. Where widening half precision takes many
// instructions, so it does registers.
//
// NEON multiplies by one lane of a register as fast as by a whole one, so that four values of a row take one load and
// one register. Of 32-bit NEON's, eight sums in a row leave too few for that.
import KernelContract

typealias Vector = SIMD4<Float>
typealias LaneIndices = SIMD4<Int32>
/// As many pixels of a depthwise convolution at a time whose channels are mixed.
typealias MixedTile<Reading: StripReading, let columns: Int, let stride: Int> = StripTile<Reading, 8, columns, stride>
/// Whether one instruction permutes the lanes of a vector as others say.
let permutesLanes = false
typealias RowTile = Tile<1, 8>
#if arch(arm64)
let tileRows = 10
typealias FullTile<let vectors: Int> = Tile<10, vectors>
typealias HalfRowTile = RowTile
func multipliesByLane(rows: Int) -> Bool { true }
#else
let tileRows = 4
typealias FullTile<let vectors: Int> = Tile<4, vectors>
#if arch(x86_64)
typealias HalfRowTile = Tile<1, 4>
func multipliesByLane(rows: Int) -> Bool { false }
#else
typealias HalfRowTile = Tile<1, 2>
func multipliesByLane(rows: Int) -> Bool { rows > 1 }
#endif
#endif

extension Vector {
  @inline(__always) init(widening halves: UnsafePointer<UInt16>) { self = pf_widen4(halves) }
}

/// 16 bytes of each of four rows of an image, and sums of them.
typealias PixelBytes = SIMD16<UInt8>
typealias PixelRows = InlineArray<4, PixelBytes>
typealias RowSums = InlineArray<4, PixelSums>

@inline(__always)
func load(
  _ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, _ c: UnsafePointer<UInt8>, _ d: UnsafePointer<UInt8>
) -> PixelRows { [pf_load_rows(a), pf_load_rows(b), pf_load_rows(c), pf_load_rows(d)] }

extension Product {
  @inline(__always)
  func compute<let vectors: Int>(_: InlineArray<vectors, Vector>.Type, rows: Int, row: Int, _ upcoming: Upcoming) {
    switch rows {
    case 1: compute(Tile<1, vectors>.self, row: row, upcoming)
    case 2: compute(Tile<2, vectors>.self, row: row, upcoming)
    case 3: compute(Tile<3, vectors>.self, row: row, upcoming)
    #if arch(arm64)
    case 4: compute(Tile<4, vectors>.self, row: row, upcoming)
    case 5: compute(Tile<5, vectors>.self, row: row, upcoming)
    case 6: compute(Tile<6, vectors>.self, row: row, upcoming)
    case 7: compute(Tile<7, vectors>.self, row: row, upcoming)
    case 8: compute(Tile<8, vectors>.self, row: row, upcoming)
    case 9: compute(Tile<9, vectors>.self, row: row, upcoming)
    #endif
    default: compute(FullTile<vectors>.self, row: row, upcoming)
    }
  }
}

#if arch(x86_64)
@_cdecl("pf_kernels_baseline") @implementation
public func pf_kernels_baseline(_ table: UnsafeMutablePointer<pf_kernels>!) { fill(table, isa: "sse2") }
#else
@_cdecl("pf_kernels_neon") @implementation
public func pf_kernels_neon(_ table: UnsafeMutablePointer<pf_kernels>!) { fill(table, isa: "neon") }
#endif
