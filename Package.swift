// swift-tools-version: 6.2
import PackageDescription

/// Flags of a release build that the compiler and the linker both need: Embedded Swift for the size of its code.
let embedded = ["-enable-experimental-feature", "Embedded"]

/// Options of the linker, which also compiles: it repeats no function at its callers, and gathers what they have alike.
let linkerOptions = [
  "-s", "-z", "norelro", "--gc-sections", "--icf=all", "--build-id=none",
  "--lto-newpm-passes=default<Oz>,lto<Oz>",
  "-mllvm", "-inline-threshold=0", "-mllvm", "-enable-machine-outliner=always",
  "-mllvm", "-split-spill-mode=size", "-mllvm", "-min-jump-table-entries=100",
]

/// `whole`: a part of the names of functions that the compiler copies into no caller (measured for each module); the linker,
/// which compiles all modules as one, knows better what a copy costs.
func settings(whole: String = "9Lifecycle") -> [SwiftSetting] {
  [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .unsafeFlags(
      embedded
        + [
          "-Osize", "-wmo", "-Xcc", "-fno-asynchronous-unwind-tables", "-Xcc", "-fno-unwind-tables", "-Xfrontend",
          "-function-sections", "-Xfrontend", "-disable-stack-protector", "-Xfrontend", "-mergeable-traps",
          // Bitcode in place of machine code: the linker compiles all modules as one.
          "-Xfrontend", "-emit-bc", "-Xfrontend", "-lto=llvm-full",
          "-Xllvm", "-sil-inline-never-functions=\(whole)",
          // Nobody walks the stack of a stripped program; SwiftPM's own -fno-omit-frame-pointer has the word before this one.
          "-Xcc", "-Xclang", "-Xcc", "-mframe-pointer=none",
          // No C library: Sources/LinuxCalls has the start, the heap and the calls.
          "-Xcc", "-ffreestanding",
        ],
      .when(platforms: [.linux], configuration: .release)),
  ]
}

let linkerSettings: [LinkerSetting] = [
  .unsafeFlags(
    embedded
      // SwiftPM asks for -pie, which means nothing to a static program without a C library, and clang says so.
      + ["-use-ld=lld"]
      + ["-static", "-nostdlib", "-Wno-unused-command-line-argument"].flatMap { ["-Xclang-linker", $0] }
      + linkerOptions.flatMap { ["-Xlinker", $0] },
    .when(platforms: [.linux], configuration: .release))
]

/// Unit tests under a sanitizer (docs/development.md), whose runtime no static program can have.
let isSanitized = Context.environment["LASTCALL_SANITIZED"] != nil

let testSettings: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

/// The tests' helper programs carry their libraries with them: they also run in an empty root and with no descriptor left.
/// No test target may depend on them, or it would be linked so too; `swift test` builds them all the same.
let helperLinkerSettings: [LinkerSetting] =
  isSanitized ? [] : [.unsafeFlags(["-static-executable", "-use-ld=lld"], .when(platforms: [.linux]))]

let endToEndTests: [Target] =
  isSanitized
  ? []
  : [
    .testTarget(
      name: "EndToEndTests", dependencies: ["Chance", "lastcall", "CHarness", "Lifecycle"], swiftSettings: testSettings)
  ]

let package = Package(
  name: "lastcall",
  products: [.executable(name: "lastcall", targets: ["lastcall"])],
  targets: [
    .systemLibrary(name: "CLinux"),
    .target(name: "Lifecycle", swiftSettings: settings()),
    .target(name: "Options", dependencies: ["Lifecycle"], swiftSettings: settings(whole: "7Options")),
    .target(name: "LinuxCalls", dependencies: ["CLinux", "Lifecycle"], swiftSettings: settings()),
    .executableTarget(
      name: "lastcall", dependencies: ["Lifecycle", "Options", "LinuxCalls"],
      swiftSettings: settings(whole: "$e"), linkerSettings: linkerSettings),

    .target(name: "Chance", path: "Tests/Chance", swiftSettings: testSettings),
    .systemLibrary(name: "CHarness", path: "Tests/CHarness"),
    .executableTarget(
      name: "SignalEcho", dependencies: ["CHarness"], path: "Tests/SignalEcho", swiftSettings: testSettings,
      linkerSettings: helperLinkerSettings),
    .executableTarget(
      name: "Launcher", dependencies: ["CHarness"], path: "Tests/Launcher", swiftSettings: testSettings,
      linkerSettings: helperLinkerSettings),
    .executableTarget(
      name: "TrafficProbe", dependencies: ["CLinux", "Lifecycle", "Options", "LinuxCalls"], path: "Tests/TrafficProbe",
      swiftSettings: settings(), linkerSettings: linkerSettings),
    .executableTarget(
      name: "CallsProbe", dependencies: ["CLinux", "Lifecycle", "LinuxCalls"], path: "Tests/CallsProbe",
      swiftSettings: settings(), linkerSettings: linkerSettings),
    .testTarget(name: "LifecycleTests", dependencies: ["Chance", "Lifecycle"], swiftSettings: testSettings),
    .testTarget(name: "OptionsTests", dependencies: ["Chance", "Options", "Lifecycle"], swiftSettings: testSettings),
    .testTarget(
      name: "LinuxCallsTests", dependencies: ["Chance", "LinuxCalls", "CLinux", "CHarness", "Lifecycle"],
      swiftSettings: testSettings),
  ] + endToEndTests
)
