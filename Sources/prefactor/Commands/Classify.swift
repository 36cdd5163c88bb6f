import ArgumentParser

struct Classify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the likeliest classes of JPEG and PNG images.",
    discussion: "Where the network's last output is no set of probabilities, with a sum of 1, the softmax of it is shown.")

  @Argument(help: "The network.") var model: String

  @Argument(help: "Image files.") var images: [String]

  @Option(help: "How many classes to print.") var top = 5

  @OptionGroup var description: DescriptionOptions
  @OptionGroup var sizes: SizeOptions
  @OptionGroup var execution: ExecutionOptions

  func validate() throws {
    if top < 1 { throw ValidationError("--top must be at least 1") }
  }

  func run() throws {
    let classifier = try Classifier(description.network(model), sizes, execution)
    for image in images {
      let scores = try classifier.scores(image)
      let shares = probabilities(scores)
      print("\(image):")
      for index in largest(top, of: scores) { print("  \(shares[index].formatted(4))  \(classifier.label(index))") }
    }
  }
}
