import CPrefactor
import PrefactorModelFormat
import PrefactorRuntime

func model(_ handle: OpaquePointer?) -> UnsafeMutablePointer<Model>? { handle.map { UnsafeMutablePointer<Model>($0) } }

func allocator(_ given: UnsafePointer<pf_allocator>?, default fallback: Allocator) throws(Failure) -> Allocator {
  guard let given else { return fallback }
  guard let allocator = Allocator(given.pointee) else {
    throw Failure(PF_ERROR_INVALID_ARGUMENT, "the allocator lacks a function")
  }
  return allocator
}

// MARK: Opening

@_cdecl("pf_model_open_file") @implementation
public func pf_model_open_file(
  _ path: UnsafePointer<CChar>!, _ options: UnsafePointer<pf_model_options>!,
  _ model: UnsafeMutablePointer<OpaquePointer?>!,
  _ error: UnsafeMutablePointer<pf_error>!
) -> pf_status {
  guard let path else {
    return open(nil, options, model, error) { _, _ throws(Failure) in
      throw Failure(PF_ERROR_INVALID_ARGUMENT, "the path is NULL")
    }
  }
  return open(path, options, model, error) { allocator, log throws(Failure) in
    try Model.open(path: path, allocator: allocator, log: log)
  }
}

@_cdecl("pf_model_open_memory") @implementation
public func pf_model_open_memory(
  _ data: UnsafeRawPointer!, _ length: Int, _ options: UnsafePointer<pf_model_options>!,
  _ model: UnsafeMutablePointer<OpaquePointer?>!,
  _ error: UnsafeMutablePointer<pf_error>!
) -> pf_status {
  open(nil, options, model, error) { allocator, log throws(Failure) in
    guard let data, length >= 0 else {
      throw Failure(PF_ERROR_INVALID_ARGUMENT, "the model's bytes are NULL, or too many")
    }
    return try Model.open(Bytes(data, count: length), allocator: allocator, log: log)
  }
}

private func open(
  _ path: UnsafePointer<CChar>?, _ given: UnsafePointer<pf_model_options>?,
  _ result: UnsafeMutablePointer<OpaquePointer?>?,
  _ error_: UnsafeMutablePointer<pf_error>?, _ body: (Allocator, Log) throws(Failure) -> UnsafeMutablePointer<Model>
) -> pf_status {
  result?.pointee = nil
  do throws(Failure) {
    guard let result else {
      throw Failure(PF_ERROR_INVALID_ARGUMENT, "there is nowhere to put the model: the pointer is NULL")
    }
    let options = try options(given)
    let model = try body(allocator(options.allocator, default: .malloc), Log(options.log, context: options.log_context))
    result.pointee = OpaquePointer(model)
    return succeed(error_)
  } catch {
    return report(error, of: Subject(path: path), to: error_)
  }
}

@_cdecl("pf_model_close") @implementation
public func pf_model_close(_ handle: OpaquePointer!) {
  if let model = model(handle) { Model.close(model) }
}

// MARK: Inputs and outputs

@_cdecl("pf_model_input_count") @implementation
public func pf_model_input_count(_ handle: OpaquePointer!) -> Int { count(handle, .inputs) }

@_cdecl("pf_model_output_count") @implementation
public func pf_model_output_count(_ handle: OpaquePointer!) -> Int { count(handle, .outputs) }

@_cdecl("pf_model_input_info") @implementation
public func pf_model_input_info(_ handle: OpaquePointer!, _ index: Int, _ info: UnsafeMutablePointer<pf_tensor_info>!)
  -> pf_status
{
  declaredInfo(handle, .inputs, index, info)
}

@_cdecl("pf_model_output_info") @implementation
public func pf_model_output_info(_ handle: OpaquePointer!, _ index: Int, _ info: UnsafeMutablePointer<pf_tensor_info>!)
  -> pf_status
{
  declaredInfo(handle, .outputs, index, info)
}

private func count(_ handle: OpaquePointer?, _ section: SectionKind) -> Int {
  model(handle)?.pointee.file.count(section) ?? 0
}

private func declaredInfo(
  _ handle: OpaquePointer?, _ section: SectionKind, _ index: Int, _ info: UnsafeMutablePointer<pf_tensor_info>?
) -> pf_status {
  status { () throws(Failure) in
    try answer(info) { () throws(Failure) in
      guard let file = model(handle)?.pointee.file, index >= 0, index < file.count(section) else { throw .noSuchThing }
      let value = file.number(section, index)
      return tensorInfo(file, value, try file.value(value).shape)
    }
  }
}

/// Of an input or output of the file, with the dimensions as they are at hand.
func tensorInfo(_ file: ModelFile, _ value: Int, _ shape: Shape) -> pf_tensor_info {
  var info = pf_tensor_info.sized
  info.name = file.name(ofValue: value)
  info.type = pf_type(rawValue: UInt32(shape.type.rawValue))
  info.rank = Int32(shape.rank)
  withUnsafeMutableBytes(of: &info.dims) { bytes in
    let dims = bytes.assumingMemoryBound(to: Int64.self)
    for axis in 0..<shape.rank { dims[axis] = Int64(shape[axis]) }
  }
  withUnsafeMutableBytes(of: &info.dim_names) { bytes in
    let names = bytes.assumingMemoryBound(to: UnsafePointer<CChar>?.self)
    for axis in 0..<shape.rank { names[axis] = file.symbol(ofValue: value, axis: axis).map { file.symbol($0).name } }
  }
  info.bytes = (shape.checkedCount ?? 0) * shape.type.size
  info.quantized_dim = -1
  if let quantization = file.quantization(ofValue: value) {
    info.scale_count = quantization.count
    info.scales = quantization.scales
    info.zero_points = quantization.zeroPoints
    info.quantized_dim = Int32(truncatingIfNeeded: quantization.axis ?? -1)
  }
  return info
}

// MARK: Labels and metadata

@_cdecl("pf_model_label_count") @implementation
public func pf_model_label_count(_ handle: OpaquePointer!) -> Int { count(handle, .labels) }

@_cdecl("pf_model_label") @implementation
public func pf_model_label(_ handle: OpaquePointer!, _ index: Int) -> UnsafePointer<CChar>! {
  guard let file = model(handle)?.pointee.file, index >= 0, index < file.count(.labels) else { return nil }
  return file.string(UInt32(file.number(.labels, index)))
}

@_cdecl("pf_model_metadata_count") @implementation
public func pf_model_metadata_count(_ handle: OpaquePointer!) -> Int { count(handle, .metadata) }

@_cdecl("pf_model_metadata_key") @implementation
public func pf_model_metadata_key(_ handle: OpaquePointer!, _ index: Int) -> UnsafePointer<CChar>! {
  metadata(handle, index, at: 0)
}

@_cdecl("pf_model_metadata_value") @implementation
public func pf_model_metadata_value(_ handle: OpaquePointer!, _ index: Int) -> UnsafePointer<CChar>! {
  metadata(handle, index, at: 4)
}

private func metadata(_ handle: OpaquePointer?, _ index: Int, at offset: Int) -> UnsafePointer<CChar>? {
  guard let file = model(handle)?.pointee.file, index >= 0, index < file.count(.metadata) else { return nil }
  return file.string(file.record(.metadata, index).uint32(offset))
}

// MARK: Preprocessing and layers

@_cdecl("pf_model_preprocessing") @implementation
public func pf_model_preprocessing(_ handle: OpaquePointer!, _ result: UnsafeMutablePointer<pf_preprocessing>!)
  -> pf_status
{
  status { () throws(Failure) in
    try answer(result) { () throws(Failure) in
      guard let file = model(handle)?.pointee.file else { throw .noSuchThing }
      guard let preprocessing = preprocessing(file) else {
        throw Failure(PF_ERROR_UNSUPPORTED, "the model does not say how images become its input")
      }
      return preprocessing
    }
  }
}

func preprocessing(_ file: ModelFile) -> pf_preprocessing? {
  guard file.count(.preprocessing) == 1 else { return nil }
  typealias Field = Layout.Preprocessing
  let record = file.record(.preprocessing, 0)
  func triple(_ offset: Int) -> (Float, Float, Float) {
    (record.float(offset), record.float(offset + 4), record.float(offset + 8))
  }
  return pf_preprocessing(
    struct_size: MemoryLayout<pf_preprocessing>.size, width: record.int32(Field.width),
    height: record.int32(Field.height),
    resize: record.int32(Field.resize), crop: record.int32(Field.crop), channels: record.int32(Field.channels),
    mean: triple(Field.mean),
    deviation: triple(Field.deviation), layout: file.version == Layout.oldestVersion ? 0 : record.int32(Field.layout))
}

@_cdecl("pf_model_layer_count") @implementation
public func pf_model_layer_count(_ handle: OpaquePointer!) -> Int { count(handle, .layers) }

@_cdecl("pf_model_layer_info") @implementation
public func pf_model_layer_info(_ handle: OpaquePointer!, _ index: Int, _ info: UnsafeMutablePointer<pf_layer_info>!)
  -> pf_status
{
  status { () throws(Failure) in
    try answer(info) { () throws(Failure) in
      guard let file = model(handle)?.pointee.file, index >= 0, index < file.count(.layers) else { throw .noSuchThing }
      typealias Field = Layout.Layer
      let record = file.record(.layers, index)
      return pf_layer_info(
        struct_size: MemoryLayout<pf_layer_info>.size, name: file.string(record.uint32(Field.name)),
        method: file.string(record.uint32(Field.method)), parameters: file.string(record.uint32(Field.parameters)),
        macs_before: record.uint64(Field.macsBefore), macs_after: record.uint64(Field.macsAfter),
        bytes_before: record.uint64(Field.bytesBefore), bytes_after: record.uint64(Field.bytesAfter),
        relative_error: record.double(Field.relativeError))
    }
  }
}
