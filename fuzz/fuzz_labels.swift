import Fuzzing
import PrefactorCompiler

@testable import prefactor

/// Files that name images and their classes.
@main
struct FuzzLabels {
  static func main() {
    fuzz { _ = try LabelledImage.parse(lines(of: $0, in: "labels"), of: "labels", classes: ["cat", "dog"]) }
  }
}
