/// In squares of 16, whose lines of both matrices stay in the first-level cache.
func transpose(_ input: Source, stride inputStride: Int, _ output: Target, stride outputStride: Int, rows: Int, columns: Int) {
  for firstColumn in stride(from: 0, to: columns, by: 16) {
    for firstRow in stride(from: 0, to: rows, by: 16) {
      for column in firstColumn..<min(firstColumn + 16, columns) {
        for row in firstRow..<min(firstRow + 16, rows) {
          output[column * outputStride + row] = input[row * inputStride + column]
        }
      }
    }
  }
}
