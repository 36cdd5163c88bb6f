import Foundation

/// Rows in columns, first of text, aligned to the left, then of numbers, aligned to the right.
struct Table: CustomStringConvertible {
  private var rows: [[String]]
  private let textColumns: Int

  init(text: [String], numbers: [String]) {
    rows = [text + numbers]
    textColumns = text.count
  }

  mutating func add(_ cells: String...) { rows.append(cells.map(\.printable)) }

  var description: String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max()! }
    return rows.map { row in
      row.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return column < textColumns ? row[column] + space : space + row[column]
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}

extension Double {
  func formatted(_ fractionDigits: Int) -> String { String(format: "%.\(fractionDigits)f", self) }
}

extension Int {
  /// With spaces between groups of three digits.
  var grouped: String {
    var digits = String(self)
    var result = ""
    while digits.count > 3 {
      result = " " + digits.suffix(3) + result
      digits.removeLast(3)
    }
    return digits + result
  }
}
