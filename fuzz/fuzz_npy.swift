import Fuzzing

@testable import prefactor

/// Arrays that `run` and calibration read.
@main
struct FuzzNPY {
  static func main() { fuzz { _ = try NumPyFile.parse($0) } }
}
