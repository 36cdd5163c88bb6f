import CPrefactor
import CShims
import PrefactorModelFormat
import PrefactorRuntime

private func session(_ handle: OpaquePointer?) -> UnsafeMutablePointer<Session>? {
  handle.map { UnsafeMutablePointer<Session>($0) }
}

private func sessionOptions(_ given: pf_session_options) throws(Failure) -> SessionOptions {
  let backend = try Backend.numbered(given.backend, orFail: PF_ERROR_UNSUPPORTED)
  guard (0...64).contains(given.threads) else {
    throw Failure(PF_ERROR_INVALID_ARGUMENT, "# threads are not between 0 and 64", Int(given.threads))
  }
  let limit = Layout.maximumSize
  guard (0...limit).contains(given.batch), (0...limit).contains(given.height), (0...limit).contains(given.width),
    (0...limit).contains(given.length)
  else {
    throw Failure(PF_ERROR_INVALID_ARGUMENT, "the batch, height, width or length is negative or too large")
  }
  var options = SessionOptions()
  if let processors = given.cpus {
    guard given.cpu_count >= 1, given.cpu_count <= Int(SHIM_PROCESSORS) else {
      throw Failure(
        PF_ERROR_INVALID_ARGUMENT, "cpu_count is #, and with cpus must be from 1 to #", given.cpu_count,
        Int(SHIM_PROCESSORS))
    }
    options.processors = UnsafeBufferPointer(start: processors, count: given.cpu_count)
  }
  options.callersPool = given.parallel_for.map { CallersPool($0, context: given.parallel_for_context) }
  options.threads =
    given.threads == 0 ? min(shim_processors(shim_widen(options.processors?.count ?? 0)), 64) : Int(given.threads)
  options.batch = max(Int(given.batch), 1)
  options.height = Int(given.height)
  options.width = Int(given.width)
  options.length = Int(given.length)
  options.inputShapes = try inputShapes(given)
  options.isProfiling = given.profile != 0
  options.savesMemory = given.low_memory != 0
  options.mostWork = given.max_macs == 0 ? nil : given.max_macs
  options.mostBytes = given.max_bytes == 0 ? nil : Int(clamping: UInt(bitPattern: given.max_bytes))
  (options.device.name, options.device.cache) = (given.device, given.cache)
  (options.device.isTuning, options.device.hasHalfActivations) = (given.tune != 0, given.half_precision != 0)
  options.backend = backend
  return options
}

private func inputShapes(_ given: pf_session_options) throws(Failure) -> UnsafeBufferPointer<pf_input_shape> {
  guard let shapes = given.input_shapes, given.input_shape_count != 0 else {
    return UnsafeBufferPointer(start: nil, count: 0)
  }
  guard (1...Layout.maximumInterface).contains(given.input_shape_count) else {
    throw Failure(PF_ERROR_INVALID_ARGUMENT, "shapes of more than # inputs are given", Layout.maximumInterface)
  }
  for index in 0..<given.input_shape_count {
    guard (0...Int32(PF_MAX_RANK)).contains(shapes[index].rank) else {
      throw Failure(
        PF_ERROR_INVALID_ARGUMENT, "the shape given for input # has # dimensions", index, Int(shapes[index].rank))
    }
    for axis in 0..<Int(shapes[index].rank) where shapes[index].dimension(axis) < -1 {
      throw Failure(
        PF_ERROR_INVALID_ARGUMENT, "dimension # of the shape given for input # is #", wide: Int64(axis), Int64(index),
        shapes[index].dimension(axis))
    }
  }
  return UnsafeBufferPointer(start: shapes, count: given.input_shape_count)
}

// MARK: Creating

@_cdecl("pf_session_memory_required") @implementation
public func pf_session_memory_required(
  _ handle: OpaquePointer!, _ given: UnsafePointer<pf_session_options>!, _ bytes: UnsafeMutablePointer<Int>!,
  _ error: UnsafeMutablePointer<pf_error>!
) -> pf_status {
  let mode = shim_flush_subnormals()
  defer { shim_restore_float_mode(mode) }
  bytes?.pointee = 0
  return withModel(handle, error) { model throws(Failure) in
    guard let bytes else {
      throw Failure(PF_ERROR_INVALID_ARGUMENT, "there is nowhere to put the number: the pointer is NULL")
    }
    bytes.pointee = try Session.memoryRequired(model, sessionOptions(options(given)))
  }
}

@_cdecl("pf_session_create") @implementation
public func pf_session_create(
  _ handle: OpaquePointer!, _ given: UnsafePointer<pf_session_options>!,
  _ result: UnsafeMutablePointer<OpaquePointer?>!,
  _ error: UnsafeMutablePointer<pf_error>!
) -> pf_status {
  let mode = shim_flush_subnormals()
  defer { shim_restore_float_mode(mode) }
  result?.pointee = nil
  return withModel(handle, error) { model throws(Failure) in
    guard let result else {
      throw Failure(PF_ERROR_INVALID_ARGUMENT, "there is nowhere to put the session: the pointer is NULL")
    }
    var given = try options(given)
    let isBuilt = try Backend.numbered(given.backend) != nil
    var session: UnsafeMutablePointer<Session>
    do throws(Failure) {
      session = try makeSession(model, given)
    } catch {
      guard error.status == PF_ERROR_BACKEND || !isBuilt, given.cpu_fallback != 0 else { throw error }
      logFallback(model.pointee.log, error)
      given.backend = Int32(PF_BACKEND_CPU.rawValue)
      session = try makeSession(model, given)
    }
    result.pointee = OpaquePointer(session)
    logCreation(session.pointee)
  }
}

private func makeSession(_ model: UnsafeMutablePointer<Model>, _ given: pf_session_options) throws(Failure)
  -> UnsafeMutablePointer<Session>
{
  let options = try sessionOptions(given)
  if let memory = given.memory { return try Session.create(model, options, in: memory, size: given.memory_size) }
  return try Session.create(model, options, allocator(given.allocator, default: model.pointee.allocator))
}

private func logFallback(_ log: Log, _ failure: Failure) {
  if log.isSilent { return }
  var buffer = InlineArray<256, CChar>(repeating: 0)
  withUnsafeMutableBytes(of: &buffer) { bytes in
    let text = bytes.baseAddress!.assumingMemoryBound(to: CChar.self)
    var message = Text(text, capacity: bytes.count)
    message.append("the CPU is taken: ")
    message.append(reasonOf: failure)
    log(PF_LOG_WARNING, text)
  }
}

private func withModel(
  _ handle: OpaquePointer?, _ error_: UnsafeMutablePointer<pf_error>?,
  _ body: (UnsafeMutablePointer<Model>) throws(Failure) -> Void
) -> pf_status {
  guard let model = model(handle) else {
    return report(Failure(PF_ERROR_INVALID_ARGUMENT, "the model is NULL"), to: error_)
  }
  do throws(Failure) {
    try body(model)
    return succeed(error_)
  } catch {
    return report(error, of: Subject(file: model.pointee.file), to: error_)
  }
}

private func logCreation(_ session: Session) {
  let log = session.model.pointee.log
  if log.isSilent { return }
  var buffer = InlineArray<256, CChar>(repeating: 0)
  withUnsafeMutableBytes(of: &buffer) { bytes in
    let text = bytes.baseAddress!.assumingMemoryBound(to: CChar.self)
    var message = Text(text, capacity: bytes.count)
    message.append("session: ")
    message.append(cString: session.isa)
    message.append(", threads ")
    message.append(session.threadCount)
    message.append(", bytes ")
    message.append(session.totalBytes)
    log(PF_LOG_INFO, text)
  }
}

@_cdecl("pf_session_destroy") @implementation
public func pf_session_destroy(_ handle: OpaquePointer!) {
  if let session = session(handle) { Session.destroy(session) }
}

// MARK: Tensors

@_cdecl("pf_session_input_info") @implementation
public func pf_session_input_info(_ handle: OpaquePointer!, _ index: Int, _ info: UnsafeMutablePointer<pf_tensor_info>!)
  -> pf_status
{
  plannedInfo(handle, .inputs, index, info)
}

@_cdecl("pf_session_output_info") @implementation
public func pf_session_output_info(
  _ handle: OpaquePointer!, _ index: Int, _ info: UnsafeMutablePointer<pf_tensor_info>!
) -> pf_status {
  plannedInfo(handle, .outputs, index, info)
}

@_cdecl("pf_session_input_buffer") @implementation
public func pf_session_input_buffer(_ handle: OpaquePointer!, _ index: Int) -> UnsafeMutableRawPointer! {
  value(handle, .inputs, index).flatMap { $0.session.ownBuffer(.inputs, index) }
}

@_cdecl("pf_session_output_buffer") @implementation
public func pf_session_output_buffer(_ handle: OpaquePointer!, _ index: Int) -> UnsafeRawPointer! {
  value(handle, .outputs, index).flatMap { UnsafeRawPointer($0.session.ownBuffer(.outputs, index)) }
}

private func value(_ handle: OpaquePointer?, _ section: SectionKind, _ index: Int) -> (session: Session, index: Int)? {
  guard let session = session(handle)?.pointee, index >= 0, index < session.model.pointee.file.count(section) else {
    return nil
  }
  return (session, session.model.pointee.file.number(section, index))
}

private func plannedInfo(
  _ handle: OpaquePointer?, _ section: SectionKind, _ index: Int, _ info: UnsafeMutablePointer<pf_tensor_info>?
) -> pf_status {
  status { () throws(Failure) in
    try answer(info) { () throws(Failure) in
      guard let (session, index) = value(handle, section, index), let shape = session.shape(ofValue: index) else {
        throw .noSuchThing
      }
      return tensorInfo(session.model.pointee.file, index, shape)
    }
  }
}

// MARK: Running

@_cdecl("pf_session_run") @implementation
public func pf_session_run(
  _ handle: OpaquePointer!, _ inputs: UnsafePointer<UnsafeRawPointer?>!,
  _ outputs: UnsafePointer<UnsafeMutableRawPointer?>!,
  _ error_: UnsafeMutablePointer<pf_error>!
) -> pf_status {
  let mode = shim_flush_subnormals()
  defer { shim_restore_float_mode(mode) }
  guard let session = session(handle) else {
    return report(Failure(PF_ERROR_INVALID_ARGUMENT, "the session is NULL"), to: error_)
  }
  do throws(Failure) {
    try session.pointee.run(inputs: inputs, outputs: outputs)
    return succeed(error_)
  } catch {
    return report(error, of: Subject(file: session.pointee.model.pointee.file), to: error_)
  }
}

@_cdecl("pf_session_cancel") @implementation
public func pf_session_cancel(_ handle: OpaquePointer!) { session(handle)?.pointee.cancel() }

@_cdecl("pf_session_load_image") @implementation
public func pf_session_load_image(
  _ handle: OpaquePointer!, _ inputIndex: Int, _ batchIndex: Int, _ rgb: UnsafePointer<UInt8>!, _ width: Int,
  _ height: Int, _ rowBytes: Int,
  _ error_: UnsafeMutablePointer<pf_error>!
) -> pf_status {
  let mode = shim_flush_subnormals()
  defer { shim_restore_float_mode(mode) }
  do throws(Failure) {
    guard let session = session(handle)?.pointee else {
      throw Failure(PF_ERROR_INVALID_ARGUMENT, "the session is NULL")
    }
    guard let rgb else { throw Failure(PF_ERROR_INVALID_ARGUMENT, "the image is NULL") }
    guard (1...Layout.longestSide).contains(width), (1...Layout.longestSide).contains(height) else {
      throw Failure(
        PF_ERROR_INVALID_ARGUMENT, "an image of # × # pixels has a side that is not between 1 and #",
        wide: Int64(width), Int64(height),
        Int64(Layout.longestSide))
    }
    guard rowBytes >= 3 * width, !rowBytes.multipliedReportingOverflow(by: height).overflow else {
      throw Failure(PF_ERROR_INVALID_ARGUMENT, "rows of # pixels are not # bytes apart", width, rowBytes)
    }
    guard let preprocessing = preprocessing(session.model.pointee.file) else {
      throw Failure(PF_ERROR_UNSUPPORTED, "the model does not say how images become its input")
    }
    guard let (_, input) = value(handle, .inputs, inputIndex), let shape = session.shape(ofValue: input) else {
      throw Failure(PF_ERROR_INVALID_ARGUMENT, "there is no input #", inputIndex)
    }
    let channels = preprocessing.channels == Int32(PF_CHANNELS_GRAY.rawValue) ? 1 : 3
    let isChannelsLast = preprocessing.layout == Int32(PF_LAYOUT_CHANNELS_LAST.rawValue)
    guard shape.rank == 4, shape.type == .float32, shape[isChannelsLast ? 3 : 1] == channels else {
      throw Failure(PF_ERROR_SHAPE, "input # does not take images of # channels", inputIndex, channels)
    }
    guard batchIndex >= 0, batchIndex < shape[0] else {
      throw Failure(PF_ERROR_INVALID_ARGUMENT, "there is no image # in a batch of #", batchIndex, shape[0])
    }
    guard let buffer = session.ownBuffer(.inputs, inputIndex) else {
      throw Failure(PF_ERROR_BACKEND, "the device that has the input has failed")
    }
    let output = buffer.assumingMemoryBound(to: Float.self) + batchIndex * shape.count(1..<4)
    let targetHeight = shape[isChannelsLast ? 1 : 2]
    let targetWidth = shape[isChannelsLast ? 2 : 3]
    session.load(
      ImageInput(
        rgb, width: width, height: height, rowBytes: rowBytes, preprocessing: preprocessing, targetWidth: targetWidth,
        targetHeight: targetHeight,
        output: output, pixelStride: isChannelsLast ? channels : 1,
        channelStride: isChannelsLast ? 1 : targetWidth * targetHeight))
    return succeed(error_)
  } catch {
    return report(error, to: error_)
  }
}

// MARK: Measurements

@_cdecl("pf_session_get_info") @implementation
public func pf_session_get_info(_ handle: OpaquePointer!, _ info: UnsafeMutablePointer<pf_session_info>!) -> pf_status {
  status { () throws(Failure) in
    try answer(info) { () throws(Failure) in
      guard let session = session(handle)?.pointee else { throw .noSuchThing }
      return pf_session_info(
        struct_size: MemoryLayout<pf_session_info>.size,
        isa: session.isa,
        threads: Int32(session.threadCount), activation_bytes: session.valueBytes.total,
        live_bytes: session.valueBytes.live,
        workspace_bytes: session.workspaceBytes, total_bytes: session.totalBytes)
    }
  }
}

@_cdecl("pf_session_step_count") @implementation
public func pf_session_step_count(_ handle: OpaquePointer!) -> Int { session(handle)?.pointee.stepCount ?? 0 }

@_cdecl("pf_session_step_info") @implementation
public func pf_session_step_info(_ handle: OpaquePointer!, _ index: Int, _ info: UnsafeMutablePointer<pf_step_info>!)
  -> pf_status
{
  status { () throws(Failure) in
    try answer(info) { () throws(Failure) in
      guard let session = session(handle)?.pointee, index >= 0, index < session.stepCount else { throw .noSuchThing }
      let node = try session.model.pointee.file.node(index)
      let step = session.step(index)
      return pf_step_info(
        struct_size: MemoryLayout<pf_step_info>.size, name: node.name, operation: step.operation.name.cString,
        layer: node.layer.map { Int32($0) } ?? -1, macs: UInt64(bitPattern: step.work), nanoseconds: step.nanoseconds,
        kernel: step.kernel.cString, bytes: UInt64(bitPattern: step.bytes))
    }
  }
}
