import LinuxCalls
@main
struct EntryPoint {
  static func main() { hello() }
}
