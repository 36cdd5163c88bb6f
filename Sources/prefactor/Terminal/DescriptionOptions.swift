import ArgumentParser
import PrefactorCompiler

/// What an `.onnx` file does not say about its network.
struct DescriptionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How an image becomes the input, as JSON.", valueName: "pre.json")) var preprocess: String?

  @Option(help: ArgumentHelp("Names of the classes, one a line.", valueName: "names.txt")) var classLabels: String?

  @OptionGroup var importing: ImportOptions

  /// `overriding` decides whether the options or the file's own preprocessing counts where there are both.
  func network(_ path: String, overriding: Bool = true) throws -> Network {
    try importing.network(path, preprocessing: preprocess, labels: classLabels, overriding: overriding)
  }
}
