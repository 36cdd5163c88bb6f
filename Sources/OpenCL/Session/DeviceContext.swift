import COpenCL
import CPrefactor
import CShims
import KernelContract
import PrefactorModelFormat
import PrefactorRuntime

/// What an operator sees of a step that is to run on a device.
struct DeviceContext {
  let recorder: UnsafeMutablePointer<DeviceRecorder>
  let plan: Plan
  let index: Int
  let step: Step
  let output: DeviceTensor

  init?(_ plan: Plan, _ index: Int, _ recorder: UnsafeMutablePointer<DeviceRecorder>) {
    let step = plan.steps[index]
    guard let output = DeviceContext.tensor(plan, step.output, recorder) else { return nil }
    (self.recorder, self.plan, self.index, self.step, self.output) = (recorder, plan, index, step, output)
  }

  /// An input as it is, which of a constant is as the file has it.
  func tensor(_ index: Int) -> DeviceTensor? {
    index < step.inputCount ? plan.input(step, index).flatMap { DeviceContext.tensor(plan, $0, recorder) } : nil
  }

  /// An input whose elements are those of activations, also of a constant.
  func input(_ index: Int) -> DeviceTensor? {
    guard let tensor = tensor(index), let value = plan.input(step, index) else { return nil }
    if !tensor.isConstant || !recorder.pointee.hasHalfActivations { return tensor }
    let count = tensor.shape.count
    let channels = tensor.shape.channels
    let floats = (plan.file.bytes.base + 4 * tensor.offset).assumingMemoryBound(to: Float.self)
    let halves = recorder.pointee.prepare(value, form: DeviceRecorder.activationForm, bytes: max(2 * count, 4)) {
      contents in
      let halves = contents.assumingMemoryBound(to: UInt16.self)
      for index in 0..<count {
        halves[index] = pf_narrow(floats[index / channels * tensor.pixelStride + index % channels])
      }
    }
    return DeviceTensor(shape: tensor.shape, isConstant: true, buffer: halves, offset: 0, pixelStride: channels)
  }

  /// What the steps that are part of this one have as constants, on the host.
  var fusedInputs: FusedInputs? {
    let inputs = plan.fusedInputs(of: step) { value in
      guard let shape = plan.shapes[value], let contents = plan.storages[value].contents else { return nil }
      return TensorView(shape: shape, base: UnsafeMutableRawPointer(mutating: contents))
    }
    return inputs?.indices == nil ? nil : inputs
  }

  private static func tensor(_ plan: Plan, _ value: Int, _ recorder: UnsafeMutablePointer<DeviceRecorder>)
    -> DeviceTensor?
  {
    guard let shape = plan.shapes[value] else { return nil }
    let place = plan.places[value]
    if let contents = plan.storages[Int(place.root)].contents {
      let offset = contents - plan.file.bytes.base + place.offset
      return DeviceTensor(
        shape: shape, isConstant: true, buffer: recorder.pointee.device.pointee.constants, offset: offset / 4,
        pixelStride: place.pixelStride)
    }
    let offset = plan.storages[Int(place.root)].offset + place.offset
    return DeviceTensor(
      shape: shape, isConstant: false, buffer: recorder.pointee.arena, offset: offset / 4,
      pixelStride: place.pixelStride)
  }

  /// For those who ask how the step is computed.
  func setAlgorithm(_ algorithm: pf_algorithm) { plan.steps[index].algorithm = algorithm }

  var arena: cl_mem? { recorder.pointee.arena }
  var words: cl_mem? { recorder.pointee.words }
  var constants: cl_mem? { recorder.pointee.device.pointee.constants }
}

extension DeviceContext: DataMovement {
  var inputCount: Int { step.inputCount }

  func isInPlace(_ input: DeviceTensor, at offset: Int) -> Bool {
    !input.isConstant && input.offset == output.offset + offset
  }

  func copy(_ input: DeviceTensor, _ walk: StridedWalk, to outputOffset: Int, from inputOffset: Int) {
    copy(input.buffer, walk, to: output.offset + outputOffset, from: input.offset + inputOffset)
  }

  private func copy(_ source: cl_mem?, _ walk: StridedWalk, to output: Int, from input: Int) {
    guard let arguments = pf_cl_walk(walk, output: output, input: input) else {
      // More axes than a kernel takes: one launch for each index of the outermost.
      let (outermost, rest) = walk.withoutOutermost
      for index in 0..<outermost.size {
        copy(source, rest, to: output + index * outermost.first, from: input + index * outermost.second)
      }
      return
    }
    if walk.isTransposition {
      let next = walk.axis(walk.rank - 2).size
      let inner = walk.innermost.size
      let vector = min(recorder.pointee.vector(atMost: next), 8)
      var options = BuildOptions()
      options.define("VECTOR", vector)
      if inner < vector && walk.axis(walk.rank - 2).first == inner { options.define("INNERMOST", inner) }
      let (_, _, outer) = arguments.globalSize(innermost: 1)
      recorder.pointee.launch(
        PF_CL_DATA_MOVEMENT, "transpose", options, buffers: (source, arena, nil, nil), arguments,
        global: ((inner + vector - 1) / vector, (next + vector - 1) / vector, outer), local: Launch.anyLocal)
      return
    }
    let inner = walk.innermost
    let run = inner.first == 1 && inner.second == 1 && inner.size >= 4 ? (inner.size >= 64 ? 16 : 4) : 1
    var options = BuildOptions()
    options.define("VECTOR", run)
    recorder.pointee.launch(
      PF_CL_DATA_MOVEMENT, "copy", options, buffers: (source, arena, nil, nil), arguments,
      global: arguments.globalSize(innermost: run), local: Launch.anyLocal)
  }

  func fill(_ value: Float) {
    var options = BuildOptions()
    options.define("VECTOR", 1)
    recorder.pointee.launch(
      PF_CL_DATA_MOVEMENT, "fill", options, buffers: (arena, nil, nil, nil),
      pf_cl_fill(output: Int32(output.offset), count: Int32(output.shape.count), value: value),
      global: (output.shape.count, 1, 1), local: Launch.anyLocal)
  }
}

extension pf_cl_walk {
  /// Nil where there are too many axes.
  init?(_ walk: StridedWalk, output: Int, input: Int) {
    let axes = Int(PF_CL_AXES)
    if walk.rank > axes { return nil }
    self.init()
    (self.input, self.output) = (Int32(input), Int32(output))
    rank = Int32(max(walk.rank, 3))
    let rank = Int(rank)
    let missing = rank - walk.rank
    withUnsafeMutableBytes(of: &self) { bytes in
      let words = bytes.assumingMemoryBound(to: Int32.self)
      for axis in 0..<rank {
        let (size, first, second) = axis < missing ? (1, 0, 0) : walk.axis(axis - missing)
        words[3 + axis] = Int32(size)
        words[3 + axes + axis] = Int32(second)
        words[3 + 2 * axes + axis] = Int32(first)
      }
    }
  }

  /// The innermost axis in runs, the next one, and all others together.
  func globalSize(innermost run: Int) -> (Int, Int, Int) {
    var sizes = sizes
    let rank = Int(rank)
    return withUnsafeBytes(of: &sizes) { bytes in
      let sizes = bytes.assumingMemoryBound(to: Int32.self)
      var outer = 1
      for axis in 0..<rank - 2 { outer *= Int(sizes[axis]) }
      return ((Int(sizes[rank - 1]) + run - 1) / run, Int(sizes[rank - 2]), outer)
    }
  }
}
