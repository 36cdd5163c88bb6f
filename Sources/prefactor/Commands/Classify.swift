import ArgumentParser
import PrefactorCompiler

struct Classify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the likeliest classes of JPEG, PNG, BMP and WebP images.",
    discussion:
      """
      An image that cannot be read does not keep the others from being classified. Where the network's last output is \
      no set of probabilities, with a sum of 1, the softmax of it is shown.
      """
  )

  @Argument(help: "The network.") var model: String

  @Argument(help: "Image files.") var images: [String]

  @Option(parsing: .unconditional, help: "How many classes to print.") var top = 5

  @OptionGroup var description: DescriptionOptions
  @OptionGroup var sizes: SizeOptions
  @OptionGroup var execution: ExecutionOptions

  func validate() throws {
    if top < 1 { throw ValidationError("--top must be at least 1") }
  }

  func run() throws {
    let classifier = try Classifier(description.network(model), sizes, execution)
    let reader = SampleReader()
    for batch in images.batches(of: classifier.batch) {
      for (image, scores) in zip(batch, try classifier.scores(Array(batch), reader)) {
        guard let scores else { continue }
        let shares = probabilities(scores)
        print("\(image):")
        for index in largest(top, of: scores) { print("  \(shares[index].formatted(4))  \(classifier.label(index))") }
      }
    }
    if !reader.unreadable.isEmpty {
      throw Invalid("\(reader.unreadable.count) of \(Set(images).count) images cannot be read")
    }
  }
}
