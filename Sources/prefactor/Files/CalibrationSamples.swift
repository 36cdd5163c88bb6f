import PrefactorCalibration
import PrefactorCompiler
import PrefactorEngine
import PrefactorGraph

/// Where samples for an input of the network are: `folder`, or `name=folder` where there are several inputs.
struct SampleFolder {
  var input: String?, path: String

  /// A folder may have an equals sign in its own name.
  init(_ argument: String, inputs: [String]) {
    if let equals = argument.firstIndex(of: "="), inputs.contains(String(argument[..<equals])) {
      (input, path) = (String(argument[..<equals]), String(argument[argument.index(after: equals)...]))
    } else {
      path = argument
    }
  }
}

/// Samples that layers are looked at with: images, as the network's preprocessing says, or `.npy` files as they are.
struct CalibrationSamples {
  var calibration: ImageCalibration
  /// All that is read.
  var files: [String]

  init(_ arguments: [String], labels: String?, _ network: Network) throws {
    let inputs = network.graph.inputs.map(network.graph.name)
    let folders = arguments.map { SampleFolder($0, inputs: inputs) }
    if folders.count > inputs.count {
      throw FileError(
        network.path,
        """
        has \(inputs.count == 1 ? "one input" : "\(inputs.count) inputs"), and --calibration is given \
        \(folders.count) times
        """
      )
    }
    if folders.count == 1, try !folders[0].holdsArrays {
      let folder = try ImageFolder(folders[0].path, labels: labels, classes: network.graph.labels)
      folder.warnOfSkipped()
      calibration = ImageCalibration(Samples(folder), try network.imageOptions())
      files = folder.images.map(\.path)
    } else {
      if labels != nil { throw FileError(folders[0].path, "holds .npy files, and --labels is for images") }
      let arrays = try CalibrationArrays(folders, network)
      calibration = ImageCalibration(arrays.samples, arrays.options, arrays.binding)
      files = arrays.files
    }
  }
}

extension Samples {
  init(_ folder: ImageFolder) {
    self.init(folder.images.map(\.path), SampleReader())
    labels = folder.isLabelled ? folder.images.map { $0.label! } : nil
  }

  /// Images.
  init(_ paths: [String], _ reader: SampleReader) {
    self.init(count: paths.count) { index, engine, place in
      try reader.read(paths[index]) { path in
        let image = try ImageFile(path)
        try inFile(path) {
          try engine.loadImage(image.rgb, width: image.width, height: image.height, batchIndex: place)
        }
      }
    }
  }
}

/// Says of each file once why it cannot be read.
final class SampleReader {
  private(set) var unreadable: Set<String> = []

  func read<Result>(_ path: String, _ body: (_ path: String) throws -> Result) throws -> Result {
    do { return try body(path) } catch {
      if unreadable.insert(path).inserted { warn("\(error)") }
      throw UnreadableSample("\(error)")
    }
  }
}

extension SampleFolder {
  fileprivate static let arrayExtensions = [".npy"]

  fileprivate var holdsArrays: Bool {
    get throws {
      let entries = try FolderEntries(path)
      return entries.files(ImageFolder.extensions).isEmpty && !entries.files(Self.arrayExtensions).isEmpty
    }
  }
}

/// Folders of `.npy` files, one for each input. Files of the same name in all of them belong together. Each holds one
/// sample, or several along its first dimension.
private struct CalibrationArrays {
  let samples: Samples
  let options: EngineOptions
  let binding: Binding
  let files: [String]

  init(_ folders: [SampleFolder], _ network: Network) throws {
    let inputs = network.graph.inputs
    let paths = try inputs.map { input in
      let name = network.graph.name(of: input)
      guard let folder = folders.first(where: { $0.input == name || (inputs.count == 1 && $0.input == nil) }) else {
        throw FileError(network.path, "needs samples for input '\(name)': give --calibration \(name)=DIR")
      }
      return folder.path
    }
    let names = try paths.map { path in
      let names = try FolderEntries(path).files(SampleFolder.arrayExtensions)
      if names.isEmpty { throw FileError(path, "holds no .npy files") }
      return names
    }
    for (path, others) in zip(paths, names) where others != names[0] {
      let lone = Set(others).symmetricDifference(names[0]).sorted()[0]
      throw FileError(path, "does not hold the same files as '\(paths[0])': '\(lone)' is in one of them alone")
    }
    files = paths.flatMap { path in names[0].map { "\(path)/\($0)" } }

    // Sizes that the network leaves open are those of the first sample.
    let reader = SampleReader()
    // A file may hold many samples.
    var last: (file: String, tensors: [Tensor])?
    func read(_ file: String) throws -> [Tensor] {
      if let last, last.file == file { return last.tensors }
      let tensors = try zip(paths, inputs).map { path, input in
        try reader.read("\(path)/\(file)") { path in try network.graph.converted(NumPyFile.read(path), for: input, path)
        }
      }
      last = (file, tensors)
      return tensors
    }
    var parts: [(file: String, part: Int)] = []
    var sizes: [[Int]]?
    for file in names[0] {
      let tensors: [Tensor]
      do { tensors = try read(file) } catch is UnreadableSample { continue }
      let samples = zip(tensors, inputs).map { Self.samples($0.dims, $1, hasBatch: network.graph.hasBatch($1)) }
      guard let count = samples[0]?.count, samples.allSatisfy({ $0?.count == count }) else {
        let wrong = samples.firstIndex { $0 == nil || $0!.count != samples[0]?.count } ?? 0
        throw FileError(
          "\(paths[wrong])/\(file)",
          """
          has the shape \(tensors[wrong].dims), and input '\(network.graph.name(of: inputs[wrong]))' takes \
          \(network.graph.text(of: inputs[wrong]))
          """
        )
      }
      let dims = samples.map { $0!.dims }
      if let sizes, sizes != dims {
        throw FileError("\(paths[0])/\(file)", "has samples of \(dims[0]), and other files have \(sizes[0])")
      }
      sizes = dims
      parts += (0..<count).map { (file, $0) }
    }
    guard let sizes else { throw FileError(paths[0], "holds no .npy file that can be read") }
    var options = EngineOptions()
    options.threads = 0
    options.inputShapes = sizes
    self.options = options
    binding = Binding(inputs, sizes)
    samples = Samples(count: parts.count) { index, engine, _ in
      let (file, part) = parts[index]
      let tensors = try read(file)
      try inFile("\(paths[0])/\(file)") {
        try engine.load(zip(tensors, engine.inputs).map { $0.part(part, of: $1.dims) })
      }
    }
  }

  /// How many samples an array holds for an input, and their dimensions: one without a batch, one batch as the input
  /// wants it, or a stack.
  private static func samples(_ dims: [Int], _ input: Graph.Input, hasBatch: Bool) -> (count: Int, dims: [Int])? {
    let declared = hasBatch ? input.dims : [1] + input.dims
    let batch = declared.first.flatMap { $0 } ?? 1
    func fits(_ sample: [Int]) -> Bool { zip(sample, declared).allSatisfy { $1 == nil || $0 == $1 } }
    func ofInput(_ sample: [Int]) -> [Int] { hasBatch ? sample : Array(sample.dropFirst()) }
    if dims.count == declared.count - 1, batch == 1, fits([1] + dims) { return (1, ofInput([1] + dims)) }
    guard dims.count == declared.count, let first = dims.first, batch > 0, first % batch == 0, first > 0 else {
      return nil
    }
    let sample = [batch] + dims.dropFirst()
    return fits(sample) ? (first / batch, ofInput(sample)) : nil
  }
}

extension Graph {
  /// Whether an input's first dimension is its batch, and not the length of a signal.
  fileprivate func hasBatch(_ input: Input) -> Bool {
    guard case .symbol(let symbol)? = input.dimensions.first else { return true }
    return symbols[symbol].role == .batch
  }
}

extension Binding {
  /// The open dimensions of inputs that have these sizes.
  fileprivate init(_ inputs: [Graph.Input], _ sizes: [[Int]]) {
    self.init()
    for (input, sizes) in zip(inputs, sizes) {
      for case (.symbol(let index), let size) in zip(input.dimensions, sizes) { self.sizes[index] = size }
    }
  }
}

extension Tensor {
  /// The elements of one of the samples that lie one after the other.
  fileprivate func part(_ index: Int, of dims: [Int]) -> Tensor {
    let count = dims.reduce(1, *)
    return gathered(dims, index * count..<(index + 1) * count)
  }
}
