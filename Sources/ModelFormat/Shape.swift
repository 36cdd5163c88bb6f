/// Eight 32-bit numbers, one for each possible dimension; those past the rank are 0.
public typealias PerAxis<Element> = InlineArray<8, Element>

/// The dimensions of a tensor, outermost first, and its element type.
public struct Shape {
  public static let maximumRank = 8
  /// Elements of a tensor. The second is for processors whose `Int` has 32 bits.
  public static var maximumCount: Int { min(Int(Int32.max), Int.max / 16) }

  public private(set) var rank: Int
  private var storage: PerAxis<Int>
  public var type: ElementType

  public init(type: ElementType = .float32) {
    rank = 0
    storage = PerAxis(repeating: 0)
    self.type = type
  }

  public subscript(axis: Int) -> Int {
    get { storage[axis] }
    set { storage[axis] = newValue }
  }

  /// Adds an innermost dimension. The rank must be below ``maximumRank``.
  public mutating func append(_ dimension: Int) {
    storage[rank] = dimension
    rank += 1
  }

  /// The product of the dimensions, 1 for a scalar; nil when it overflows, a dimension is negative, or there are more
  /// than ``maximumCount``.
  public var checkedCount: Int? {
    var count = 1
    for axis in 0..<rank {
      if storage[axis] < 0 { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: storage[axis])
      if overflow || product > Shape.maximumCount { return nil }
      count = product
    }
    return count
  }

  /// The product of the dimensions of a shape that has been checked.
  public var count: Int { count(0..<rank) }

  /// The product of some of the dimensions, 1 for none.
  public func count(_ axes: Range<Int>) -> Int {
    var count = 1
    for axis in axes { count &*= storage[axis] }
    return count
  }

  public var bytes: Int { count &* type.size }

  public static func == (left: Shape, right: Shape) -> Bool {
    guard left.rank == right.rank, left.type == right.type else { return false }
    for axis in 0..<left.rank where left[axis] != right[axis] { return false }
    return true
  }
}

/// The shapes of a step's inputs. An optional input that is left out is nil.
public struct InputShapes {
  private let shapes: UnsafeBufferPointer<Shape?>

  public init(_ shapes: UnsafeBufferPointer<Shape?>) { self.shapes = shapes }

  public var count: Int { shapes.count }

  /// Nil too past the end, where all that can be are optional inputs.
  public subscript(index: Int) -> Shape? { index < shapes.count ? shapes[index] : nil }
}
