// AVX-512: 32 registers of 16 floats. 12 × 2 accumulators leave room for two columns of weights and a broadcast.
import KernelContract

typealias Vector = SIMD16<Float>
typealias FullTile<let vectors: Int> = Tile<12, vectors>
let tileRows = 12
typealias RowTile = Tile<1, 2>

@_cdecl("pf_kernels_avx512") @implementation
public func pf_kernels_avx512(_ table: UnsafeMutablePointer<pf_kernels>!) { fill(table, isa: "avx512") }
