#include "scenarios/cli/text_options.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scenarios/lab/complaint.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

constexpr auto kShells = std::to_array<std::string_view>({"bash", "zsh", "fish"});
constexpr auto kSchemas = std::to_array<std::string_view>({"scenario", "plan"});

// The place of the word among those that there are.
sim::Result<size_t> Choose(std::string_view what, const std::string& word,
                           std::span<const std::string_view> words) {
  const auto found = std::ranges::find(words, word);
  if (found == words.end()) {
    return Usage(fmt::format("There is no {} {}; there are {}.{}", what, text::Quote(word),
                             fmt::join(words, ", "), text::DidYouMean(word, words)));
  }
  return static_cast<size_t>(found - words.begin());
}

}  // namespace

void TextOptions::Define(CLI::App& app) {
  CLI::App* const made =
      app.add_subcommand("new", "Writes a project that builds, and whose test finds a bug.");
  made->add_option("KIND", new_arguments_.kind, "job, sink or system")->required();
  made->add_option("NAME", new_arguments_.name, "of the folder that is made")->required();
  CLI::App* const demo = app.add_subcommand(
      "demo", "Writes a folder with three scenarios to hunt, and what to type there.");
  demo->add_option("FOLDER", demo_arguments_.folder, "flinch-demo unless given");
  CLI::App* const completion =
      app.add_subcommand("completion",
                         "What makes a shell complete commands, flags and names:\n"
                         "  source <(flinch completion bash)");
  completion->add_option("SHELL", shell_, fmt::format("{}", fmt::join(kShells, ", ")))->required();
  CLI::App* const man =
      app.add_subcommand("man", "A page of the manual: flinch man hunt | man -l -");
  man->add_option("PAGE", page_, "a command, or scenario: how files are written");
  man->add_option("-o,--out", pages_, "the folder that all pages go to");
  CLI::App* const schema = app.add_subcommand(
      "schema",
      "The JSON schema of scenario or plan files, for editors: save it, and write\n"
      "#:schema ./scenario.schema.json on the first line of a file.");
  schema->add_option("KIND", schema_of_, fmt::format("{}", fmt::join(kSchemas, ", ")))->required();
  new_ = made;
  demo_ = demo;
  completion_ = completion;
  man_ = man;
  schema_ = schema;
}

bool TextOptions::parsed() const {
  return new_->parsed() || demo_->parsed() || completion_->parsed() || man_->parsed() ||
         schema_->parsed();
}

sim::Result<Command> TextOptions::Finish() const {
  if (new_->parsed()) {
    return Command(new_arguments_);
  }
  if (demo_->parsed()) {
    return Command(demo_arguments_);
  }
  if (completion_->parsed()) {
    const sim::Result<size_t> shell = Choose("completion for", shell_, kShells);
    return shell ? sim::Result<Command>(CompletionArguments{static_cast<Shell>(*shell)})
                 : sim::Fail(shell);
  }
  if (schema_->parsed()) {
    const sim::Result<size_t> what = Choose("schema of", schema_of_, kSchemas);
    return what ? sim::Result<Command>(SchemaArguments{static_cast<SchemaOf>(*what)})
                : sim::Fail(what);
  }
  ManArguments arguments;
  if (man_->count("PAGE") > 0) {
    arguments.page = page_;
  }
  if (man_->count("--out") > 0) {
    arguments.out = pages_;
  }
  if (arguments.page && arguments.out) {
    return Usage("All pages go to the folder of --out; leave the page's name out.");
  }
  return Command(arguments);
}

std::string TextOptions::MissingOf(const CLI::App& verb) const {
  return &verb == new_          ? "KIND and a NAME"
         : &verb == completion_ ? fmt::format("SHELL: {}", fmt::join(kShells, ", "))
         : &verb == schema_     ? fmt::format("KIND: {}", fmt::join(kSchemas, ", "))
                                : "";
}

}  // namespace flinch::scenarios
