/// What a pool makes of the pixels of a window.
public enum PoolKind: Int32 {
  /// NaN where one of them is, and -∞ where none lies inside the image.
  case maximum = 0
  /// 0 where none is counted.
  case average = 1
}
