import KernelContract

func fill(_ table: UnsafeMutablePointer<pf_kernels>, isa: StaticString) {
  table.pointee = pf_kernels(
    isa: UnsafeRawPointer(isa.utf8Start).assumingMemoryBound(to: CChar.self),
    convolution_scratch: { convolutionScratch($0!.pointee) },
    convolution_block_pixels: { Int32(blockPixels($0!.pointee)) },
    convolution: { convolve($0!.pointee, $1!.pointee, scratch: $2!) },
    transform_weights: { transformWeights($0!.pointee, $1, group: Int($2), panel: Int($3), to: $4!) },
    transform_scratch: { transformScratch($0!.pointee, $1) },
    transform_block_tiles: { Int32(transformBlockTiles($0!.pointee, $1)) },
    transform_convolution: { transformConvolve($0!.pointee, $1, $2!.pointee, scratch: $3!, spoilt: $4!) },
    depthwise_scratch: { depthwiseScratch($0!.pointee, $1?.pointee) },
    depthwise: { depthwise($0!.pointee, $1?.pointee, rows: Int($2)..<Int($2 + $3), scratch: $4) },
    pool: { pool($0!.pointee, firstRow: Int($1), rows: Int($2)) },
    lrn: { lrn($0!.pointee, $1!, $2!, pixels: $3) },
    affine: { affine($0!.pointee, $1!, $2!, pixels: $3) },
    unary: { unary($0, $1, $2, Rows(values: $3!, stride: $4), Rows(values: $5!, stride: $6), rows: $7, count: $8) },
    binary: { binary($0, $1!.pointee, $2!.pointee, Rows(values: $3!, stride: $4), rows: $5, count: $6, $7, $8) },
    softmax: { softmax($0!, $1!, rows: $2, count: $3, logarithm: $4 != 0, cancelled: $5) },
    reduce: { function, input, stride, output, count, _, first, columns, cancelled in
      reduce(
        function, input!, stride: stride, output!, count: count, columns: first..<first + columns, cancelled: cancelled)
    },
    transpose: { transpose($0!.pointee, $1!, $2!) },
    resize: { resize($0!.pointee, $1!) },
    image_scratch: { ImageBlock.scratch(width: Int($0)) },
    image: { resizeImage($0!.pointee, rows: Int($1)..<Int($1 + $2), scratch: $3!) },
    peak: { multiplyAddPeak(rounds: $0) })
}
