import CPrefactor
import PrefactorModelFormat
import PrefactorOpenCL

/// The devices of the OpenCL backend, as programs see them.
public enum Devices {
  public static var areBuilt: Bool { true }

  public static func count() throws(Failure) -> Int {
    var count = 0
    try forEach { index, _, _ throws(Failure) in
      count = index + 1
      return true
    }
    return count
  }

  /// Nil where there is no device of that number.
  public static func describe(_ index: Int) throws(Failure) -> pf_device_info? {
    var isFound = false
    var description = pf_device_info()
    try forEach { position, device, library throws(Failure) in
      if position == index {
        try device.describe(&description, &library)
        isFound = true
      }
      return !isFound
    }
    return isFound ? description : nil
  }

  /// Until `body` returns false.
  private static func forEach(_ body: (Int, Device, inout OpenCLLibrary) throws(Failure) -> Bool) throws(Failure) {
    var library = try OpenCLLibrary.load()
    defer { library.unload() }
    var table = library
    try Device.forEach(&library) { index, device throws(Failure) in try body(index, device, &table) }
  }
}
