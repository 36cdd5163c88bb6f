import KernelContract

func transpose(_ shape: pf_transposition, _ input: Source, _ output: Target) {
  for matrix in 0..<shape.matrices {
    let input = input + matrix * shape.input_step
    let output = output + matrix * shape.output_step
    for row in 0..<shape.rows {
      for column in 0..<shape.columns {
        output[column * shape.output_stride + row] = input[row * shape.input_stride + column]
      }
    }
  }
}
