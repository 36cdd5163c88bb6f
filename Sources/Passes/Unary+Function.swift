import KernelContract
import PrefactorModelFormat

extension Unary {
  var kind: pf_unary { pf_unary(UInt32(bitPattern: function)) }
}

extension Binary {
  var kind: pf_binary { pf_binary(UInt32(bitPattern: function)) }
}
