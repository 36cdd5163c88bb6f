import KernelContract
import PrefactorModelFormat

/// The channels that a depthwise convolution reads where a gather, and maybe a 1×1 convolution before that, are part of
/// it.
package struct Mixture {
  /// Of shared scratch.
  static func bytes(groups: Int, inputs: Int, channels: Int) -> Int {
    groups * MemoryLayout<Int32>.stride + inputs * channels * MemoryLayout<Float>.stride
  }

  /// Without pointers: what scratch depends on.
  static func counts(inputs: Int, channels: Int) -> pf_mixture {
    var mixture = pf_mixture()
    mixture.inputs = Int32(inputs)
    mixture.channels = Int32(channels)
    return mixture
  }

  let kernelMixture: pf_mixture

  /// Fills the scratch.
  package init?(_ fused: FusedInputs, inputs: Int, groups: Int, scratch: UnsafeMutableRawPointer) {
    guard let given = fused.indices?.int64s else { return nil }
    let channels = fused.weights?.shape[0] ?? inputs
    var mixture = Mixture.counts(inputs: fused.weights == nil ? 0 : inputs, channels: channels)
    let indices = scratch.assumingMemoryBound(to: Int32.self)
    for group in 0..<groups { indices[group] = Int32(Gather.place(given[group], size: channels)) }
    mixture.indices = UnsafePointer(indices)
    if let weights = fused.weights {
      let mixed = (scratch + groups * MemoryLayout<Int32>.stride).assumingMemoryBound(to: Float.self)
      let panels = pf_weights(weights.base, as: fused.weightsType)
      for input in 0..<inputs {
        for channel in 0..<channels {
          let column = PanelColumn(channel, of: channels, depth: inputs)
          let index = column.first + input * column.step
          mixed[input * channels + channel] = panels[index]
        }
      }
      mixture.weights = UnsafePointer(mixed)
    }
    kernelMixture = mixture
  }
}
