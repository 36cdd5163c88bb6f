import Foundation

/// The bytes of numbers that are little-endian already.
func littleEndian<Element: BitwiseCopyable>(_ values: [Element]) -> Data { values.withUnsafeBytes { Data($0) } }
