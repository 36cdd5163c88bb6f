import ArgumentParser
import Foundation
import PrefactorCompiler

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Measures accuracy on a folder of images, or agreement with another model where there are no labels.",
    discussion: """
      Classes come from --labels, or from subfolders, one for each class: dir/class/image.jpg. Such a folder is \
      called as the class is by \
      --class-labels, or by its number from 0; other names count in their alphabetical order. Images that cannot be \
      read are named on standard \
      error and not counted.
      """)

  @Argument(help: "The network.") var model: String

  @Option(help: ArgumentHelp("The folder of the images.", valueName: "dir")) var images: String

  @Option(
    help: ArgumentHelp(
      """
      Lines of file name and class, counted from 0; or CSV: file,class, with or without a header, where a class is a \
      number or a name.
      """,
      valueName: "file"))
  var labels: String?

  @Option(help: ArgumentHelp("A network to agree with, on its own preprocessing where it has one.", valueName: "model"))
  var reference: String?

  @Flag(help: "Print JSON.") var json = false

  @OptionGroup var description: DescriptionOptions
  @OptionGroup var sizes: SizeOptions
  @OptionGroup var execution: ExecutionOptions

  func validate() throws {
    if labels != nil, reference != nil { throw ValidationError("give either --labels or --reference") }
  }

  func run() throws {
    let classifier = try Classifier(description.network(model), sizes, execution)
    let folder = try ImageFolder(images, labels: labels, classes: classifier.labels)
    if let reference {
      try measureAgreement(
        classifier, try Classifier(description.network(reference, overriding: false), sizes, execution), folder)
    } else {
      guard folder.isLabelled else {
        throw FileError(
          images,
          """
          does not say the classes of its images: give --labels, or a folder in it for each class, or --reference to \
          measure agreement
          """
        )
      }
      try measureAccuracy(classifier, folder)
    }
  }

  private struct Accuracy: Encodable {
    var top1 = 0.0, top5 = 0.0, images: Int, unreadable: Int, skipped: Int
  }

  private func measureAccuracy(_ classifier: Classifier, _ folder: ImageFolder) throws {
    var first = 0
    var amongFive = 0
    let count = try each(folder, of: [classifier]) { image, scores in
      let scores = scores[0]
      guard let label = image.label, label < scores.count else {
        throw FileError(
          labels ?? images,
          "says class \(image.label ?? 0) of '\(image.path)', and the network knows \(scores.count) classes, from 0")
      }
      let best = largest(5, of: scores)
      if best.first == label { first += 1 }
      if best.contains(label) { amongFive += 1 }
    }
    let accuracy = Accuracy(
      top1: Double(first) / Double(count), top5: Double(amongFive) / Double(count), images: count,
      unreadable: folder.images.count - count,
      skipped: folder.skipped)
    if json { return try printJSON(accuracy) }
    print(
      "top-1 \((100 * accuracy.top1).formatted(2)) %, top-5 \((100 * accuracy.top5).formatted(2)) % of \(count) images")
  }

  private struct Agreement: Encodable {
    var agreement: Double, images: Int, unreadable: Int, skipped: Int
  }

  private func measureAgreement(_ classifier: Classifier, _ reference: Classifier, _ folder: ImageFolder) throws {
    var equal = 0
    let count = try each(folder, of: [classifier, reference]) { _, scores in
      if largest(1, of: scores[0]) == largest(1, of: scores[1]) { equal += 1 }
    }
    let agreement = Agreement(
      agreement: Double(equal) / Double(count), images: count, unreadable: folder.images.count - count,
      skipped: folder.skipped)
    if json { return try printJSON(agreement) }
    print("the same class for \((100 * agreement.agreement).formatted(2)) % of \(count) images")
  }

  /// How many of the images can be read; `body` is given each of these, and the scores of each network.
  private func each(
    _ folder: ImageFolder, of classifiers: [Classifier], _ body: (ImageFolder.Image, [[Float]]) throws -> Void
  ) throws -> Int {
    folder.warnOfSkipped()
    let reader = SampleReader()
    var count = 0
    for batch in folder.images.batches(of: classifiers.map(\.batch).max() ?? 1) {
      ProgressBar.shared.show("evaluating", batch.startIndex, of: folder.images.count)
      let scores = try classifiers.map { try $0.scores(batch.map(\.path), reader) }
      for (index, image) in batch.enumerated() {
        let known = scores.compactMap { $0[index] }
        guard known.count == classifiers.count else { continue }
        try body(image, known)
        count += 1
      }
    }
    ProgressBar.shared.clear()
    let unreadable = folder.images.count - count
    if count == 0 { throw FileError(images, "none of the \(unreadable) images can be read") }
    if unreadable > 0 {
      warn("\(images): \(unreadable) of \(folder.images.count) images cannot be read, and are not counted")
    }
    return count
  }
}
