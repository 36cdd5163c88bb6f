/// What a reduction makes of several numbers. Maxima and minima are NaN where one of them is.
public enum ReductionFunction: Int32 {
  case mean = 1
  case sum = 2
  case maximum = 3
  case minimum = 4
  case product = 5
}
