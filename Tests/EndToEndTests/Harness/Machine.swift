// What this machine can do. A test that needs more than it can is skipped, and the runner says so ("skipped: needs …");
// `.ci/run` counts those lines. With LASTCALL_SKIP_NOTHING set such a test is run, and fails.

import CHarness
import Foundation
import Testing

enum Machine {
  /// PID namespaces, and with them a container.
  static let hasNamespaces = (try? Container("true").waitForExit()) == .code(0)
  static let isRoot = getuid() == 0

  /// Whether a program is installed.
  static func has(_ program: String) -> Bool {
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".split(separator: ":").contains {
      access("\($0)/\(program)", X_OK) == 0
    }
  }

  /// php-fpm, whose name has its version in it.
  static let php = files(in: "/usr/sbin") { $0.hasPrefix("php-fpm") }.last

  /// The folder of postgres's programs.
  static let postgres = files(in: "/usr/lib/postgresql") { Double($0) != nil }.last.map { "\($0)/bin" }

  private static func files(in folder: String, where isMeant: (String) -> Bool) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter(isMeant).sorted().map {
      "\(folder)/\($0)"
    }
  }

  fileprivate static let skipsNothing = ProcessInfo.processInfo.environment["LASTCALL_SKIP_NOTHING"] != nil
}

extension Trait where Self == ConditionTrait {
  static var needsNamespaces: Self {
    .enabled(if: Machine.skipsNothing || Machine.hasNamespaces, "needs root to make PID namespaces")
  }

  static var needsRoot: Self { .enabled(if: Machine.skipsNothing || Machine.isRoot, "needs root") }

  static var needsRunc: Self { .enabled(if: Machine.skipsNothing || RuncContainer.works, "needs a runc that works") }

  static var needsControlGroups: Self {
    .enabled(if: Machine.skipsNothing || (try? ControlGroup()) != nil, "needs a place for control groups")
  }

  static var needsDefaultProfile: Self {
    .enabled(
      if: Machine.skipsNothing || access(RuncContainer.profilePath, R_OK) == 0, "needs the engines' seccomp profile")
  }

  static var needsFreezer: Self {
    .enabled(if: Machine.skipsNothing || (try? ControlGroup(.freezer)) != nil, "needs a control group that freezes")
  }

  static var needsMemoryGroup: Self {
    .enabled(if: Machine.skipsNothing || (try? ControlGroup(.memory)) != nil, "needs a control group for memory")
  }

  static var needsPhp: Self { .enabled(if: Machine.skipsNothing || Machine.php != nil, "needs php-fpm") }

  static var needsPostgres: Self { .enabled(if: Machine.skipsNothing || Machine.postgres != nil, "needs postgres") }

  static func needs(_ program: String) -> Self {
    .enabled(if: Machine.skipsNothing || Machine.has(program), "needs \(program)")
  }
}
