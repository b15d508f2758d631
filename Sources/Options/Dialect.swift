// The peers whose place lastcall can take: called by one's name, it speaks that one's command line.

/// Whose options, variables, exit codes and messages are in force.
public enum Dialect: Equatable, CaseIterable, Sendable {
  case lastcall, tini, dumbInit, catatonit

  /// By the last component of argv[0]: `tini`, `docker-init`, `dumb-init`, `catatonit`, `podman-init`, and these with
  /// something other than a letter behind, as release files are called (`tini-static-amd64`, `catatonit.x86_64`).
  public init(program: [UInt8]) {
    let name = Dialect.lastComponent(program)
    self = .lastcall
    if Dialect.isNamed(name, "tini") || Dialect.isNamed(name, "docker-init") { self = .tini }
    if Dialect.isNamed(name, "dumb-init") { self = .dumbInit }
    if Dialect.isNamed(name, "catatonit") || Dialect.isNamed(name, "podman-init") { self = .catatonit }
  }

  static func lastComponent(_ path: [UInt8]) -> [UInt8] {
    guard let slash = path.lastIndex(of: 0x2f) else { return path }
    return Array(path[(slash + 1)...])
  }

  private static func isNamed(_ name: [UInt8], _ peer: StaticString) -> Bool {
    let length = peer.utf8CodeUnitCount
    guard name.count >= length, Values.isWord(Array(name[..<length]), peer) else { return false }
    if name.count == length { return true }
    let next = name[length] | 0x20
    return next < 0x61 || next > 0x7a
  }
}
