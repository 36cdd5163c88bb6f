import ArgumentParser
import Foundation
import PrefactorCompiler

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval", abstract: "Measures accuracy on a folder of images, or agreement with another model where there are no labels.")

  @Argument(help: "The network.") var model: String

  @Option(help: ArgumentHelp("The folder of the images.", valueName: "dir")) var images: String

  @Option(help: ArgumentHelp("Lines of file name and class, counted from 0.", valueName: "file")) var labels: String?

  @Option(help: ArgumentHelp("A network to agree with, on its own preprocessing where it has one.", valueName: "model"))
  var reference: String?

  @Flag(help: "Print JSON.") var json = false

  @OptionGroup var description: DescriptionOptions
  @OptionGroup var sizes: SizeOptions
  @OptionGroup var execution: ExecutionOptions

  func validate() throws {
    if (labels == nil) == (reference == nil) { throw ValidationError("give either --labels or --reference") }
  }

  func run() throws {
    let classifier = try Classifier(description.network(model), sizes, execution)
    if let labels {
      try measureAccuracy(classifier, try LabelledImage.read(labels))
    } else if let reference {
      try measureAgreement(classifier, try Classifier(description.network(reference, overriding: false), sizes, execution))
    }
  }

  private struct Accuracy: Encodable {
    var top1 = 0.0, top5 = 0.0, images: Int
  }

  private func measureAccuracy(_ classifier: Classifier, _ samples: [LabelledImage]) throws {
    var first = 0
    var amongFive = 0
    try each(samples) { sample in
      let scores = try classifier.scores(path(sample.file))
      guard sample.label < scores.count else {
        throw FileError(labels!, "says class \(sample.label) of '\(sample.file)', and the network knows \(scores.count) classes")
      }
      let best = largest(5, of: scores)
      if best.first == sample.label { first += 1 }
      if best.contains(sample.label) { amongFive += 1 }
    }
    let count = samples.count
    let accuracy = Accuracy(top1: Double(first) / Double(count), top5: Double(amongFive) / Double(count), images: count)
    if json { return try printJSON(accuracy) }
    print("top-1 \((100 * accuracy.top1).formatted(2)) %, top-5 \((100 * accuracy.top5).formatted(2)) % of \(count) images")
  }

  private struct Agreement: Encodable {
    var agreement: Double, images: Int
  }

  private func measureAgreement(_ classifier: Classifier, _ reference: Classifier) throws {
    let names = try imageNames(in: images)
    var equal = 0
    try each(names) { name in
      let scores = try [classifier, reference].map { largest(1, of: try $0.scores(path(name))) }
      if scores[0] == scores[1] { equal += 1 }
    }
    let agreement = Agreement(agreement: Double(equal) / Double(names.count), images: names.count)
    if json { return try printJSON(agreement) }
    print("the same class for \((100 * agreement.agreement).formatted(2)) % of \(names.count) images")
  }

  private func each<Item>(_ items: [Item], _ body: (Item) throws -> Void) throws {
    let progress = ProgressBar()
    defer { progress.clear() }
    for (index, item) in items.enumerated() {
      progress.show("evaluating", index, of: items.count)
      try body(item)
    }
  }

  private func path(_ name: String) -> String { "\(images)/\(name)" }
}
