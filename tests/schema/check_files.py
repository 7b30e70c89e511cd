"""check_files.py <flinch> <sources>: what `flinch check` takes, the schemas take; planted mistakes they refuse."""
import json
import pathlib
import subprocess
import sys
import tomllib

try:
    import jsonschema
except ImportError:
    print("skipped: jsonschema is not installed (Debian's python3-jsonschema)")
    sys.exit(0)

FLINCH, SOURCES = sys.argv[1], pathlib.Path(sys.argv[2])

MISTAKES = {
    "scenario": [
        ("unknown key", "[cluster]\ntask_manager = 3\n"),
        ("wrong type", "[cluster]\ntask_managers = \"many\"\n"),
        ("out of range", "[cluster]\ntask_managers = 501\n"),
        ("unknown word", "[faults]\nsource = \"swamr\"\n"),
        ("unknown option", "[options]\nheartbeat.interva = \"1s\"\n"),
        ("no time", "[options]\nheartbeat.interval = \"soon\"\n"),
        ("unknown fault", "[[fault]]\nwhen = { at = \"1s\" }\ndo = { crsah = \"tm-1\" }\n"),
        ("two triggers", "[[fault]]\nwhen = { at = \"1s\", every = \"1s\" }\ndo = { crash = \"tm-1\" }\n"),
        ("parameter of another fault", "[[fault]]\nwhen = { at = \"1s\" }\ndo = { crash = \"tm-1\", ppm = 3 }\n"),
    ],
    "plan": [("unknown fault", "[[fault]]\nwhen = { at = \"1s\" }\ndo = { crsah = \"tm-1\" }\n")],
}
BEGIN = {
    "scenario": "version = 1\nname = \"n\"\nwhy = \"w\"\njob.name = \"url_clicks\"\n",
    "plan": "version = 1\n",
}


def validator(kind):
    schema = json.loads(subprocess.check_output([FLINCH, "schema", kind]))
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def main():
    schemas = {kind: validator(kind) for kind in BEGIN}
    wrong, files = [], 0
    for path in sorted(SOURCES.glob("scenarios/**/*.toml")) + sorted(SOURCES.glob("tests/**/*.toml")):
        checked = subprocess.run([FLINCH, "check", str(path)], capture_output=True, text=True)
        if checked.returncode != 0:
            continue  # regressions are no such files, and some files are wrong on purpose
        kind = "plan" if "fault plan" in checked.stdout else "scenario"
        errors = [e.message for e in schemas[kind].iter_errors(tomllib.loads(path.read_text()))]
        files += 1
        if errors:
            wrong.append(f"{path}: the {kind} schema refuses what flinch takes: {errors[0][:300]}")
    for kind, mistakes in MISTAKES.items():
        if not schemas[kind].is_valid(tomllib.loads(BEGIN[kind])):
            wrong.append(f"the shortest {kind} is refused")
        for name, text in mistakes:
            if schemas[kind].is_valid(tomllib.loads(BEGIN[kind] + text)):
                wrong.append(f"{kind}: {name} is taken")
    print("\n".join(wrong) or f"{files} files, {sum(map(len, MISTAKES.values()))} mistakes")
    return 1 if wrong or files < 5 else 0


sys.exit(main())
