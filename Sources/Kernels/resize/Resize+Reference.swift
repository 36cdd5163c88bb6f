import KernelContract

func resize(_ row: pf_resized_row, _ output: Target) {
  for x in 0..<Int(row.width) {
    let sample = row.samples[x]
    let left = Int(sample.first) * Int(row.input_stride)
    let right = Int(sample.second) * Int(row.input_stride)
    for channel in 0..<Int(row.channels) {
      func across(_ line: Source) -> Double {
        Double(line[left + channel]) * Double(1 - sample.weight) + Double(line[right + channel]) * Double(sample.weight)
      }
      let value = row.lower.map { across(row.upper) * Double(1 - row.weight) + across($0) * Double(row.weight) }
      output[x * Int(row.output_stride) + channel] = value.map { Float($0) } ?? row.upper[left + channel]
    }
  }
}
