import Foundation

func printJSON(_ value: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  encoder.keyEncodingStrategy = .convertToSnakeCase
  print(escaped(String(decoding: try encoder.encode(value), as: UTF8.self)))
}

/// JSON need not escape all that a terminal obeys.
private func escaped(_ json: String) -> String {
  if json.unicodeScalars.allSatisfy({ $0.isPrintable || $0 == "\n" }) { return json }
  return json.unicodeScalars.map { scalar in
    if scalar.isPrintable || scalar == "\n" { return String(scalar) }
    return String(scalar).utf16.map { String(format: "\\u%04x", $0) }.joined()
  }.joined()
}
