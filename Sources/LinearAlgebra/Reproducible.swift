import CLAPACK
import Foundation

/// BLAS and LAPACK with the same sums everywhere. Whoever calls either reads this first.
///
/// They run on one thread, since OpenBLAS splits sums among its threads. They use the kernels for Haswell on all x86-64
/// processors that can run them, unless the environment names others (`OPENBLAS_CORETYPE`): OpenBLAS sums in another
/// order on each kind of processor. On kinds newer than itself it takes kernels of 2004 (0.3.21, Debian 12's, on a Xeon
/// of 2023), whose products of matrices take 2.7 times as long.
let reproducible: Void = {
  if clapack_has_avx2() != 0 { choose(core: "Haswell") }
  openblas_set_num_threads(1)
}()

/// OpenBLAS reads the variable when it is loaded, before any code of ours runs. The functions that it then calls are
/// exported by builds with kernels of several kinds.
private func choose(core: String) {
  let variable = "OPENBLAS_CORETYPE"
  typealias Function = @convention(c) () -> Void
  func function(_ name: String) -> Function? { dlsym(nil, name).map { unsafeBitCast($0, to: Function.self) } }
  guard getenv(variable) == nil, let quit = function("gotoblas_dynamic_quit"),
    let initialize = function("gotoblas_dynamic_init")
  else { return }
  setenv(variable, core, 0)
  quit()
  initialize()
  unsetenv(variable)
}
