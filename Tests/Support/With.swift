import PrefactorModelFormat

/// A value with some fields set.
public func with<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
  var value = value
  change(&value)
  return value
}

public func perAxis(_ values: Int32..., fill: Int32 = 0) -> PerAxis<Int32> {
  var result = PerAxis<Int32>(repeating: fill)
  for (axis, value) in values.enumerated() { result[axis] = value }
  return result
}
