import CPrefactor

/// Attribute words that are computed when a session is created.
extension Operation {
  /// The same operation with an attribute word, of which its attributes have so many, that a size was computed for.
  ///
  /// Numbers that would mean something else than a size, as -1 does in a reshape's copied dimensions, are refused;
  /// where a slice starts and ends is cut to 32 bits, which are beyond any axis.
  public func binding(word: Int, to value: SizeValue) throws(Failure) -> Operation {
    guard value.isDefined else {
      throw Failure(PF_ERROR_SHAPE, "a size that it is given @").naming(value.reason.cString)
    }
    if isFloat(word: word) { return try replacing(word: word, by: value.float.bitPattern) }
    var integer = value.integer
    if case .slice = self, word < 2 * Shape.maximumRank {
      integer = min(max(integer, Int64(Int32.min)), Int64(Int32.max))
    }
    guard integer >= Int64(smallestSize(word: word)), integer <= Int64(Int32.max) else {
      throw Failure(PF_ERROR_SHAPE, "a size that it is given comes to #", Int(clamping: integer))
    }
    return try replacing(word: word, by: UInt32(bitPattern: Int32(truncatingIfNeeded: integer)))
  }

  private func smallestSize(word: Int) -> Int32 {
    switch self {
    case .reshape: Reshape.inferred
    case .expansion, .tile: 0
    case .resize: 1
    default: .min
    }
  }

  private func replacing(word: Int, by bits: UInt32) throws(Failure) -> Operation {
    var words = [32 of UInt32](repeating: 0)
    let count = withAttributes { bytes in
      withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: bytes) }
      return bytes.count
    }
    words[word] = bits
    let code = code
    let result: Result<Operation, Failure> = withUnsafeBytes(of: words) { bytes in
      do throws(Failure) {
        return .success(try Operation(code: code, attributes: UnsafeRawBufferPointer(rebasing: bytes[0..<count])))
      } catch { return .failure(error) }
    }
    return try result.get()
  }
}
