// AVX2 with FMA: 16 registers of 8 floats. 6 × 2 accumulators leave room for two columns of weights and a broadcast.
import KernelContract

typealias Vector = SIMD8<Float>
typealias FullTile<let vectors: Int> = Tile<6, vectors>
let tileRows = 6
typealias RowTile = Tile<1, 4>

@_cdecl("pf_kernels_avx2") @implementation
public func pf_kernels_avx2(_ table: UnsafeMutablePointer<pf_kernels>!) { fill(table, isa: "avx2") }
