import CLinux
public func hello() {
  var count: Int32 = 0
  guard let a = unsafe linux_arguments(&count), let f = unsafe a[0] else { return }
  _ = unsafe write(1, f, strlen(f))
}
