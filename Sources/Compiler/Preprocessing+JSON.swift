import Foundation
import PrefactorGraph
import PrefactorModelFormat

/// `{"size": [width, height], "resize": "stretch" | "shorter-side-crop", "crop": 256, "channels": "RGB" | "BGR" |
/// "gray", "mean": […], "std": […], "scale": 1}`, where `crop` belongs to "shorter-side-crop", and one mean and
/// deviation are enough for gray. What becomes of a byte x is (scale · x − mean) / std; without a scale x is taken as
/// it is.
extension Preprocessing {
  public init(jsonFile path: String) throws {
    let bytes = try readFile(path)
    self = try inFile(path) { try Preprocessing(json: bytes) }
  }

  init(json: [UInt8]) throws {
    guard let object = try? JSONSerialization.jsonObject(with: Data(json)) as? [String: Any] else {
      throw Invalid("is not a JSON object")
    }
    let fields = Fields(object)
    try fields.allow(["size", "resize", "crop", "channels", "mean", "std", "scale"])
    let size = try fields.numbers("size", counts: [2]).map { try fields.pixels("size", $0) }
    let resize = try fields.choice("resize", ["stretch": Resize.stretch, "shorter-side-crop": .shorterSideCrop])
    let channels = try fields.choice("channels", ["RGB": Channels.rgb, "BGR": .bgr, "gray": .gray])
    let counts: Set = channels == .gray ? [1, 3] : [3]
    let mean = try fields.numbers("mean", counts: counts)
    let deviation = try fields.numbers("std", counts: counts)
    if deviation.contains(where: { $0 <= 0 }) { throw Invalid("'std' must be above 0") }
    let scale = object["scale"] == nil ? 1 : try fields.number("scale")
    if scale <= 0 { throw Invalid("'scale' must be above 0") }
    if object["scale"] == nil { try requireBytes(mean, deviation) }
    var crop = 0
    if resize == .shorterSideCrop {
      crop = try fields.pixels("crop", try fields.number("crop"))
      if crop < size.max()! { throw Invalid("'crop' is \(crop), which is less than 'size'") }
    } else if object["crop"] != nil {
      throw Invalid("'crop' has a meaning only where 'resize' is \"shorter-side-crop\"")
    }
    self.init(
      width: size[0], height: size[1], resize: resize, crop: crop, channels: channels,
      mean: threefold(mean.map { $0 / scale }),
      deviation: threefold(deviation.map { $0 / scale }))
  }
}

/// Recognizes numbers for pixels from 0 to 1, as torchvision has them: of pixels from 0 to 255 no standard deviation is
/// below 1, and a mean below 1 goes with a deviation of 1 only where both mean that nothing is done.
private func requireBytes(_ mean: [Double], _ deviation: [Double]) throws {
  let isNothing = mean.allSatisfy { $0 == 0 } && deviation.allSatisfy { $0 == 1 }
  guard mean.allSatisfy({ abs($0) <= 1 }), deviation.allSatisfy({ $0 <= 1 }), !isNothing else { return }
  func list(_ values: [Double]) -> String {
    "[\(values.map { String(format: "%.6g", 255 * $0) }.joined(separator: ", "))]"
  }
  throw Invalid(
    """
    'mean' and 'std' look like numbers for pixels from 0 to 1, and pixels are from 0 to 255: write "mean": \
    \(list(mean)), \
    "std": \(list(deviation)), or add "scale": \(1.0 / 255), by which pixels are multiplied first ("scale": 1 if the \
    numbers are meant as \
    they are)
    """)
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
    guard let pixels = Int(exactly: value), (1...Layout.longestSide).contains(pixels) else {
      throw Invalid("'\(key)' must be from 1 to \(Layout.longestSide) pixels")
    }
    return pixels
  }
}
