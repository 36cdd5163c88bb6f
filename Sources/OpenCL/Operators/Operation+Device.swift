import COpenCL
import CPrefactor
import CShims
import KernelContract
import PrefactorModelFormat
import PrefactorRuntime

extension Operation {
  /// Records what computes a step on a device, and says whether there are kernels for it.
  func record(_ context: DeviceContext) -> Bool {
    if context.output.shape.count == 0 { return true }
    guard context.output.shape.type == .float32 else { return false }
    for index in 0..<context.inputCount where !isIndex(index) {
      if let input = context.tensor(index), input.shape.type != .float32 { return false }
    }
    switch self {
    case .convolution(let attributes): return attributes.record(context)
    case .fullyConnected(let attributes): return attributes.record(context)
    case .pool(let attributes): return attributes.record(context)
    case .responseNormalization(let attributes): return attributes.record(context)
    case .unary(let attributes): return attributes.record(context)
    case .binary(let attributes): return attributes.record(context)
    case .softmax(let attributes): return attributes.record(context)
    case .affine(let attributes): return attributes.record(context)
    case .reduction(let attributes): return attributes.record(context)
    case .gather(let attributes): return attributes.record(context)
    case .resize(let attributes): return attributes.record(context)
    case .concatenation(let attributes): attributes.run(context)
    case .slice(let attributes): attributes.run(context)
    case .transpose(let attributes): attributes.run(context)
    case .reshape(let attributes): attributes.run(context)
    case .expansion(let attributes): attributes.run(context)
    case .tile(let attributes): attributes.run(context)
    case .depthToSpace(let attributes): attributes.run(context)
    case .padding(let attributes):
      guard attributes.mode == Padding.Mode.constant, let input = context.input(0) else { return false }
      attributes.surround(input, context)
    default: return false
    }
    return true
  }

  private func isIndex(_ input: Int) -> Bool {
    if case .gather = self { return input == 1 }
    return false
  }
}

extension FullyConnected {
  func record(_ context: DeviceContext) -> Bool {
    guard let input = context.input(0), let weights = context.tensor(1) else { return false }
    let columns = weights.shape[0]
    let rows = context.output.shape.count / columns
    let product = pf_cl_product(
      input: Int32(input.offset), output: Int32(context.output.offset), weights: Int32(weights.offset),
      bias: Int32(context.tensor(2)?.offset ?? -1),
      rows: Int32(rows), depth: Int32(weights.shape[1]), columns: Int32(columns),
      input_stride: Int32(input.pixelStride),
      output_stride: Int32(context.output.pixelStride), low: clamp.low, high: clamp.high)
    let isCPU = context.recorder.pointee.isCPU
    let vector = isCPU ? 16 : 4
    let lanes = isCPU ? 1 : 16
    var options = BuildOptions()
    options.define("VECTOR", vector)
    options.define("LANES", lanes)
    if context.step.weightsType == .float16 { options.define("HALF_WEIGHTS", 1) }
    context.recorder.pointee.launch(
      PF_CL_FULLY_CONNECTED, "fully_connected", options, buffers: (input.buffer, context.arena, context.constants, nil),
      product,
      global: (lanes, (columns + vector - 1) / vector, rows), local: (lanes, 1, 1))
    return true
  }
}

extension Pool {
  func record(_ context: DeviceContext) -> Bool {
    guard let image = context.input(0) else { return false }
    let shape = image.shape
    let output = context.output.shape
    let geometry = geometry(shape)
    let window = window.kernelWindow(geometry)
    let pool = pf_cl_pool(
      input: Int32(image.offset), output: Int32(context.output.offset), images: Int32(shape[0]),
      channels: Int32(shape[3]),
      input_stride: Int32(image.pixelStride), output_stride: Int32(context.output.pixelStride),
      input_height: Int32(shape[1]),
      input_width: Int32(shape[2]), output_height: Int32(output[1]), output_width: Int32(output[2]),
      kernel_height: window.kernel_height,
      kernel_width: window.kernel_width, stride_height: window.stride_height, stride_width: window.stride_width,
      dilation_height: window.dilation_height, dilation_width: window.dilation_width, pad_top: window.pad_top,
      pad_left: window.pad_left,
      pad_bottom: Int32(geometry.height.padAfter), pad_right: Int32(geometry.width.padAfter),
      include_pad: countIncludePad)
    let vector = context.recorder.pointee.vector(atMost: output[3])
    var options = BuildOptions()
    options.define("VECTOR", vector)
    options.define("MAXIMUM", kind == .maximum ? 1 : 0)
    context.recorder.pointee.launch(
      PF_CL_POOL, "pool", options, buffers: (image.buffer, context.arena, nil, nil), pool,
      global: ((output[3] + vector - 1) / vector, output[2], output[0] * output[1]),
      local: Launch.anyLocal)
    return true
  }
}

extension ResponseNormalization {
  func record(_ context: DeviceContext) -> Bool {
    guard let input = context.input(0), input.isDense, context.output.isDense else { return false }
    let channels = input.shape.channels
    let pixels = input.shape.pixels
    var options = BuildOptions()
    if beta == 0.75 { options.define("THREE_QUARTERS", 1) }
    let vector = context.recorder.pointee.vector(atMost: channels)
    options.define("VECTOR", vector)
    context.recorder.pointee.launch(
      PF_CL_NORMALIZATION, "response", options, buffers: (input.buffer, context.arena, nil, nil),
      pf_cl_response(
        input: Int32(input.offset), output: Int32(context.output.offset), pixels: Int32(pixels),
        channels: Int32(channels), size: size,
        alpha: alpha / Float(size), beta: beta, bias: bias), global: ((channels + vector - 1) / vector, pixels, 1),
      local: Launch.anyLocal)
    return true
  }
}

extension Unary {
  func record(_ context: DeviceContext) -> Bool {
    guard let input = context.input(0) else { return false }
    var options = BuildOptions()
    options.define("UNARY", Int(functionCode))
    // A tensor without gaps is one long row.
    let isDense = input.isDense && context.output.isDense
    let channels = isDense ? input.shape.count : input.shape.channels
    let pixels = input.shape.count / channels
    let vector = context.recorder.pointee.vector(atMost: channels)
    options.define("VECTOR", vector)
    context.recorder.pointee.launch(
      PF_CL_ELEMENTWISE, "unary", options, buffers: (input.buffer, context.arena, nil, nil),
      pf_cl_unary(
        input: Int32(input.offset), output: Int32(context.output.offset), pixels: Int32(pixels),
        channels: Int32(channels),
        input_stride: Int32(input.pixelStride), output_stride: Int32(context.output.pixelStride), alpha: alpha,
        beta: beta),
      global: ((channels + vector - 1) / vector, pixels, 1), local: Launch.anyLocal)
    return true
  }
}

extension Binary {
  func record(_ context: DeviceContext) -> Bool {
    guard let left = context.input(0), let right = context.input(1) else { return false }
    let output = context.output
    var leftWalk = StridedWalk()
    var rightWalk = StridedWalk()
    if left.shape == output.shape && right.shape == output.shape && left.isDense && right.isDense && output.isDense {
      leftWalk.append(size: output.shape.count, 1, 1)
      rightWalk.append(size: output.shape.count, 1, 1)
    } else {
      // Axes are merged for neither, so that those of both are the same.
      for axis in 0..<output.shape.rank {
        leftWalk.append(
          size: output.shape[axis], output.step(axis), left.step(axis, broadcastTo: output.shape.rank), mayMerge: false)
        rightWalk.append(
          size: output.shape[axis], output.step(axis), right.step(axis, broadcastTo: output.shape.rank), mayMerge: false
        )
      }
    }
    guard let walk = pf_cl_walk(leftWalk, output: output.offset, input: left.offset),
      let other = pf_cl_walk(rightWalk, output: output.offset, input: right.offset)
    else { return false }
    // Along an axis that is not the tensor's last, elements are no neighbours.
    let isRow = leftWalk.innermost.first == 1 && leftWalk.innermost.second <= 1 && rightWalk.innermost.second <= 1
    let vector = isRow ? context.recorder.pointee.vector(atMost: leftWalk.innermost.size) : 1
    guard isRow || leftWalk.innermost.size == 1 else { return false }
    var options = BuildOptions()
    options.define("VECTOR", vector)
    options.define("BINARY", Int(functionCode))
    context.recorder.pointee.launch(
      PF_CL_ELEMENTWISE, "binary", options, buffers: (left.buffer, right.buffer, context.arena, nil),
      pf_cl_binary(
        left: walk, right: Int32(right.offset), right_steps: other.input_steps, low: clamp.low, high: clamp.high),
      global: walk.globalSize(innermost: vector), local: Launch.anyLocal)
    return true
  }
}

extension Softmax {
  func record(_ context: DeviceContext) -> Bool {
    guard let input = context.input(0), input.isDense, context.output.isDense else { return false }
    let count = input.shape[Int(axis)]
    let rows = input.shape.count / count
    let lanes = context.recorder.pointee.isCPU ? 1 : 32
    var options = BuildOptions()
    options.define("VECTOR", 1)
    options.define("LANES", lanes)
    context.recorder.pointee.launch(
      PF_CL_NORMALIZATION, "softmax", options, buffers: (input.buffer, context.arena, nil, nil),
      pf_cl_softmax(
        input: Int32(input.offset), output: Int32(context.output.offset), rows: Int32(rows), count: Int32(count),
        inner: Int32(input.shape.step(Int(axis))), logarithm: logarithm), global: (rows * lanes, 1, 1),
      local: (lanes, 1, 1))
    return true
  }
}

extension Affine {
  func record(_ context: DeviceContext) -> Bool {
    guard let input = context.input(0), let scale = context.tensor(1), let shift = context.tensor(2), input.isDense,
      context.output.isDense,
      scale.isConstant, shift.isConstant
    else { return false }
    let vector = context.recorder.pointee.vector(atMost: input.shape.channels)
    var options = BuildOptions()
    options.define("VECTOR", vector)
    context.recorder.pointee.launch(
      PF_CL_ELEMENTWISE, "affine", options, buffers: (input.buffer, context.arena, context.constants, nil),
      pf_cl_affine(
        input: Int32(input.offset), output: Int32(context.output.offset), scale: Int32(scale.offset),
        shift: Int32(shift.offset),
        pixels: Int32(input.shape.pixels), channels: Int32(input.shape.channels), low: clamp.low, high: clamp.high),
      global: ((input.shape.channels + vector - 1) / vector, input.shape.pixels, 1), local: Launch.anyLocal)
    return true
  }
}

extension Reduction {
  /// Of axes that lie side by side.
  func record(_ context: DeviceContext) -> Bool {
    guard let input = context.input(0), let (outer, count, inner) = adjacent(input.shape) else { return false }
    var options = BuildOptions()
    let vector = context.recorder.pointee.vector(atMost: inner)
    options.define("VECTOR", vector)
    options.define("REDUCTION", Int(functionCode))
    context.recorder.pointee.launch(
      PF_CL_NORMALIZATION, "reduce", options, buffers: (input.buffer, context.arena, nil, nil),
      pf_cl_reduction(
        input: Int32(input.offset), output: Int32(context.output.offset), outer: Int32(outer), count: Int32(count),
        inner: Int32(inner),
        row_stride: Int32(input.isDense ? inner : input.pixelStride)),
      global: ((inner + vector - 1) / vector, outer, 1), local: Launch.anyLocal)
    return true
  }
}

extension Gather {
  func record(_ context: DeviceContext) -> Bool {
    guard let input = context.input(0), let indices = context.tensor(1), indices.isConstant, input.isDense,
      context.output.isDense
    else { return false }
    let axis = Int(axis)
    let inner = input.shape.step(axis)
    let outer = input.shape.count(0..<axis)
    let count = indices.shape[0]
    let buffers = (input.buffer, context.arena, context.constants, nil as cl_mem?)
    let gather = pf_cl_gather(
      input: Int32(input.offset), output: Int32(context.output.offset), indices: Int32(indices.offset),
      size: Int32(input.shape[axis]),
      count: Int32(count), inner: Int32(inner), outer: Int32(outer))
    var options = BuildOptions()
    if inner == 1 {
      let vector = context.recorder.pointee.vector(atMost: count)
      let pixels = context.recorder.pointee.isCPU ? 32 : 4
      options.define("VECTOR", vector)
      options.define("PIXELS", pixels)
      context.recorder.pointee.launch(
        PF_CL_DATA_MOVEMENT, "gather_channels", options, buffers: buffers, gather,
        global: ((count + vector - 1) / vector, (outer + pixels - 1) / pixels, 1), local: Launch.anyLocal)
    } else {
      options.define("VECTOR", 1)
      context.recorder.pointee.launch(
        PF_CL_DATA_MOVEMENT, "gather", options, buffers: buffers, gather, global: (inner, count, outer),
        local: Launch.anyLocal)
    }
    return true
  }
}

extension Resize {
  func record(_ context: DeviceContext) -> Bool {
    guard let input = context.input(0) else { return false }
    let output = context.output.shape
    let isLinear = mode == Mode.linear
    let vertical = ResizedAxis(self, input: input.shape[1], output: output[1], scale: heightScale)
    let horizontal = ResizedAxis(self, input: input.shape[2], output: output[2], scale: widthScale)
    let samples = context.recorder.pointee.keep(floats: 3 * (output[1] + output[2])) { words in
      func write(_ sample: pf_sample, _ index: Int) {
        words[3 * index] = sample.first
        words[3 * index + 1] = sample.second
        words[3 * index + 2] = Int32(bitPattern: sample.weight.bitPattern)
      }
      for y in 0..<output[1] { write(vertical.sample(y, isLinear: isLinear), y) }
      for x in 0..<output[2] { write(horizontal.sample(x, isLinear: isLinear), output[1] + x) }
    }
    var options = BuildOptions()
    options.define("VECTOR", 1)
    if isLinear { options.define("LINEAR", 1) }
    context.recorder.pointee.launch(
      PF_CL_DATA_MOVEMENT, "resize", options, buffers: (input.buffer, context.arena, context.words, nil),
      pf_cl_resize(
        input: Int32(input.offset), output: Int32(context.output.offset), images: Int32(output[0]),
        channels: Int32(output[3]),
        input_stride: Int32(input.pixelStride), output_stride: Int32(context.output.pixelStride),
        input_height: Int32(input.shape[1]),
        input_width: Int32(input.shape[2]), output_height: Int32(output[1]), output_width: Int32(output[2]),
        samples: Int32(samples)),
      global: (output[3], output[2], output[0] * output[1]), local: Launch.anyLocal)
    return true
  }
}
