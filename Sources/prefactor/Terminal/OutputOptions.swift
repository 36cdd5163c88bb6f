import ArgumentParser
import PrefactorCompiler
import PrefactorRuntime

/// How a `.pfmodel` is written.
struct OutputOptions: ParsableArguments {
  @OptionGroup var file: OutputFileOptions

  @Option(
    help: ArgumentHelp(
      """
      Also store the weights in the form that is fastest on one kind of processor; sessions start sooner there. One of \
      \(OutputOptions.targets).
      """,
      valueName: "processor"))
  var target: String?

  @Option(
    help: ArgumentHelp(
      """
      The number format of the weights. fp16 halves the file, and the time of layers that wait for their weights; \
      outputs change in the fourth digit. If left out, the format stays as it is.
      """,
      valueName: "fp32|fp16"))
  var weights: WeightPrecision?

  func validate() throws {
    _ = try chosenTarget
    if Compiler.isONNX(file.output) {
      throw ValidationError("\(file.output): what is written is a .pfmodel, of which prefactor export makes an .onnx.")
    }
  }

  var chosenTarget: Target? {
    get throws {
      guard let target else { return nil }
      guard let known = Target.named(target) else {
        throw ValidationError("--target must be one of \(OutputOptions.targets)")
      }
      return known
    }
  }

  private static var targets: String {
    let all = Target.all
    return all.indices.map { all[$0].name.description }.joined(separator: ", ")
  }
}

extension WeightPrecision: ExpressibleByArgument {}
