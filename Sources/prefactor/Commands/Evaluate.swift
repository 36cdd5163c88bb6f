import ArgumentParser
import PrefactorCompiler
import PrefactorEngine
import PrefactorEvaluation

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Measures accuracy on a folder of images, or agreement with another model where there are no labels.",
    discussion: """
      Classes come from --labels, or from subfolders, one for each class: dir/class/image.jpg. A subfolder is named \
      after a class of --class-labels, or after its number, counted from 0. Classes with other names are numbered in \
      alphabetical order. Images that cannot be read are named on standard error and not counted.
      """)

  @Argument(help: "The network.") var model: String

  @Option(help: ArgumentHelp("The folder of the images.", valueName: "dir")) var images: String

  @Option(
    help: ArgumentHelp(
      """
      Lines with a file name and a class, counted from 0; or CSV (file,class), with or without a header, where a class \
      is a number or a name.
      """,
      valueName: "file"))
  var labels: String?

  @Option(
    help: ArgumentHelp(
      "Another network to compare with. It uses its own preprocessing if it has one.", valueName: "model"))
  var reference: String?

  @Flag(help: "Print JSON.") var json = false

  @OptionGroup var description: DescriptionOptions
  @OptionGroup var sizes: SizeOptions
  @OptionGroup var execution: ExecutionOptions

  func validate() throws {
    if labels != nil, reference != nil { throw ValidationError("give either --labels or --reference") }
  }

  func run() throws {
    let network = try description.network(model)
    let classifier = try Classifier(network, sizes, execution)
    let folder = try ImageFolder(images, labels: labels, classes: network.graph.labels)
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

  private struct AccuracyReport: Encodable {
    var top1: Double, top5: Double, images: Int, unreadable: Int, skipped: Int
  }

  private func measureAccuracy(_ classifier: Classifier, _ folder: ImageFolder) throws {
    folder.warnOfSkipped()
    let accuracy: Accuracy
    do {
      accuracy = try Accuracy(of: classifier, on: Samples(folder), progress: show)
    } catch let error as UnknownClass {
      throw FileError(
        labels ?? images,
        """
        says class \(error.label) of '\(folder.images[error.sample].path)', and the network knows \(error.classCount) \
        classes, from 0
        """
      )
    }
    let unreadable = try unreadable(folder, besides: accuracy.samples)
    if json {
      return try printJSON(
        AccuracyReport(
          top1: accuracy.top1, top5: accuracy.top5, images: accuracy.samples, unreadable: unreadable,
          skipped: folder.skipped))
    }
    print(
      """
      top-1 \((100 * accuracy.top1).formatted(2)) %, top-5 \((100 * accuracy.top5).formatted(2)) % of \
      \(accuracy.samples) images
      """)
  }

  private struct AgreementReport: Encodable {
    var agreement: Double, images: Int, unreadable: Int, skipped: Int
  }

  private func measureAgreement(_ classifier: Classifier, _ reference: Classifier, _ folder: ImageFolder) throws {
    folder.warnOfSkipped()
    let agreement = try Agreement(of: classifier, with: reference, on: Samples(folder), progress: show)
    let unreadable = try unreadable(folder, besides: agreement.samples)
    if json {
      return try printJSON(
        AgreementReport(
          agreement: agreement.share, images: agreement.samples, unreadable: unreadable, skipped: folder.skipped))
    }
    print("the same class for \((100 * agreement.share).formatted(2)) % of \(agreement.samples) images")
  }

  private func show(_ index: Int, of count: Int) { ProgressBar.shared.show("evaluating", index, of: count) }

  /// How many images there are besides those that were read, of which there must be one.
  private func unreadable(_ folder: ImageFolder, besides read: Int) throws -> Int {
    ProgressBar.shared.clear()
    let unreadable = folder.images.count - read
    if read == 0 { throw FileError(images, "none of the \(unreadable) images can be read") }
    if unreadable > 0 {
      warn("\(images): \(unreadable) of \(folder.images.count) images cannot be read, and are not counted")
    }
    return unreadable
  }
}
