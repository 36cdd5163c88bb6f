import COpenCL
import KernelContract
import PrefactorRuntime

/// The part of a product of matrices that a work-item computes. Sums do not depend on it.
struct ProductTile {
  /// Floats of a vector; columns, which are some vectors; pixels; and how many values of k are read at once.
  let vector: Int, columns: Int, pixels: Int, depth: Int
  /// Work-items of a group.
  let items: Int

  /// What is best where nothing has been measured: all registers for one work-item on processors, few for many of them
  /// on GPUs.
  static func usual(isCPU: Bool) -> ProductTile {
    isCPU
      ? ProductTile(vector: 16, columns: 32, pixels: 8, depth: 1, items: 1)
      : ProductTile(vector: 4, columns: 4, pixels: 8, depth: 4, items: 64)
  }

  /// What is worth measuring, the likelier ones first.
  static func candidates(isCPU: Bool) -> InlineArray<10, ProductTile> {
    func tile(_ vector: Int, _ columns: Int, _ pixels: Int, _ items: Int) -> ProductTile {
      ProductTile(vector: vector, columns: columns, pixels: pixels, depth: isCPU ? 1 : 4, items: items)
    }
    return isCPU
      ? [
        tile(16, 32, 8, 1), tile(16, 32, 14, 1), tile(8, 16, 6, 1), tile(4, 8, 8, 1), tile(16, 32, 7, 1),
        tile(16, 32, 10, 1), tile(16, 32, 6, 1),
        tile(16, 16, 14, 1), tile(8, 8, 12, 1), tile(4, 16, 4, 1),
      ]
      : [
        tile(4, 4, 8, 64), tile(4, 4, 4, 64), tile(4, 8, 4, 64), tile(4, 8, 8, 64), tile(4, 4, 12, 64),
        tile(4, 4, 8, 128), tile(4, 4, 2, 64),
        tile(8, 8, 4, 64), tile(4, 16, 4, 64), tile(8, 8, 8, 128),
      ]
  }

  /// Those measured without being asked for.
  static var quickCandidates: Int { 4 }

  /// The same for a product that has fewer columns, or pixels, than this tile.
  func fitting(columns: Int, pixels: Int) -> ProductTile {
    let narrower = columns <= self.columns / 2 && self.columns > vector ? max(vector, self.columns / 2) : self.columns
    return ProductTile(
      vector: vector, columns: narrower, pixels: min(self.pixels, max(pixels, 1)), depth: depth, items: items)
  }

  var options: BuildOptions {
    var options = BuildOptions()
    options.define("VECTOR", vector)
    options.define("COLUMNS", columns)
    options.define("PIXELS", pixels)
    options.define("DEPTH", depth)
    return options
  }

  func global(pixels: Int, columns: Int, batches: Int) -> (Int, Int, Int) {
    let panel = Int(PF_PANEL_WIDTH)
    return ((pixels + self.pixels - 1) / self.pixels * (panel / self.columns), (columns + panel - 1) / panel, batches)
  }

  var local: (Int, Int, Int) { (items, 1, 1) }

  /// As 32 bits, for a cache.
  var code: UInt32 {
    UInt32(truncatingIfNeeded: vector | columns << 6 | pixels << 12 | depth << 18 | items << 22)
  }

  /// Nil for bits that are no tile.
  init?(code: UInt32) {
    let bits = Int(code & 0x7FFF_FFFF)
    self.init(
      vector: bits & 63, columns: bits >> 6 & 63, pixels: bits >> 12 & 63, depth: bits >> 18 & 15, items: bits >> 22)
    guard vector == 4 || vector == 8 || vector == 16, columns >= vector, columns % vector == 0,
      Int(PF_PANEL_WIDTH) % columns == 0, (1...32).contains(pixels),
      depth == 1 || depth == 4, (1...256).contains(items)
    else { return nil }
  }

  private init(vector: Int, columns: Int, pixels: Int, depth: Int, items: Int) {
    (self.vector, self.columns, self.pixels, self.depth, self.items) = (vector, columns, pixels, depth, items)
  }
}
