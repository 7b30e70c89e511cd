#include "scenarios/cli/completion.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "engine/defects.h"
#include "scenarios/cli/command_line.h"
#include "scenarios/cli/new_project.h"
#include "scenarios/files/field_notes.h"
#include "scenarios/files/registry.h"
#include "scenarios/lab/units.h"
#include "scenarios/lab/version.h"

namespace flinch::scenarios {

namespace {

using Typed = std::vector<std::string>;

constexpr std::string_view kBash =
    R"text(# Completion of flinch for bash: source <(flinch completion bash)
_flinch() {
  local IFS=$'\n'
  COMPREPLY=($("${COMP_WORDS[0]}" complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
    compopt -o nospace
  fi
}
complete -o default -F _flinch flinch
)text";

constexpr std::string_view kZsh = R"text(#compdef flinch
# Completion of flinch for zsh: source <(flinch completion zsh), or a file _flinch in the fpath
_flinch() {
  local -a found ends
  found=(${(f)"$("${words[1]}" complete "${(@)words[2,CURRENT]}" 2>/dev/null)"})
  ends=(${(M)found:#*=})
  if ((${#found} == 0)); then
    _files
  elif ((${#ends})); then
    compadd -S '' -- $found
  else
    compadd -- $found
  fi
}
if [ "$funcstack[1]" = "_flinch" ]; then
  _flinch
else
  compdef _flinch flinch
fi
)text";

constexpr std::string_view kFish =
    R"text(# Completion of flinch for fish: flinch completion fish | source
function __flinch_complete
  set -l words (commandline -opc)
  set -l found ($words[1] complete $words[2..-1] (commandline -ct) 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c flinch -f -a '(__flinch_complete)'
)text";

Typed NamesOfDefects() {
  Typed names;
  for (const engine::DefectInfo& defect : engine::kDefects) {
    names.emplace_back(defect.name);
  }
  return names;
}

template <typename Names>
Typed AsWords(const Names& names) {
  return {names.begin(), names.end()};
}

// Those of the library; files are the shell's.
Typed Scenarios() { return AsWords(LibraryNames()); }

Typed Fields() {
  Typed keys;
  for (const DescribedField& field : DescribeFields()) {
    keys.push_back(field.setting + "=");
  }
  return keys;
}

Typed Verbs() {
  Typed names;
  for (const VerbInfo& verb : DescribeVerbs()) {
    names.push_back(verb.name);
  }
  return names;
}

// What the value of a flag may be.
Typed ValuesOf(const std::string& flag) {
  if (flag == "--search") {
    return AsWords(SearchNames());
  }
  if (flag == "--defect") {
    return NamesOfDefects();
  }
  if (flag == "--set" || flag == "--vary") {
    return Fields();
  }
  const std::map<std::string, Typed> fixed = {
      {"--strategy", {"fifo", "random", "pct:3", "pos", "round-robin"}},
      {"--exhaust", {"crash", "crash-pairs"}},
      {"--format", {"chrome", "shiviz", "jsonl"}},
      {"--shard", {"auto"}},
      {"--engine", {"slurm", "parallel", "kubernetes", "github", "gitlab"}}};
  const auto found = fixed.find(flag);
  return found == fixed.end() ? Typed() : found->second;
}

// What a word of a command may be.
Typed WordsFor(const VerbInfo& verb, const std::string& word) {
  const std::string key = verb.name + " " + word;
  if (key == "list WHAT") {
    return {"scenarios", "jobs", "faults", "events", "cells", "oracles", "defects"};
  }
  if (key == "man PAGE") {
    Typed names = Verbs();
    names.emplace_back("scenario");
    return names;
  }
  if (word == "SCENARIO") {
    return Scenarios();
  }
  if (word == "DEFECT") {
    return NamesOfDefects();
  }
  const std::map<std::string, Typed> fixed = {{"new KIND", AsWords(ProjectKinds())},
                                              {"schema KIND", {"scenario", "plan"}},
                                              {"completion SHELL", {"bash", "zsh", "fish"}},
                                              {"bench SUITE", {"kernel", "engine"}},
                                              {"campaign WHAT", {"emit"}},
                                              {"trace WORDS", {"export"}}};
  const auto found = fixed.find(key);
  return found == fixed.end() ? Typed() : found->second;
}

const WordInfo* FindFlag(const VerbInfo& verb, std::string_view text) {
  const auto found = std::ranges::find_if(verb.flags, [text](const WordInfo& flag) {
    return flag.name == text || (!flag.letter.empty() && text == "-" + flag.letter);
  });
  return found == verb.flags.end() ? nullptr : &*found;
}

// The word of the command whose turn it is, by how many stand before it.
Typed NextWord(const VerbInfo& verb, std::span<const std::string> before) {
  size_t standing = 0;
  for (size_t at = 0; at < before.size(); ++at) {
    const WordInfo* const flag = FindFlag(verb, before[at]);
    if (flag != nullptr) {
      at += flag->takes_value ? 1 : 0;
    } else if (!before[at].starts_with('-')) {
      ++standing;
    }
  }
  if (verb.words.empty()) {
    return {};
  }
  const bool is_behind = standing >= verb.words.size();
  if (is_behind && !verb.words.back().may_repeat) {
    return {};
  }
  return WordsFor(verb, is_behind ? verb.words.back().name : verb.words[standing].name);
}

Typed Candidates(std::span<const std::string> words) {
  if (words.size() == 1) {
    Typed names = Verbs();
    names.insert(names.end(), {"--help", "--version"});
    return names;
  }
  const std::vector<VerbInfo> verbs = DescribeVerbs();
  const auto verb = std::ranges::find(verbs, words.front(), &VerbInfo::name);
  if (verb == verbs.end()) {
    return {};
  }
  const std::span<const std::string> before = words.subspan(1, words.size() - 2);
  const WordInfo* const flag = before.empty() ? nullptr : FindFlag(*verb, before.back());
  if (flag != nullptr && flag->takes_value) {
    return ValuesOf(flag->name);
  }
  if (words.back().starts_with('-')) {
    Typed flags;
    std::ranges::transform(verb->flags, std::back_inserter(flags), &WordInfo::name);
    return flags;
  }
  return NextWord(*verb, before);
}

}  // namespace

std::vector<std::string> Completions(std::span<const std::string> words) {
  if (words.empty()) {
    return {};
  }
  Typed fitting = Candidates(words);
  std::erase_if(fitting, [&words](const std::string& candidate) {
    return !candidate.starts_with(words.back());
  });
  return fitting;
}

int CompletionCommand(const CompletionArguments& arguments, std::ostream& out) {
  switch (arguments.shell) {
    case Shell::kBash:
      out << kBash;
      break;
    case Shell::kZsh:
      out << kZsh;
      break;
    case Shell::kFish:
      out << kFish;
      break;
  }
  return kExitPassed;
}

int CompleteCommand(const CompleteArguments& arguments, std::ostream& out) {
  for (const std::string& word : Completions(arguments.words)) {
    out << word << '\n';
  }
  return kExitPassed;
}

}  // namespace flinch::scenarios
