import ArgumentParser
import PrefactorCompiler

struct Compress: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Replaces layers by products of smaller ones, and writes the network as a .pfmodel.",
    discussion: """
      Give either --energy or --plan. With --energy, each layer gets the method with the fewest multiplies. Its ranks \
      keep this share of the sum of squares of the layer's weights or, with --calibration, of its outputs. A plan \
      names methods and ranks by layer: {"conv2": {"method": "channel", "rank": 40}, …}. With --calibration, the \
      factors are fitted to what the layers see on those samples, unless the plan names another "metric". `eval` \
      measures how accurate the result is.
      """)

  @Argument(help: "The network.") var model: String

  @OptionGroup var output: OutputOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The share of the energy to keep, above 0 and up to 1.", valueName: "share")) var energy: Double?

  @Option(help: ArgumentHelp("Methods and ranks by layer, as JSON.", valueName: "plan.json")) var plan: String?

  @Option(
    help: ArgumentHelp(
      """
      A folder of representative images, or of .npy files if the network takes no images. Write name=dir if it has \
      several inputs.
      """,
      valueName: "dir"))
  var calibration: [String] = []

  @Option(
    help: ArgumentHelp("The calibration images to use and their classes, in the format of `eval`.", valueName: "file")
  )
  var labels: String?

  @OptionGroup var description: DescriptionOptions

  func validate() throws {
    guard (energy == nil) != (plan == nil) else { throw ValidationError("give either --energy or --plan") }
    if let energy, !(energy > 0 && energy <= 1) {
      throw ValidationError("--energy must be above 0 and at most 1: 0.9 keeps 90 %")
    }
    if labels != nil, calibration.isEmpty { throw ValidationError("--labels is for the images of --calibration") }
  }

  func run() throws {
    let network = try description.network(model)
    let samples = calibration.isEmpty ? nil : try CalibrationSamples(calibration, labels: labels, network)
    let file = try output.file.file(apartFrom: network.files + [plan, labels] + (samples?.files ?? []))
    let request = CompressRequest(
      network, energy.map(Factoring.energy) ?? .plan(path: plan!), calibration: samples?.calibration,
      weights: output.weights, target: try output.chosenTarget)
    let result = try Compiler.compress(request, progress: ProgressBar.shared.show)
    try file.write { result.bytes }
    let report =
      """
      \(Table(result.layers))\noutputs differ by \((100 * result.difference).formatted(2)) % on a random input
      """
    if file.isStandardOutput { complain(report) } else { print(report) }
    if energy != nil, samples == nil {
      warn(
        """
        what accuracy is left is unknown, for an energy is one of weights: measure it with `prefactor eval`, or give \
        --calibration
        """
      )
    }
  }
}
