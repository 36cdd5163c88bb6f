// Every kernel as plain loops over single floats, in the order of its definition in the contract: what the others are
// tested against. Sums are kept in double precision, so that what a comparison measures is the error of the kernel
// under test.
import KernelContract

typealias Source = UnsafePointer<Float>
typealias Target = UnsafeMutablePointer<Float>

@_cdecl("pf_kernels_scalar") @implementation
public func pf_kernels_scalar(_ table: UnsafeMutablePointer<pf_kernels>!) {
  let isa: StaticString = "scalar"
  table.pointee = pf_kernels(
    isa: UnsafeRawPointer(isa.utf8Start).assumingMemoryBound(to: CChar.self),
    convolution_scratch: { _ in 0 },
    convolution_block_pixels: { _ in 64 },
    convolution: { layer, block, _ in convolve(layer!.pointee, block!.pointee) },
    transform_weights: nil, transform_scratch: nil, transform_block_tiles: nil, transform_convolution: nil,
    depthwise_scratch: { _, _ in 0 },
    depthwise: { layer, mixture, firstRow, rows, _ in
      depthwise(layer!.pointee, mixture?.pointee ?? pf_mixture(), rows: Int(firstRow)..<Int(firstRow + rows))
    },
    pool: { pool($0!.pointee, firstRow: Int($1), rows: Int($2)) },
    lrn: { lrn($0!.pointee, $1!, $2!, pixels: $3) },
    affine: { affine($0!.pointee, $1!, $2!, pixels: $3) },
    unary: { function, alpha, beta, input, inputStride, output, outputStride, rows, count in
      for row in 0..<rows {
        for i in 0..<count {
          output![row * outputStride + i] = unary(function, alpha, beta, input![row * inputStride + i])
        }
      }
    },
    binary: { function, left, right, output, outputStride, rows, count, low, high in
      for row in 0..<rows {
        for i in 0..<count {
          output![row * outputStride + i] = clamp(
            binary(function, left!.pointee[row, i], right!.pointee[row, i]), low, high)
        }
      }
    },
    softmax: { softmax($0!, $1!, rows: $2, count: $3, logarithm: $4 != 0, cancelled: $5) },
    reduce: { function, input, stride, output, count, _, first, columns, cancelled in
      for column in first..<first + columns {
        output![column] = reduce(function, input! + column, count: count, stride: stride, cancelled: cancelled)
      }
    },
    transpose: { transpose($0!.pointee, $1!, $2!) },
    resize: { resize($0!.pointee, $1!) },
    image_scratch: { _ in 0 },
    image: { image, firstRow, rows, _ in resizeImage(image!.pointee, rows: Int(firstRow)..<Int(firstRow + rows)) },
    peak: { rounds in
      var sum: Float = 0
      for _ in 0..<rounds { sum = sum * Float(rounds) + 1 }
      return sum < 0 ? 0 : rounds
    })
}

/// A NaN stays one.
func clamp(_ value: Float, _ low: Float, _ high: Float) -> Float { value < low ? low : value > high ? high : value }

/// NaN where either is.
func larger(_ a: Float, _ b: Float) -> Float { a.isNaN || a > b ? a : b }
func smaller(_ a: Float, _ b: Float) -> Float { a.isNaN || a < b ? a : b }

extension pf_operand {
  subscript(row: Int, i: Int) -> Float { values[row * Int(stride) + i * Int(step)] }
}
