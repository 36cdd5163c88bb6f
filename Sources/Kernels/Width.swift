// The instruction set of a plain build: NEON on ARM, SSE2 on x86-64. The folders of the other instruction sets hold a file like this one,
// and links to all the others here.
import KernelContract

#if arch(x86_64)
typealias Vector = SIMD4<Float>
typealias FullTile<let vectors: Int> = Tile<4, vectors>
let tileRows = 4
typealias RowTile = Tile<1, 8>

@_cdecl("pf_kernels_baseline") @implementation
public func pf_kernels_baseline(_ table: UnsafeMutablePointer<pf_kernels>!) { fill(table, isa: "sse2") }

#else
typealias Vector = SIMD4<Float>
typealias FullTile<let vectors: Int> = Tile<8, vectors>
let tileRows = 8
typealias RowTile = Tile<1, 8>

@_cdecl("pf_kernels_neon") @implementation
public func pf_kernels_neon(_ table: UnsafeMutablePointer<pf_kernels>!) { fill(table, isa: "neon") }
#endif
