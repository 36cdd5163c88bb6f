import KernelContract
import PrefactorModelFormat

/// Chains of convolutions that are computed a strip of rows at a time, each step those rows that the next one needs, so
/// that what lies between them need not go to memory and back. Of that there is room for a strip only.
extension Plan {
  /// The chain's input and output are then needed at once, so that memory may grow where what lies between is small.
  func divideIntoStrips(_ options: SessionOptions, _ target: Target) {
    if options.savesMemory || options.stripRows == 0 || !options.backend.plansForHost { return }
    var first = 0
    while first < stepCount {
      var last = first
      while last + 1 < stepCount, last - first < longestChain, passesRows(last),
        holdRows(first, last + 1, rowUnit(last + 1)) <= target.cacheBytes / 2
      { last += 1 }
      for index in first..<min(last + 1, stepCount - 1) {
        if steps[index].heldRows != nil { steps[index].action = .whole }
      }
      if last > first { divide(first, last, options, target) }
      first = last + 1
    }
  }

  /// Factors before the last one. Strips are computed by recursion, and longer chains would gain little.
  private var longestChain: Int { 16 }

  /// Where all that lies between stays in a cache as it is, strips gain less than their edges cost.
  private func divide(_ first: Int, _ last: Int, _ options: SessionOptions, _ target: Target) {
    guard let output = shapes[steps[last].output] else { return }
    var bytes: Int64 = 0
    for index in first..<last { bytes += Int64(shapes[steps[index].output]?.bytes ?? 0) }
    guard options.stripRows != nil || bytes > Int64(target.cacheBytes) else { return }

    let unit = rowUnit(last)
    var rows = unit
    if let wanted = options.stripRows {
      rows = wholeUnits(wanted, last)
    } else {
      // Beside the chain's input and output, which pass through the cache. Threads share a strip's rows, and wait for
      // each other at its end.
      let budget = min(options.threads * (target.cacheBytes / 8), target.cacheBytes / 2)
      // As many as fit, or one unit; what more rows need grows with them, so that the number can be found by halving.
      var most = (output[1] + unit - 1) / unit
      var fitting = 1
      while fitting < most {
        let middle = fitting + (most - fitting + 1) / 2
        if holdRows(first, last, middle * unit) <= budget { fitting = middle } else { most = middle - 1 }
      }
      rows = fitting * unit
    }
    _ = holdRows(first, last, rows)
    steps[last].action = .strips(rows: rows)
    reserve(first, last)
  }

  /// The step's convolution, if it is computed as one.
  func convolution(_ index: Int) -> Convolution? {
    guard case .convolution(let convolution) = steps[index].operation, !steps[index].isFused else { return nil }
    return convolution
  }

  /// Whether a step's output is what the next one convolves, and nothing else.
  private func passesRows(_ index: Int) -> Bool {
    guard convolution(index) != nil, convolution(index + 1) != nil, operand(steps[index + 1], 0) == steps[index].output
    else { return false }
    return outputIndex(of: steps[index].output) == nil && uses.readers[steps[index].output] == 1
  }

  /// Rows of the output that a step computes together: those of a tile, or of as many as are interleaved.
  private func rowUnit(_ index: Int) -> Int {
    guard steps[index].algorithm != PF_DIRECT, let window = convolution(index)?.window else { return 1 }
    var kernelWindow = pf_window()
    (kernelWindow.kernel_height, kernelWindow.kernel_width) = (window.kernelHeight, window.kernelWidth)
    return Int(pf_tiling_of(steps[index].algorithm, &kernelWindow).output_height * window.gapHeight)
  }

  func wholeUnits(_ rows: Int, _ index: Int) -> Int {
    let unit = rowUnit(index)
    return (rows + unit - 1) / unit * unit
  }

  /// Makes room for the rows between steps that so many rows of the last one's output need, and returns how many bytes
  /// they are.
  private func holdRows(_ first: Int, _ last: Int, _ rows: Int) -> Int {
    var rows = rows
    var bytes: Int64 = 0
    for index in (first..<last).reversed() {
      guard let window = convolution(index + 1)?.window, let image = shapes[steps[index].output],
        let output = shapes[steps[index + 1].output]
      else { continue }
      let stride = Int(window.strideHeight)
      rows = min(image[1], (min(rows, output[1]) - 1) * stride + max(window.spanHeight, stride) + rowUnit(index) - 1)
      steps[index].action = .onDemand(rows: rows)
      bytes += Int64(heldBytes(steps[index]))
    }
    return Int(clamping: bytes)
  }

  private func heldBytes(_ step: Step) -> Int {
    guard let image = shapes[step.output] else { return 0 }
    return image.bytes / max(1, image[0] * image[1]) * (step.heldRows ?? 0)
  }

  /// All of a chain is needed from its first step to its last.
  private func reserve(_ first: Int, _ last: Int) {
    for index in first...last {
      for position in 0..<steps[index].inputCount {
        guard let value = input(steps[index], position), !storages[value].isConstant else { continue }
        storages[value].lastStep = max(storages[value].lastStep, last)
        storages[value].reservedTo = max(storages[value].reservedTo, last)
      }
      let output = steps[index].output
      if index < last { storages[output] = Storage(bytes: heldBytes(steps[index]), firstStep: first, lastStep: last) }
      storages[output].firstStep = first
      storages[output].reservedFrom = first
    }
  }
}
