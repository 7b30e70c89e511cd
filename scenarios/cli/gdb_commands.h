// What `flinch replay --gdb` teaches gdb: commands for the fibers of the simulated world.
#pragma once

#include <string_view>

namespace flinch::scenarios {

// A script of gdb, in Python. It asks the program (sim/kernel/debugger.h), so it needs no debug
// information.
inline constexpr std::string_view kGdbCommands = R"gdb(python
import gdb


def fibers():
    """Of each fiber: (stack, frame, code), its name, and what it does."""
    told = gdb.parse_and_eval("((const char *(*)(void))flinch_fibers)()").string(errors="replace")
    rows = [line.split("\t") for line in told.splitlines()]
    return [([int(part, 0) for part in row[:3]], " ".join(row[3:-1]), row[-1])
            for row in rows if len(row) > 4]


def in_fiber(place, command):
    """Carries a command out where a waiting fiber will go on, and comes back."""
    shown = gdb.selected_frame()
    gdb.newest_frame().select()
    registers = ("$sp", "$rbp", "$pc")
    before = [int(gdb.parse_and_eval(f"(unsigned long){each}")) for each in registers]
    try:
        for register, value in zip(registers, place):
            gdb.execute(f"set {register} = {value}", to_string=True)
        gdb.execute(command)
    finally:
        gdb.newest_frame().select()
        for register, value in zip(registers, before):
            gdb.execute(f"set {register} = {value}", to_string=True)
        if shown.is_valid():
            shown.select()


class InfoFibers(gdb.Command):
    """The fibers of the simulated world: their numbers, processes and names, and what they do."""

    def __init__(self):
        super().__init__("info fibers", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        rows = fibers()
        width = max((len(name) for _, name, _ in rows), default=0)
        for number, (_, name, what) in enumerate(rows, 1):
            print(f"{'*' if what == 'runs' else ' '}{number:>4}  {name:<{width}}  {what}")


class Fiber(gdb.Command):
    """A command in one fiber, or in all: `fiber 3 bt`, `fiber all bt`."""

    def __init__(self):
        super().__init__("fiber", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        which, _, command = argument.partition(" ")
        rows = fibers()
        if not command or not (which == "all" or which.isdigit() and 0 < int(which) <= len(rows)):
            raise gdb.GdbError("fiber NUMBER COMMAND, or fiber all COMMAND: see `info fibers`")
        for number, (place, name, what) in enumerate(rows, 1):
            if which not in ("all", str(number)):
                continue
            print(f"fiber {number} {name}: {what}")
            if what == "runs":
                gdb.execute(command)
            elif 0 in (place[0], place[2]):
                print("  has no stack yet, or this build does not tell where it is")
            else:
                in_fiber(place, command)


InfoFibers()
Fiber()
print("flinch: `info fibers` lists the fibers, `fiber N bt` shows one's stack, `fiber all bt` all.")
end
)gdb";

}  // namespace flinch::scenarios
