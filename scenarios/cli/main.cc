// The program `flinch`: the library's jobs, and nobody else's.

#include "scenarios/cli/program.h"

int main(int argc, char** argv) { return flinch::scenarios::Main(argc, argv); }
