import PrefactorModelFormat

extension Graph {
  /// Gives each open dimension a size at which costs are counted: the usual one of its role, or the first of others
  /// with which the network can be computed. Throws what stands in the way where there is none.
  public mutating func chooseReferenceSizes() throws(ShapeError) {
    if symbols.isEmpty || (try? shapes(referenceBinding)) != nil { return }
    var firstError: ShapeError?
    var accepted = AcceptedSizes(symbols: symbols.count)
    _ = try? symbolicShapes(narrowing: &accepted)
    for candidate in candidates() {
      for index in symbols.indices where symbols[index].role != .batch {
        symbols[index].reference = min(
          max(candidate(symbols[index].role), accepted.bounds[index].lower), accepted.bounds[index].upper)
      }
      do throws(ShapeError) {
        _ = try shapes(referenceBinding)
        return
      } catch {
        firstError = firstError ?? error
      }
    }
    if var firstError {
      firstError.reason += "; no sizes of the open dimensions that were tried fit: fix some of them with --shape"
      throw firstError
    }
  }

  private func candidates() -> [(SymbolRole) -> Int] {
    let usual = [
      224, 256, 320, 640, 512, 299, 227, 128, 112, 96, 64, 48, 32, 1024, 2048, 4096, 16000, 48000, 160_000, 480_000,
    ]
    let sides = usual + (1...64).reversed()
    let alike = sides.flatMap { side in
      [1, side].map { other in { (role: SymbolRole) in role == .other ? other : side } }
    }
    // Lines of text are wide.
    let lines = (1...64).reversed().map { height in
      { (role: SymbolRole) in role == .height ? height : role == .other ? 1 : 320 }
    }
    return alike + lines
  }
}
