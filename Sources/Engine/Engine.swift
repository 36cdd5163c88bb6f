import CPrefactor
import CShims
import PrefactorCABI
import PrefactorGraph
import PrefactorModelFormat

/// What the C library said.
public struct EngineError: Error, CustomStringConvertible {
  public var status: pf_status
  public var description: String
}

public struct EngineOptions {
  /// 0: one per processor.
  public var threads = 1
  /// 0 where the model's own size is meant.
  public var batch = 0, height = 0, width = 0, length = 0
  /// Of the first inputs, in their order; 0 where a dimension is to be what it would be without.
  public var inputShapes: [[Int]] = []
  public var profile = false
  public var lowMemory = false
  public var backend = PF_BACKEND_CPU
  /// A number or a part of a name; nil for the usual one.
  public var device: String?
  /// A folder for what is compiled for the device; nil for the usual one.
  public var cache: String?
  /// Whether a device has activations of half precision.
  public var halfPrecision = false
  /// Whether tiles are measured first, and kept for later.
  public var tune = false
  public init() {}
}

/// A model and a session on it, through the C interface that devices use: what the compiler measures and checks is what
/// ships.
public final class Engine {
  public struct TensorInfo: Equatable {
    public var name: String
    public var type: ElementType
    public var dims: [Int]
  }

  public struct StepInfo {
    public var name: String, operation: String, kernel: String
    public var layer: Int?
    public var macs: Int, bytes: Int
    public var nanoseconds: Int
  }

  /// The file, where it is not mapped.
  let bytes: UnsafeMutableRawPointer?
  let model: OpaquePointer
  let session: OpaquePointer
  /// The numbers among the file's values that constants of the graph have, where the engine has encoded one.
  let constants: [Value: [Int]]
  public let inputs: [TensorInfo], outputs: [TensorInfo]

  public convenience init(graph: Graph, options: EngineOptions = EngineOptions()) throws {
    let encoded = try graph.encodedWithConstants()
    try self.init(encoded.bytes, constants: encoded.constants, options)
  }

  public convenience init(bytes: [UInt8], options: EngineOptions = EngineOptions()) throws {
    try self.init(bytes, constants: [:], options)
  }

  private convenience init(_ bytes: [UInt8], constants: [Value: [Int]], _ options: EngineOptions) throws {
    let copy = UnsafeMutableRawPointer.allocate(byteCount: max(bytes.count, 1), alignment: Layout.alignment)
    bytes.withUnsafeBytes { copy.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(copy), byteCount: bytes.count) }
    try self.init(copy: copy, constants, options) { pf_model_open_memory(copy, bytes.count, nil, &$0, &$1) }
  }

  public convenience init(path: String, options: EngineOptions = EngineOptions()) throws {
    try self.init(copy: nil, [:], options) { pf_model_open_file(path, nil, &$0, &$1) }
  }

  private init(
    copy: UnsafeMutableRawPointer?, _ constants: [Value: [Int]], _ options: EngineOptions,
    open: (inout OpaquePointer?, inout pf_error) -> pf_status
  ) throws {
    var opened: OpaquePointer?
    var created: OpaquePointer?
    do {
      let model = try make { open(&$0, &$1) }
      opened = model
      var sessionOptions = pf_session_options.sized
      sessionOptions.threads = Int32(options.threads)
      sessionOptions.backend = Int32(options.backend.rawValue)
      (sessionOptions.batch, sessionOptions.length) = (Int64(options.batch), Int64(options.length))
      (sessionOptions.height, sessionOptions.width) = (Int64(options.height), Int64(options.width))
      sessionOptions.profile = options.profile ? 1 : 0
      sessionOptions.low_memory = options.lowMemory ? 1 : 0
      let (device, cache) = (options.device.flatMap { strdup($0) }, options.cache.flatMap { strdup($0) })
      defer { for text in [device, cache] { free(text) } }
      (sessionOptions.device, sessionOptions.cache) = (UnsafePointer(device), UnsafePointer(cache))
      sessionOptions.half_precision = options.halfPrecision ? 1 : 0
      sessionOptions.tune = options.tune ? 1 : 0
      let shapes = options.inputShapes.map { pf_input_shape($0) }
      let session = try shapes.withUnsafeBufferPointer { shapes in
        (sessionOptions.input_shapes, sessionOptions.input_shape_count) = (shapes.baseAddress, shapes.count)
        return try make { pf_session_create(model, &sessionOptions, &$0, &$1) }
      }
      created = session
      inputs = (0..<pf_model_input_count(model)).map { index in
        tensorInfo { pf_session_input_info(session, index, &$0) }
      }
      outputs = (0..<pf_model_output_count(model)).map { index in
        tensorInfo { pf_session_output_info(session, index, &$0) }
      }
      if let other = outputs.first(where: { !Tensor.types.contains($0.type) }) {
        throw EngineError(
          status: PF_ERROR_UNSUPPORTED,
          description: "output '\(other.name)' has type \(other.type), which the compiler does not support")
      }
      (bytes, self.model, self.session, self.constants) = (copy, model, session, constants)
    } catch {
      pf_session_destroy(created)
      pf_model_close(opened)
      copy?.deallocate()
      throw error
    }
  }

  deinit {
    pf_session_destroy(session)
    pf_model_close(model)
    bytes?.deallocate()
  }
}

extension pf_input_shape {
  fileprivate init(_ dims: [Int]) {
    self.init()
    rank = Int32(clamping: dims.count)
    withUnsafeMutableBytes(of: &self.dims) { bytes in
      for (axis, size) in dims.prefix(Int(PF_MAX_RANK)).enumerated() {
        bytes.storeBytes(of: Int64(size), toByteOffset: axis * 8, as: Int64.self)
      }
    }
  }
}

private func make(_ body: (inout OpaquePointer?, inout pf_error) -> pf_status) throws -> OpaquePointer {
  var handle: OpaquePointer?
  var error = pf_error()
  let status = body(&handle, &error)
  guard status == PF_OK, let handle else { throw EngineError(status: status, description: message(of: error)) }
  return handle
}

private func message(of error: pf_error) -> String {
  withUnsafeBytes(of: error.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}

private func tensorInfo(_ body: (inout pf_tensor_info) -> pf_status) -> Engine.TensorInfo {
  var info = pf_tensor_info.sized
  _ = body(&info)
  let dims = withUnsafeBytes(of: info.dims) { bytes in
    (0..<Int(info.rank)).map { Int(bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self)) }
  }
  return Engine.TensorInfo(
    name: info.name.map { String(cString: $0) } ?? "",
    type: ElementType(rawValue: Int32(info.type.rawValue)) ?? .float32, dims: dims)
}

// MARK: Running

extension Engine {
  /// One tensor for each input, in order, with exactly the inputs' shapes and types.
  public func run(_ tensors: [Tensor]) throws -> [Tensor] {
    try load(tensors)
    try run()
    return outputTensors
  }

  /// Puts a tensor into the session's own buffer of each input.
  public func load(_ tensors: [Tensor]) throws {
    guard tensors.count == inputs.count else {
      throw EngineError(
        status: PF_ERROR_INVALID_ARGUMENT, description: "\(tensors.count) tensors given for \(inputs.count) inputs")
    }
    for (index, (tensor, info)) in zip(tensors, inputs).enumerated() {
      guard tensor.dims == info.dims, tensor.type == info.type else {
        throw EngineError(
          status: PF_ERROR_SHAPE,
          description: "input '\(info.name)' takes \(info.type) \(info.dims), not \(tensor.type) \(tensor.dims)")
      }
      guard let buffer = pf_session_input_buffer(session, index) else { continue }
      tensor.withUnsafeBytes {
        buffer.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(buffer), byteCount: $0.count)
      }
    }
  }

  /// Runs on what is in the session's own input buffers.
  public func run() throws {
    var error = pf_error()
    let status = pf_session_run(session, nil, nil, &error)
    guard status == PF_OK else { throw EngineError(status: status, description: message(of: error)) }
  }

  /// What the last run gave.
  public var outputTensors: [Tensor] {
    outputs.indices.map { index in
      guard let buffer = pf_session_output_buffer(session, index) else { return Tensor([0], [Float]()) }
      return Tensor(outputs[index].dims, type: outputs[index].type, copying: buffer)
    }
  }

  /// What the last run gave for a float32 output, in the session's own memory: until the next run, or until an input is
  /// written.
  public func outputFloats(_ index: Int) -> UnsafeBufferPointer<Float> {
    precondition(outputs[index].type == .float32)
    let buffer = pf_session_output_buffer(session, index)?.assumingMemoryBound(to: Float.self)
    return UnsafeBufferPointer(start: buffer, count: buffer == nil ? 0 : outputs[index].dims.reduce(1, *))
  }

  /// Puts an interleaved RGB image of any size into the session's own input buffer, as the model's preprocessing says.
  public func loadImage(_ rgb: UnsafeBufferPointer<UInt8>, width: Int, height: Int, input: Int = 0, batchIndex: Int = 0)
    throws
  {
    precondition(rgb.count >= width * height * 3)
    var error = pf_error()
    let status = pf_session_load_image(session, input, batchIndex, rgb.baseAddress, width, height, width * 3, &error)
    guard status == PF_OK else { throw EngineError(status: status, description: message(of: error)) }
  }
}

// MARK: Questions

extension Engine {
  public var info: pf_session_info {
    var info = pf_session_info.sized
    _ = pf_session_get_info(session, &info)
    return info
  }

  public var isa: String { info.isa.map { String(cString: $0) } ?? "" }

  public var steps: [StepInfo] {
    (0..<pf_session_step_count(session)).map { index in
      var step = pf_step_info.sized
      _ = pf_session_step_info(session, index, &step)
      return StepInfo(
        name: step.name.map { String(cString: $0) } ?? "", operation: step.operation.map { String(cString: $0) } ?? "",
        kernel: step.kernel.map { String(cString: $0) } ?? "", layer: step.layer < 0 ? nil : Int(step.layer),
        macs: Int(clamping: step.macs),
        bytes: Int(clamping: step.bytes), nanoseconds: Int(step.nanoseconds))
    }
  }
}
