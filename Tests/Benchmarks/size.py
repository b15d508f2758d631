#!/usr/bin/env python3
"""What each feature costs in the release binary, in bytes, as a table: from the linker's map of a release build.

What the optimizer has copied into its one caller counts there, and what several share counts where it is written.
"""
import collections
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = ROOT / ".build/release/lastcall"

# The first that matches the section's name, or the demangled name in it, has it.
FEATURES = [
    ("texts", r"\.rodata\.(str|cst)"),
    ("peers' command lines and news", r"Dialect|News|OptionReader|\.tini|\.dumbInit|\.catatonit|\.tell[A-Z(]|ForeignOption"),
    ("help, completions", r"Help|Page\b|Completions"),
    ("--explain", r"ExplainCommand|Timeline"),
    ("install", r"Install"),
    ("hook", r"WaitThenSignal|HookAlone|Hooks|Target|Handover|ProcessDescriptor"),
    ("traffic", r"Traffic|Socket|ProcNet|TcpCounters|Quiet|SeenFilter|PortSet|LatestTimes|Connection|Peer|Mover|littleEndian"),
    ("options", r"Parser|Layer|Values|Settings\b|Option|UsageError|Nearest|TextTable|Preset|Invocation"),
    ("the plan, and its report", r"Stop|Budget|Schedule|Step\b|Supervision|PlanWarning|Report\b|Entry\.|WaitEnd|Action"),
    ("supervision", r"EntryPoint|RunCommand|Reaper|SignalQueue|Spawn|Launch|runChild|runByShell|Program|Terminal|Pause|ShellExpl"),
    ("Line", r"^Line\b|(?<!\w)Line\."),
    ("heap", r"Heap|^free$|^posix_memalign$|lastcall_(allocate|release)"),
    ("arrays, reference counts", r"Array|swift_|Collection|Sequence|Iterator|MutablePointer|outlined|OUTLINED|metadata"),
    ("system calls and files of /proc", r""),
]


def main():
    with tempfile.NamedTemporaryFile("r") as file:
        BINARY.unlink(missing_ok=True)
        build = ["swift", "build", "-c", "release", "--product", "lastcall", "-Xlinker", f"-Map={file.name}"]
        subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        sections = [line.split(maxsplit=4) for line in file.read().split("\n")[1:]]
    # An input section stands as file:(section); what is only zeroed, and what is no part of the program, takes no room.
    sections = [(int(fields[2], 16), fields[4]) for fields in sections if len(fields) == 5 and ":(" in fields[4]]
    names = [re.sub(r".*lto\.o:\(\.(text|data)\.|\)$", "", name).replace("$e", "$s") for size, name in sections]
    demangled = subprocess.run(
        ["swift", "demangle", "-simplified"], input="\n".join(names), text=True, capture_output=True, check=True)
    costs = collections.Counter()
    for (size, section), name in zip(sections, demangled.stdout.split("\n")):
        if re.search(r":\(\.(bss|comment|debug)", section):
            continue
        costs[next(feature for feature, pattern in FEATURES if re.search(pattern, name))] += size
    total = BINARY.stat().st_size
    costs["headers, padding"] = total - sum(costs.values())
    print("| | bytes |\n|---|---|")
    for feature, cost in costs.most_common():
        print(f"| {feature} | {cost} |")
    print(f"| the file | {total} |")


main()
