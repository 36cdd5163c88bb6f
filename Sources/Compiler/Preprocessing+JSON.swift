import Foundation
import PrefactorGraph

/// `{"size": [width, height], "resize": "stretch" | "shorter-side-crop", "crop": 256, "channels": "RGB" | "BGR" | "gray", "mean": […],
/// "std": […]}`, where `crop` belongs to "shorter-side-crop", and one mean and deviation are enough for gray.
extension Preprocessing {
  public init(jsonFile path: String) throws {
    let bytes = try readFile(path)
    self = try inFile(path) { try Preprocessing(json: bytes) }
  }

  init(json: [UInt8]) throws {
    guard let object = try? JSONSerialization.jsonObject(with: Data(json)) as? [String: Any] else { throw Invalid("is not a JSON object") }
    let fields = Fields(object)
    try fields.allow(["size", "resize", "crop", "channels", "mean", "std"])
    let size = try fields.numbers("size", counts: [2]).map { try fields.pixels("size", $0) }
    let resize = try fields.choice("resize", ["stretch": Resize.stretch, "shorter-side-crop": .shorterSideCrop])
    let channels = try fields.choice("channels", ["RGB": Channels.rgb, "BGR": .bgr, "gray": .gray])
    let counts: Set = channels == .gray ? [1, 3] : [3]
    let mean = try fields.numbers("mean", counts: counts)
    let deviation = try fields.numbers("std", counts: counts)
    if deviation.contains(where: { $0 <= 0 }) { throw Invalid("'std' must be above 0") }
    var crop = 0
    if resize == .shorterSideCrop {
      crop = try fields.pixels("crop", try fields.number("crop"))
      if crop < size.max()! { throw Invalid("'crop' is \(crop), which is less than 'size'") }
    } else if object["crop"] != nil {
      throw Invalid("'crop' has a meaning only where 'resize' is \"shorter-side-crop\"")
    }
    self.init(
      width: size[0], height: size[1], resize: resize, crop: crop, channels: channels, mean: threefold(mean),
      deviation: threefold(deviation))
  }
}

private func threefold(_ values: [Double]) -> [Float] { (0..<3).map { Float(values[min($0, values.count - 1)]) } }

private struct Fields {
  private let object: [String: Any]

  init(_ object: [String: Any]) { self.object = object }

  func allow(_ keys: Set<String>) throws {
    if let unknown = object.keys.sorted().first(where: { !keys.contains($0) }) {
      throw Invalid("has an unknown key '\(unknown)'; known ones are \(keys.sorted().joined(separator: ", "))")
    }
  }

  func choice<Value>(_ key: String, _ choices: [String: Value]) throws -> Value {
    if let name = object[key] as? String, let value = choices[name] { return value }
    throw Invalid("'\(key)' must be one of \(choices.keys.sorted().map { "\"\($0)\"" }.joined(separator: ", "))")
  }

  func number(_ key: String) throws -> Double {
    guard let value = object[key] as? Double, value.isFinite else { throw Invalid("'\(key)' must be a number") }
    return value
  }

  func numbers(_ key: String, counts: Set<Int>) throws -> [Double] {
    guard let values = object[key] as? [Double], counts.contains(values.count), values.allSatisfy(\.isFinite) else {
      throw Invalid("'\(key)' must be a list of \(counts.sorted().map(String.init).joined(separator: " or ")) numbers")
    }
    return values
  }

  func pixels(_ key: String, _ value: Double) throws -> Int {
    guard let pixels = Int(exactly: value), (1...65535).contains(pixels) else { throw Invalid("'\(key)' must be from 1 to 65535 pixels") }
    return pixels
  }
}
