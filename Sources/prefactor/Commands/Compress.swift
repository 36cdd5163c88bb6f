import ArgumentParser
import PrefactorCalibration
import PrefactorCompiler

struct Compress: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Replaces layers by products of smaller ones, and writes the network as a .pfmodel.",
    discussion: """
      Give either --energy or --plan. With --energy each layer gets the method with the fewest multiplies, at the ranks that keep this \
      share of the squares of its weights. A plan names methods and ranks by layer: {"conv2": {"method": "channel", "rank": 40}, …}. \
      With --calibration its chains are fitted to what the layers see on those images, unless the plan names another "metric".
      """)

  @Argument(help: "The network.") var model: String

  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("The share of the weights' energy to keep, above 0 and up to 1.", valueName: "share")) var energy: Double?

  @Option(help: ArgumentHelp("Methods and ranks by layer, as JSON.", valueName: "plan.json")) var plan: String?

  @Option(help: ArgumentHelp("A folder of images like those that the network is for.", valueName: "dir")) var calibration: String?

  @Option(help: ArgumentHelp("Lines of file name and class, counted from 0: which of the calibration images to take.", valueName: "file"))
  var labels: String?

  @OptionGroup var description: DescriptionOptions

  func validate() throws {
    guard (energy == nil) != (plan == nil) else { throw ValidationError("give either --energy or --plan") }
    if let energy, !(energy > 0 && energy <= 1) { throw ValidationError("--energy must be above 0 and at most 1") }
    if calibration != nil, plan == nil { throw ValidationError("--calibration is for a --plan: an energy is one of weights alone") }
    if labels != nil, calibration == nil { throw ValidationError("--labels is for the images of --calibration") }
  }

  func run() throws {
    let original = try description.network(model)
    var network = original
    let progress = ProgressBar()
    if let energy { try Compiler.factor(&network, .energy(energy), progress: progress.show) }
    if let plan {
      let images = try calibration.map { try CalibrationImages(folder: $0, labels: labels) }
      try Compiler.factor(&network, .plan(path: plan, images), progress: progress.show)
    }
    try output.round(&network)
    progress.show("comparing", 0, of: 1)
    let difference = try Compiler.relativeDifference(original, network)
    progress.clear()
    try output.write(network.graph)
    print(Table(try LayerReport(network.graph)))
    print("outputs differ by \((100 * difference).formatted(2)) % on a random input")
  }
}
