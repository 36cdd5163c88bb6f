import KernelContract

func fill(_ table: UnsafeMutablePointer<pf_kernels>, isa: StaticString) {
  table.pointee = pf_kernels(
    isa: UnsafeRawPointer(isa.utf8Start).assumingMemoryBound(to: CChar.self),
    convolution_scratch: { convolutionScratch($0!.pointee) },
    convolution_block_pixels: { Int32(blockPixels($0!.pointee)) },
    convolution: { convolve($0!.pointee, $1!.pointee, scratch: $2!) },
    tiled_weights: { tiledWeights($0!.pointee, $1, group: Int($2), panel: Int($3), to: $4!) },
    tiled_scratch: { tiledScratch($0!.pointee, $1) },
    tiled_block_tiles: { Int32(tiledBlockTiles($0!.pointee, $1)) },
    tiled_convolution: { tiledConvolve($0!.pointee, $1, $2!.pointee, scratch: $3!) },
    depthwise: { depthwise($0!.pointee, firstRow: Int($1), rows: Int($2)) },
    pool: { pool($0!.pointee, firstRow: Int($1), rows: Int($2)) },
    lrn: { lrn($0!.pointee, $1!, $2!, pixels: $3) },
    unary: { unary($0, $1, $2, $3!, $4!, $5) },
    binary: { binary($0, Operand($1!, step: $2), Operand($3!, step: $4), $5!, $6, $7, $8) },
    softmax: { softmax($0!, $1!, rows: $2, count: $3, logarithm: $4 != 0) },
    reduce: { reduce($0, $1!, $2!, count: $3, inner: $4, columns: $5..<$5 + $6) },
    transpose: { transpose($0!, stride: $1, $2!, stride: $3, rows: $4, columns: $5) },
    peak: { multiplyAddPeak(rounds: $0) })
}
