import ArgumentParser
import PrefactorCompiler
import PrefactorEngine
import PrefactorEvaluation

struct Classify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the likeliest classes of JPEG, PNG, BMP and WebP images.",
    discussion:
      """
      If an image cannot be read, the others are still classified. If the network's last output does not sum to 1, its \
      softmax is shown.
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
    let network = try description.network(model)
    let classifier = try Classifier(network, sizes, execution)
    let labels = network.graph.labels
    let reader = SampleReader()
    let samples = Samples(images, reader)
    for batch in samples.batches(of: classifier.batch) {
      for (index, scores) in zip(batch, try classifier.scores(of: samples, batch)) {
        guard let scores else { continue }
        let shares = probabilities(scores)
        print("\(images[index]):")
        for label in topClasses(top, of: scores) {
          print("  \(shares[label].formatted(4))  \(label < labels.count ? labels[label] : "class \(label)")")
        }
      }
    }
    if !reader.unreadable.isEmpty {
      throw Invalid("\(reader.unreadable.count) of \(Set(images).count) images cannot be read")
    }
  }
}
