// The peers whose place lastcall can take: called by one's name, it speaks that one's command line.

import Lifecycle

/// Whose options, variables, exit codes and messages are in force.
public enum Dialect: UInt8, CaseIterable, Sendable {
  case lastcall, tini, dumbInit, catatonit

  /// By the last component of argv[0]: `tini`, `docker-init`, `dumb-init`, `catatonit`, `podman-init`, and these with
  /// something other than a letter behind, as release files are called (`tini-static-amd64`, `catatonit.x86_64`).
  public init(program: Text) {
    let name = program.lastComponent
    self = .lastcall
    if Dialect.isNamed(name, "tini") || Dialect.isNamed(name, "docker-init") { self = .tini }
    if Dialect.isNamed(name, "dumb-init") { self = .dumbInit }
    if Dialect.isNamed(name, "catatonit") || Dialect.isNamed(name, "podman-init") { self = .catatonit }
  }

  @inline(never)
  private static func isNamed(_ name: Text, _ peer: StaticString) -> Bool {
    let peer = Text(ended: peer)
    let next = name[peer.count] | 0x20
    return name.upTo(peer.count).isWord(peer) && (next < 0x61 || next > 0x7a)
  }
}
