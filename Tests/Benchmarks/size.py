#!/usr/bin/env python3
"""What each feature costs in the release binary, in bytes, as a table: the binary is built without it, too.

A feature is left out where it is entered; the linker drops what is then used by nobody. What features share counts for none of
them. The last row but one has none of them: what supervises, with its options, help and messages.
`size.py --check` builds this and the whole only. Either way it fails where one of the two is larger than is promised.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
MOST, MOST_ALONE = 96 * 1024, 48 * 1024

# Where each is entered: file, text, and what is to stand there instead.
FEATURES = {
    "the peers' command lines and words": [
        ("Options/Parser", "{ return foreign(dialect) }", "{ return .refusal }"),
        ("lastcall/RunCommand", "settings.dialect != .lastcall", "false"),
        ("lastcall/RunCommand", "settings.verbosity > 0", "false"),
        ("lastcall/EntryPoint", "settings.dialect == .lastcall", "true"),
    ],
    "install": [
        ("lastcall/EntryPoint", "OurProcess.exit(InstallCommand(destination: Path(parser.words[2].bytes)).run())", "break"),
    ],
    "completions": [
        ("lastcall/EntryPoint", "StandardOutput.write(Completions.script(for: parser.shell))", "break"),
    ],
    "--explain": [
        ("lastcall/EntryPoint", "OurProcess.exit(ExplainCommand(parser.settings, isHook: parser.isHook).run())", "break"),
    ],
    "the hook": [
        ("Options/Parser", 'if word == "wait-then-signal" { return hook() }', ""),
        ("lastcall/EntryPoint", "var hook = WaitThenSignalCommand(parser.settings, inherited: inherited)", ""),
        ("lastcall/EntryPoint", "OurProcess.exit(hook.run())", "break"),
        ("lastcall/RunCommand", "Handover.claims(value) {", "false {"),
        ("lastcall/RunCommand", "      acceptLateHooks()\n", ""),
        ("lastcall/RunCommand", "hooks.areAlive", "false"),
        ("lastcall/RunCommand", "hooks.release(code: ExitCode.success)", ""),
        ("lastcall/RunCommand", "hooks.release(code: action.code)", "break"),
        ("lastcall/RunCommand", "if !ProcessTable.isThere { hooks.release(code: ExitCode.stillAlive) }", ""),
    ],
    "looking at traffic": [
        ("lastcall/RunCommand", "      watchTraffic()\n", ""),
        ("lastcall/RunCommand", "findings = watch.conclude()", "_ = watch"),
        ("lastcall/RunCommand", "TrafficWatch.openConnections(watchSettings)", "0"),
        ("lastcall/HookAlone", "stop.isServing ? TrafficWatch(settings, at: start) : nil", "nil as TrafficWatch?"),
        ("Options/Layer", "guard let network = Values.network(part) else", "let network = PeerRange(address: PeerAddress(high: 0, low: 0), prefix: 0); if true"),
    ],
    "the stop plan": [
        ("Options/Settings", "return given & ofPlan == 0 ? nil : stopPlan", "return given & ofPlan == 0 ? nil : nil"),
        ("Options/Settings", "contradiction() -> Line? {", "contradiction() -> Line? {\n    if true { return nil }"),
        ("Options/Settings", "if !has(.signal) { stopPlan.schedule = presetSchedule ?? .asReceived }", ""),
        ("Options/Layer", "guard let span = Values.duration(value) else", "let span = Milliseconds.zero; if true"),
        ("Options/Layer", "guard let schedule = Values.schedule(value) else", "let schedule = Schedule.nothing; if true"),
        ("Options/Layer", "guard let preset = Preset(named: value) else", "let preset: Preset? = nil; if true"),
        ("Lifecycle/Supervision", "if isStopSignal && stopSignalCame(signal, hookIsAlive: hookIsAlive) { return }", ""),
        ("Lifecycle/Supervision", "if let stop { carryOn(stop.othersEnded(at: now)) }", "break"),
        ("Lifecycle/Supervision", "if let stop { carryOn(stop.timeCame(at: now)) }", "break"),
        ("Lifecycle/Supervision", "if let stop { carryOn(stop.looked(quietSince: quietSince, at: now)) }", "break"),
        ("Lifecycle/Supervision", "case .hookAsked(let plan): hookAsked(plan)", "case .hookAsked: break"),
        ("Lifecycle/Supervision", "let plan = nextPlan()\n      if !othersLeft || plan.gracePeriod == nil {", "if true {"),
        ("Lifecycle/Supervision", "      stop = Stop(plan, steps: [], request: .appEnd, killsAtDeadline: true, at: now)\n", ""),
        ("Lifecycle/Supervision", "    if let stop { carryOn(stop.appEnded(status, othersLeft: othersLeft, at: now)) }", ""),
        ("lastcall/RunCommand", "if let stop = supervision.endedStop {", "if false, let stop = supervision.endedStop {"),
        ("lastcall/RunCommand", "{ killEverything() }", "{}"),
        ("lastcall/RunCommand", "{ askOthers() }", "{}"),
        ("lastcall/RunCommand", "case .askOthers: askOthers()", "case .askOthers: break"),
        ("lastcall/RunCommand", "      killEverything()\n    case", "      break\n    case"),
        ("lastcall/RunCommand", "      noteWhoIsAlive()\n      report.write(action)", "      break"),
        ("lastcall/RunCommand", ".askedOthers:\n      report.write(action)", ".askedOthers: break"),
    ],
}


def build(tree):
    subprocess.run(["swift", "build", "-c", "release", "--product", "lastcall"], cwd=tree, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return (tree / ".build/release/lastcall").stat().st_size


def build_without(features, tree):
    """The size of the binary without these features; built in `tree`, a copy of ours."""
    for part in ("Sources", "Package.swift"):
        subprocess.run(["cp", "-rT", ROOT / part, tree / part], check=True)
    for feature in features:
        for file, text, other in FEATURES[feature]:
            path = tree / "Sources" / f"{file}.swift"
            source = path.read_text()
            assert text in source, f"{feature} is entered otherwise: {file} has no {text}"
            path.write_text(source.replace(text, other))
    # What is left of a feature may be used by nobody, of which the compiler warns.
    package = tree / "Package.swift"
    package.write_text(package.read_text().replace(".treatAllWarnings(as: .error),", ""))
    return build(tree)


def main():
    whole = build(ROOT)
    tree = pathlib.Path(tempfile.mkdtemp())
    try:
        for part in ("Tests", "Sources", "Package.swift"):
            subprocess.run(["cp", "-rT", ROOT / part, tree / part], check=True)
        alone = build_without(FEATURES, tree)
        if "--check" not in sys.argv:
            print("| | bytes |\n|---|---|")
            for feature in FEATURES:
                print(f"| {feature} | {whole - build_without([feature], tree)} |", flush=True)
            print(f"| the supervisor without all of these | {alone} |\n| the file | {whole} |")
    finally:
        shutil.rmtree(tree)
    print(f"\nsize: {whole} bytes, the supervisor alone {alone}")
    if whole > MOST or alone > MOST_ALONE:
        sys.exit(f"too large: {whole} of {MOST} bytes, the supervisor alone {alone} of {MOST_ALONE}")


main()
