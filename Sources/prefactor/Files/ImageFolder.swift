import Foundation
import PrefactorCalibration
import PrefactorCompiler

/// The names of a folder's images, sorted.
func imageNames(in folder: String) throws -> [String] {
  guard let files = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
    throw FileError(folder, "is no folder that can be read")
  }
  let names = files.filter { name in [".jpg", ".jpeg", ".png"].contains { name.lowercased().hasSuffix($0) } }.sorted()
  if names.isEmpty { throw FileError(folder, "holds no .jpg, .jpeg or .png files") }
  return names
}

extension CalibrationImages {
  /// The images of a folder, or those of them that a labels file names.
  init(folder: String, labels: String?) throws {
    let samples = try labels.map(LabelledImage.read)
    let names = try samples?.map(\.file) ?? imageNames(in: folder)
    self.init(count: names.count, labels: samples?.map(\.label)) { index, engine in
      let path = "\(folder)/\(names[index])"
      let image = try ImageFile(path)
      try inFile(path) { try engine.loadImage(image.rgb, width: image.width, height: image.height) }
    }
  }
}
