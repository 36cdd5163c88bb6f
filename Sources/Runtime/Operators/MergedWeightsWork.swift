import KernelContract
import PrefactorModelFormat

/// The weights of groups of a convolution that are computed as one: those of neighbours one after the other along the
/// diagonal, with zeros where a filter and a channel are of different groups. A merged group is an item.
struct MergedWeightsWork {
  private let context: StepContext
  /// Before the merge.
  private let convolution: pf_convolution
  private let merged: UnsafeMutablePointer<Float>

  init(_ context: StepContext, _ convolution: pf_convolution, merged: UnsafeMutablePointer<Float>) {
    self.context = context
    self.convolution = convolution
    self.merged = merged
  }

  func run() {
    var work = self
    context.threads.run(items: Int(convolution.groups / context.mergedGroups), &work) { raw, item, _ in
      raw.assumingMemoryBound(to: MergedWeightsWork.self).pointee.merge(item)
    }
  }

  private func merge(_ item: Int) {
    let count = Int(context.mergedGroups)
    let wide = convolution.merging(context.mergedGroups)
    let channels = Int(convolution.group_input_channels)
    let filters = Int(convolution.group_output_channels)
    let target = merged + item * wide.groupWeightFloats
    target.update(repeating: 0, count: wide.groupWeightFloats)
    for group in 0..<count {
      let source = (item * count + group) * convolution.groupWeightFloats
      for filter in 0..<filters {
        let from = convolution.column(filter)
        let to = wide.column(group * filters + filter)
        for tap in 0..<convolution.window.taps {
          for channel in 0..<channels {
            let k = tap * channels + channel
            let wideK = (tap * count + group) * channels + channel
            target[to.first + wideK * to.step] = convolution.weights[source + from.first + k * from.step]
          }
        }
      }
    }
  }
}

/// Where a filter's weights begin in the panels of its group, and how far apart they lie.
struct PanelColumn {
  let first: Int, step: Int

  init(_ filter: Int, of filters: Int, depth: Int) {
    let inPanel = filter % Int(PF_PANEL_WIDTH)
    let panel = filter - inPanel
    (first, step) = (panel * depth + inPanel, pf_panel_stride(filters - panel))
  }
}

extension pf_convolution {
  /// The same with so many neighbouring groups as one.
  func merging(_ count: Int32) -> pf_convolution {
    var merged = self
    merged.groups /= count
    merged.group_input_channels *= count
    merged.group_output_channels *= count
    return merged
  }

  /// Of one group, in panels; of a convolution for which there was room.
  var groupWeightFloats: Int { pf_panel_floats(depth, Int(group_output_channels)) }

  /// Of all groups.
  var weightFloats: Int64 { Int64(groups) * panelFloats(depth: Int64(depth)) }

  /// Those of depth `depth` of one group, as `pf_panel_floats` counts them, where merging or tiles may make them more
  /// than an Int of 32 bits holds.
  func panelFloats(depth: Int64) -> Int64 {
    depth.multipliedClamped(by: Int64(pf_panel_floats(1, Int(group_output_channels))))
  }

  var depth: Int { window.taps * Int(group_input_channels) }

  fileprivate func column(_ filter: Int) -> PanelColumn {
    PanelColumn(filter, of: Int(group_output_channels), depth: depth)
  }
}
