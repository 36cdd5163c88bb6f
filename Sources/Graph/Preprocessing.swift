/// How an 8-bit image becomes the network's first input: see `pf_preprocessing` in `prefactor.h`, which says the same.
public struct Preprocessing: Equatable {
  public enum Resize: Int, Sendable {
    case stretch = 1
    case shorterSideCrop = 2
  }
  public enum Channels: Int, Sendable {
    case rgb = 1
    case bgr = 2
    case gray = 3
  }

  public var width: Int, height: Int
  public var resize: Resize
  /// Pixels of the shorter side before the center is cut out; 0 for `stretch`.
  public var crop: Int
  public var channels: Channels
  /// Whether the input's innermost dimension is the channels: batch, height, width, channels.
  public var isChannelsLast = false
  /// Three numbers each, in the order of the channels; of one channel only the first counts.
  public var mean: [Float], deviation: [Float]

  public init(
    width: Int, height: Int, resize: Resize = .stretch, crop: Int = 0, channels: Channels = .rgb, mean: [Float],
    deviation: [Float]
  ) {
    self.width = width
    self.height = height
    self.resize = resize
    self.crop = crop
    self.channels = channels
    self.mean = mean
    self.deviation = deviation
  }
}
