#include "scenarios/cli/manual.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "scenarios/cli/command_line.h"
#include "scenarios/files/field_notes.h"
#include "scenarios/lab/complaint.h"
#include "scenarios/lab/version.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kProgramSection = "1";
constexpr std::string_view kFilesSection = "5";
constexpr std::string_view kScenarioPage = "scenario";

constexpr std::string_view kExitCodes = R"(.SH EXIT STATUS
.TP
.B 0
passed
.TP
.B 1
a promise was broken
.TP
.B 2
a mistake in the command or in a file
.TP
.B 3
inconclusive: nothing was decided
.TP
.B 4
two runs of one seed differ
.TP
.B 70
an internal error
.TP
.B 74
the output could not be written
.TP
.B 75
not done yet: the same command goes on
)";

// Text as man takes it: nothing in it is a request, and a hyphen is one that can be copied.
std::string Roff(std::string_view text) {
  std::string shown;
  bool at_start = true;
  for (const char c : text) {
    if (at_start && (c == '.' || c == '\'')) {
      shown += "\\&";
    }
    at_start = c == '\n';
    if (c == '\\') {
      shown += "\\e";
    } else if (c == '-') {
      shown += "\\-";
    } else {
      shown += c;
    }
  }
  return shown;
}

std::string Head(std::string_view name, std::string_view section) {
  std::string upper(name);
  std::ranges::transform(upper, upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  // Not adjusted on the right: a long name would not leave a line that can be.
  return fmt::format(".TH {} {} \"\" \"flinch {}\"\n.ad l\n", Roff(upper), section, kVersion);
}

// The first sentence, as what follows a dash: without its end, and on one line.
std::string FirstSentence(std::string_view text) {
  std::string first(text.substr(0, text.find('.')));
  std::ranges::replace(first, '\n', ' ');
  return first;
}

std::string WordsOfVerb(const VerbInfo& verb) {
  std::string text;
  for (const WordInfo& word : verb.words) {
    text += fmt::format(" \\fI{}\\fR{}", Roff(word.name), word.may_repeat ? "…" : "");
  }
  return text;
}

std::string Flag(const WordInfo& flag) {
  const std::string letter = flag.letter.empty() ? "" : fmt::format("\\-{}, ", flag.letter);
  return fmt::format(".TP\n\\fB{}{}\\fR{}\n{}\n", letter, Roff(flag.name),
                     flag.takes_value ? " \\fIvalue\\fR" : "", Roff(flag.what));
}

ManualPage PageOf(const VerbInfo& verb) {
  const std::string name = "flinch-" + verb.name;
  std::string text = Head(name, kProgramSection);
  text += fmt::format(".SH NAME\n{} \\- {}\n", Roff(name), Roff(FirstSentence(verb.what)));
  text += fmt::format(".SH SYNOPSIS\n\\fBflinch {}\\fR{} [\\fIoptions\\fR]\n", Roff(verb.name),
                      WordsOfVerb(verb));
  text += fmt::format(".SH DESCRIPTION\n{}\n", Roff(verb.what));
  for (const WordInfo& word : verb.words) {
    text += fmt::format(".TP\n\\fI{}\\fR\n{}\n", Roff(word.name), Roff(word.what));
  }
  text += ".SH OPTIONS\n";
  for (const WordInfo& flag : verb.flags) {
    text += Flag(flag);
  }
  text += fmt::format("{}.SH SEE ALSO\n.BR flinch (1),\n.BR flinch\\-scenario (5)\n", kExitCodes);
  return {.file = fmt::format("{}.{}", name, kProgramSection), .text = std::move(text)};
}

ManualPage PageOfProgram() {
  std::string text = Head("flinch", kProgramSection);
  text +=
      ".SH NAME\nflinch \\- runs stream jobs through seeded failures in a deterministic "
      "simulation\n.SH SYNOPSIS\n\\fBflinch\\fR \\fIcommand\\fR [\\fIwords\\fR] "
      "[\\fIoptions\\fR]\n.SH DESCRIPTION\n";
  text += Roff(PurposeOfProgram());
  text +=
      "A run is decided by its scenario and its seed alone, so every failure can be run "
      "again, made small and explained.\n.SH COMMANDS\n";
  for (const VerbInfo& verb : DescribeVerbs()) {
    text += fmt::format(".TP\n.BR flinch\\-{} (1)\n{}\n", Roff(verb.name),
                        Roff(FirstSentence(verb.what)));
  }
  text += fmt::format(
      "{}.SH EXAMPLE\n.EX\nflinch run url_clicks \\-\\-seed 7\n.EE\n.SH SEE ALSO\n"
      ".BR flinch\\-scenario (5)\n",
      kExitCodes);
  return {.file = fmt::format("flinch.{}", kProgramSection), .text = std::move(text)};
}

ManualPage PageOfFiles() {
  const std::string name = fmt::format("flinch-{}", kScenarioPage);
  std::string text = Head(name, kFilesSection);
  text += fmt::format(
      ".SH NAME\n{0} \\- a scenario of flinch, as a file\n.SH DESCRIPTION\n"
      "A TOML file: the tables are the first words of the fields below. What is left out keeps its "
      "default; version, name, why and job.name are required. `flinch check FILE` says what is "
      "wrong with one, `flinch schema scenario` prints its JSON schema for an editor, and "
      "\\fB[[fault]]\\fR tables say what breaks; see `flinch list faults`.\n.SH FIELDS\n",
      Roff(name));
  for (const DescribedField& field : DescribeFields()) {
    text += fmt::format(".TP\n\\fB{}\\fR = {}\n{}\n", Roff(field.path), Roff(field.standard),
                        Roff(fmt::format("{} {}", field.note, ShowForm(field))));
  }
  text += ".SH SEE ALSO\n.BR flinch (1),\n.BR flinch\\-check (1),\n.BR flinch\\-schema (1)\n";
  return {.file = fmt::format("{}.{}", name, kFilesSection), .text = std::move(text)};
}

sim::Result<void> WriteAllPages(const std::string& folder, std::ostream& out) {
  std::error_code error;
  fs::create_directories(folder, error);
  for (const ManualPage& page : AllManualPages()) {
    const fs::path path = fs::path(folder) / page.file;
    std::ofstream file(path, std::ios::binary);
    file << page.text;
    file.flush();
    if (!file) {
      return sim::Fail(sim::ErrorCode::kIo,
                       fmt::format("{} cannot be written.", text::QuotePath(path.string())));
    }
    out << path.string() << '\n';
  }
  return {};
}

}  // namespace

std::vector<ManualPage> AllManualPages() {
  std::vector<ManualPage> pages = {PageOfProgram()};
  for (const VerbInfo& verb : DescribeVerbs()) {
    pages.push_back(PageOf(verb));
  }
  pages.push_back(PageOfFiles());
  return pages;
}

sim::Result<ManualPage> FindManualPage(std::string_view name) {
  if (name.empty()) {
    return PageOfProgram();
  }
  if (name == kScenarioPage) {
    return PageOfFiles();
  }
  std::vector<std::string> names = {std::string(kScenarioPage)};
  for (const VerbInfo& verb : DescribeVerbs()) {
    if (verb.name == name) {
      return PageOf(verb);
    }
    names.push_back(verb.name);
  }
  return sim::Fail(
      sim::ErrorCode::kNotFound,
      fmt::format("There is no page {}; there is one of each command, and scenario.{}",
                  text::Quote(name), text::DidYouMean(name, std::span<const std::string>(names))));
}

int ManCommand(const ManArguments& arguments, std::ostream& out, std::ostream& err) {
  if (arguments.out) {
    const sim::Result<void> written = WriteAllPages(*arguments.out, out);
    return written ? kExitPassed : Complain(err, written.error());
  }
  const sim::Result<ManualPage> page = FindManualPage(arguments.page.value_or(""));
  if (!page) {
    return ComplainAboutInput(err, page.error().message);
  }
  out << page->text;
  return kExitPassed;
}

}  // namespace flinch::scenarios
