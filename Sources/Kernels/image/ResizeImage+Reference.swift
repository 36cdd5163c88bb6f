import KernelContract

func resizeImage(_ image: pf_image, rows: Range<Int>) {
  let width = Int(image.columns.target)
  for y in rows {
    let row = image.rows.window(of: y)
    for x in 0..<width {
      let column = image.columns.window(of: x)
      let element = image.output + (y * width + x) * Int(image.pixel_stride)
      for plane in 0..<Int(image.planes) {
        let pixel = row.resized { line in column.resized { image.sample(line, $0, plane) } }
        element[plane * Int(image.plane_stride)] = image.values[256 * plane + Int(pixel)]
      }
    }
  }
}

extension ImageWindow {
  fileprivate func resized(_ sample: (Int) -> Int32) -> Int32 {
    var sum: Int32 = 1 << (PF_WEIGHT_BITS - 1)
    for pixel in pixels { sum += weight(pixel) * sample(pixel) }
    return min(sum >> PF_WEIGHT_BITS, 255)
  }
}

extension pf_image {
  fileprivate func sample(_ y: Int, _ x: Int, _ plane: Int) -> Int32 {
    let pixel = rgb + y * row_bytes + 3 * x
    if planes == 3 { return Int32(pixel[plane]) }
    return (19595 * Int32(pixel[0]) + 38470 * Int32(pixel[1]) + 7471 * Int32(pixel[2]) + 32768) >> 16
  }
}
