import XCTest

/// Half a unit in the last place of 1: what one rounding adds, relative to the result.
let roundoff: Float = 0x1p-24

/// Fails at the first element further from the reference than its tolerance; NaNs and infinities have to be the same.
func assertClose(
  _ got: Buffer, _ want: Buffer, tolerance: (Int) -> Float, _ message: @autoclosure () -> String,
  file: StaticString = #filePath, line: UInt = #line
) {
  for i in 0..<want.floats.count {
    let g = got.floats[i]
    let w = want.floats[i]
    if g == w || g.isNaN && w.isNaN || abs(g - w) <= tolerance(i) { continue }
    return XCTFail("\(message()): element \(i) is \(g), not \(w) ± \(tolerance(i))", file: file, line: line)
  }
}

func assertIdentical(
  _ got: Buffer, _ want: Buffer, _ message: @autoclosure () -> String, file: StaticString = #filePath,
  line: UInt = #line
) {
  for i in 0..<want.floats.count where got.floats[i].bitPattern != want.floats[i].bitPattern {
    return XCTFail("\(message()): element \(i) is \(got.floats[i]), not \(want.floats[i])", file: file, line: line)
  }
}
