import CPrefactor
import PrefactorGraph
import PrefactorModelFormat
import PrefactorRuntime

extension Engine {
  /// Replaces the elements of a constant of the graph that the engine was made of, in row-major order. The next run
  /// computes with them, and gives the bits that an engine of the changed graph would. They are packed into their place
  /// in the engine's own copy of the file, and what the session has prepared of them is prepared again: nothing is
  /// encoded, checked or planned once more. In a graph with half weights they become the nearest numbers of half
  /// precision, which are infinite beyond 65504.
  ///
  /// Not while a run is under way. Throws ``EngineError``, and changes nothing, where the graph does not compute with
  /// such a constant, or the engine was made of a file; where the constant has another number of elements, or integers;
  /// and for OpenCL devices, which have copies of their own.
  public func write(_ weights: [Float], to constant: Value) throws {
    guard let indices = constants[constant] else {
      throw EngineError(status: PF_ERROR_INVALID_ARGUMENT, description: "there is no such constant in the model")
    }
    let session = UnsafePointer<Session>(session)
    guard session.pointee.canRenewConstants else {
      throw EngineError(
        status: PF_ERROR_UNSUPPORTED, description: "weights on an OpenCL device cannot be written; the CPU's can")
    }
    let file = UnsafePointer<Model>(model).pointee.file
    for index in indices {
      let stored = try file.value(index)
      guard let layout = stored.layout, let place = stored.contents else { continue }
      guard stored.shape.type == .float32, stored.shape.count == weights.count else {
        throw EngineError(
          status: PF_ERROR_SHAPE,
          description: "\(weights.count) floats given for \(stored.shape.type) \(stored.shape.dims)")
      }
      layout.withPackedBytes(of: weights, outputs: stored.shape.dims.first ?? 1) { packed in
        if let first = packed.baseAddress {
          UnsafeMutableRawPointer(mutating: place.base).copyMemory(from: first, byteCount: packed.count)
        }
      }
      session.pointee.renew(constant: index)
    }
  }
}
