#include "reports/ci_report.h"

#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "reports/foreign_text.h"

namespace flinch::reports {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

// ---- XML, strictly: elements, attributes in double quotes, the five entities and no others -----

struct Element {
  std::string name{};
  std::map<std::string, std::string> attributes{};
  std::vector<Element> children{};
  std::string text{};
};

class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : text_(text) {}

  // Nothing where the text is no document.
  std::optional<Element> Read() {
    Take("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    std::vector<Element*> open;
    Element root;
    do {
      const size_t tag = text_.find('<');
      const std::string text = Unescaped(text_.substr(0, tag));
      if (!open.empty()) {
        open.back()->text += text;
      }
      text_.remove_prefix(std::min(tag, text_.size()));
      if (Take("</")) {
        good_ = good_ && !open.empty() && Take(open.back()->name) && Take(">");
        if (good_) {
          open.pop_back();
        }
      } else if (good_ && Take("<")) {
        Element& element = open.empty() ? root : open.back()->children.emplace_back();
        if (!ReadTag(element)) {
          open.push_back(&element);
        }
      } else {
        good_ = false;
      }
    } while (good_ && !open.empty());
    return good_ && text_ == "\n" ? std::optional(root) : std::nullopt;
  }

 private:
  bool Take(std::string_view what) {
    const bool is_there = text_.starts_with(what);
    text_.remove_prefix(is_there ? what.size() : 0);
    return is_there;
  }

  std::string Word() {
    const std::string word(text_.substr(0, text_.find_first_of(" =/>\"<&")));
    good_ = good_ && !word.empty();
    text_.remove_prefix(word.size());
    return word;
  }

  // True: it has no content.
  bool ReadTag(Element& element) {
    element.name = Word();
    while (good_ && Take(" ")) {
      const std::string attribute = Word();
      good_ = good_ && Take("=\"");
      const size_t end = text_.find('"');
      const std::string value = Unescaped(text_.substr(0, end));
      text_.remove_prefix(std::min(end, text_.size()));
      good_ = good_ && Take("\"") && element.attributes.emplace(attribute, value).second;
    }
    const bool is_empty = Take("/");
    good_ = good_ && Take(">");
    return is_empty;
  }

  std::string Unescaped(std::string_view text) {
    static const std::map<std::string_view, char> kEntities = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};
    std::string plain;
    while (!text.empty()) {
      if (text.front() == '&') {
        const auto entity = kEntities.find(text.substr(0, text.find(';') + 1));
        good_ = good_ && entity != kEntities.end();
        if (!good_) {
          return plain;
        }
        plain += entity->second;
        text.remove_prefix(entity->first.size());
        continue;
      }
      const auto byte = static_cast<unsigned char>(text.front());
      good_ = good_ && text.front() != '<' && (byte >= 0x20 || byte == '\n');
      plain += text.front();
      text.remove_prefix(1);
    }
    return plain;
  }

  std::string_view text_;
  bool good_ = true;
};

// ---- What is reported --------------------------------------------------------------------------

CiReport OneOfEach() {
  return {.command = "run",
          .version = "0.1.0",
          .cases = {{.suite = "url_clicks", .name = "job_finishes", .promise = "The job finishes."},
                    {.suite = "url_clicks",
                     .name = "exactly_once",
                     .promise = "Each record counts once.",
                     .file = "ci/my clicks.toml",
                     .outcome = CiOutcome::kFailed,
                     .findings = {{.signature = "exactly_once:lost@sink",
                                   .message = "The record \"/a\" is lost.",
                                   .story = {"00:01.000  crash  tm-1", "00:02.000  restart  tm-1"},
                                   .count = 12'000,
                                   .replay = "./flinch replay fl1~x"},
                                  {.signature = "exactly_once:doubled@sink",
                                   .message = "The record \"/b\" is there twice."}}},
                    {.suite = "word_count",
                     .name = "exactly_once",
                     .promise = "Each record counts once.",
                     .outcome = CiOutcome::kUndecided,
                     .why = "Nothing was judged."}}};
}

// What a user may write, and nothing may take for its own.
const std::string kHostile =
    "<script>alert('x')</script> ]]> & \" ' \x1b[31m \x01 \xff\xfe \u202eevil\u200b \uffff\n"
    "::error::mine\n%0A](javascript:1) {0} ```\n*b* # SKIP \\";

CiReport Hostile() {
  CiReport report = OneOfEach();
  for (CiCase& each : report.cases) {
    each.suite = each.name = each.promise = kHostile;
    each.file = "a b/" + kHostile;
    each.why = each.outcome == CiOutcome::kUndecided ? kHostile : "";
    for (CiFinding& finding : each.findings) {
      finding = {
          .signature = kHostile, .message = kHostile, .story = {kHostile}, .replay = kHostile};
    }
  }
  return report;
}

CiReport Huge() {
  CiReport report = OneOfEach();
  const CiFinding finding{.signature = std::string(1'000'000, 'z'),
                          .message = std::string(1'000'000, '<'),
                          .story = std::vector<std::string>(500, std::string(10'000, '&'))};
  report.cases[1].findings.assign(3, finding);
  const CiCase again = report.cases[1];
  for (int copy = 0; copy < 30; ++copy) {
    report.cases.push_back(again);
    report.cases.back().name = "promise " + std::to_string(copy);
    report.cases.back().findings.assign(30, {.signature = "s", .message = std::string(5'000, '<')});
  }
  return report;
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

TEST(ForeignTextTest, WhatIsNoPlainCharacterBecomesAnEscape) {
  EXPECT_EQ(Foreign("a\tb\nc", 100), "a\\x09b\nc");
  EXPECT_EQ(ForeignLine("a\nb", 100), "a\\nb");
  EXPECT_EQ(ForeignLine("\u202ex\u200b\ufeff\uffff\u0085", 100),
            "\\u{202e}x\\u{200b}\\u{feff}\\u{ffff}\\u{85}");
  EXPECT_EQ(ForeignLine("\xff\xc0\x80\xed\xa0\x80z", 100), "\\xff\\xc0\\x80\\xed\\xa0\\x80z");
  EXPECT_EQ(ForeignLine("größer 日本 🙂", 100), "größer 日本 🙂");
}

TEST(ForeignTextTest, LongTextIsCutBehindAWholeCharacter) {
  EXPECT_EQ(ForeignLine("äääää", 10), "äääää");
  EXPECT_EQ(ForeignLine("ääääää", 10), "äää…");
  EXPECT_EQ(ForeignLine("\x01\x01\x01\x01", 10), "\\x01…");
}

TEST(CiReportTest, JunitHasASuitePerScenarioAndACasePerPromise) {
  const std::optional<Element> root = XmlReader(ShowJunit(OneOfEach())).Read();
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(root->name, "testsuites");
  EXPECT_EQ(root->attributes.at("tests"), "3");
  EXPECT_EQ(root->attributes.at("failures"), "1");
  EXPECT_EQ(root->attributes.at("skipped"), "1");
  ASSERT_THAT(root->children, SizeIs(2));
  const Element& suite = root->children[0];
  EXPECT_EQ(suite.attributes.at("name"), "url_clicks");
  ASSERT_THAT(suite.children, SizeIs(2));
  EXPECT_THAT(suite.children[0].children, IsEmpty());
  const Element& failed = suite.children[1];
  EXPECT_EQ(failed.attributes.at("name"), "exactly_once");
  EXPECT_EQ(failed.attributes.at("classname"), "url_clicks");
  EXPECT_EQ(failed.attributes.at("file"), "ci/my clicks.toml");
  ASSERT_THAT(failed.children, SizeIs(2));
  EXPECT_EQ(failed.children[0].name, "failure");
  EXPECT_EQ(failed.children[0].attributes.at("type"), "exactly_once:lost@sink");
  EXPECT_EQ(failed.children[0].attributes.at("message"),
            "The record \"/a\" is lost. In 12,000 runs.");
  EXPECT_THAT(failed.children[0].text, HasSubstr("replay:\n./flinch replay fl1~x\n"));
  EXPECT_THAT(failed.children[1].text, HasSubstr("The record \"/b\" is there twice."));
  EXPECT_EQ(root->children[1].children[0].children[0].name, "skipped");
}

TEST(CiReportTest, SarifHasARulePerPromiseAndAResultPerFinding) {
  const json log = json::parse(ShowSarif(OneOfEach()));
  EXPECT_EQ(log.at("version"), "2.1.0");
  const json& run = log.at("runs").at(0);
  const json& rules = run.at("tool").at("driver").at("rules");
  ASSERT_THAT(rules, SizeIs(2));
  EXPECT_EQ(rules.at(1).at("id"), "exactly_once");
  ASSERT_THAT(run.at("results"), SizeIs(2));
  const json& result = run.at("results").at(0);
  EXPECT_EQ(result.at("ruleId"), "exactly_once");
  EXPECT_EQ(result.at("ruleIndex"), 1);
  EXPECT_EQ(result.at("occurrenceCount"), 12'000);
  EXPECT_EQ(result.at("partialFingerprints").at("flinchSignature/v1"),
            "url_clicks: exactly_once:lost@sink");
  const json& place = result.at("locations").at(0).at("physicalLocation");
  EXPECT_EQ(place.at("artifactLocation").at("uri"), "ci/my%20clicks.toml");
  EXPECT_THAT(result.at("codeFlows").at(0).at("threadFlows").at(0).at("locations"), SizeIs(2));
  EXPECT_EQ(result.at("properties").at("replay"), "./flinch replay fl1~x");
}

TEST(CiReportTest, GitlabHasAFingerprintPerFinding) {
  const json issues = json::parse(ShowGitlab(OneOfEach()));
  ASSERT_THAT(issues, SizeIs(2));
  EXPECT_EQ(issues.at(0).at("check_name"), "exactly_once");
  EXPECT_EQ(issues.at(0).at("severity"), "critical");
  EXPECT_EQ(issues.at(0).at("location").at("path"), "ci/my clicks.toml");
  EXPECT_EQ(issues.at(0).at("location").at("lines").at("begin"), 1);
  EXPECT_NE(issues.at(0).at("fingerprint"), issues.at(1).at("fingerprint"));
}

TEST(CiReportTest, TapCountsEveryCaseAndQuotesWhatFailed) {
  EXPECT_EQ(ShowTap(OneOfEach()),
            "TAP version 13\n"
            "1..3\n"
            "ok 1 - url_clicks: job_finishes\n"
            "not ok 2 - url_clicks: exactly_once\n"
            "  ---\n"
            "  findings:\n"
            "    - message: \"The record \\\"/a\\\" is lost.\"\n"
            "      signature: \"exactly_once:lost@sink\"\n"
            "      runs: 12000\n"
            "      story:\n"
            "        - \"00:01.000  crash  tm-1\"\n"
            "        - \"00:02.000  restart  tm-1\"\n"
            "      replay: \"./flinch replay fl1~x\"\n"
            "    - message: \"The record \\\"/b\\\" is there twice.\"\n"
            "      signature: \"exactly_once:doubled@sink\"\n"
            "      runs: 1\n"
            "  ...\n"
            "ok 3 - word_count: exactly_once # SKIP Nothing was judged.\n");
}

TEST(CiReportTest, AnnotationsSayWhereAndWhat) {
  EXPECT_THAT(LinesOf(ShowAnnotations(OneOfEach())),
              ElementsAre(AllOf(StartsWith("::error file=ci/my clicks.toml,line=1,"
                                           "title=url_clicks%3A exactly_once::The record"),
                                HasSubstr("%0Areplay:%0A./flinch replay fl1~x%0A")),
                          StartsWith("::error "),
                          "::warning title=word_count%3A exactly_once::Nothing was judged."));
}

TEST(CiReportTest, WhatAUserWroteIsTextInEveryFormat) {
  const CiReport report = Hostile();
  const std::optional<Element> junit = XmlReader(ShowJunit(report)).Read();
  ASSERT_TRUE(junit.has_value());
  EXPECT_THAT(junit->children[0].attributes.at("name"), HasSubstr("<script>alert('x')</script>"));
  for (const std::string& text :
       {ShowJunit(report), ShowSarif(report), ShowGitlab(report), ShowTap(report),
        ShowAnnotations(report), ShowStepSummary(report)}) {
    for (const char* const tricky : {"\x1b", "\x01", "\xff", "\u202e", "\u200b", "\uffff"}) {
      EXPECT_THAT(text, Not(HasSubstr(tricky)));
    }
  }
  const json sarif = json::parse(ShowSarif(report));
  EXPECT_THAT(sarif.at("runs").at(0).at("results").at(0).at("message").at("text"),
              AllOf(HasSubstr("{{0}}"), Not(HasSubstr("]("))));
  EXPECT_TRUE(json::accept(ShowGitlab(report)));
  EXPECT_THAT(ShowStepSummary(report),
              AllOf(Not(HasSubstr("<script")), Not(HasSubstr("```\n*b*"))));
  EXPECT_THAT(LinesOf(ShowAnnotations(report)),
              Each(AllOf(testing::AnyOf(StartsWith("::error file="), StartsWith("::warning file=")),
                         Not(HasSubstr("%0A](")))));
  // A plan, and what begins as a result or is indented below it: nothing else.
  for (const std::string& line : LinesOf(ShowTap(report))) {
    EXPECT_TRUE(line.starts_with("TAP ") || line.starts_with("1..") || line.starts_with("ok ") ||
                line.starts_with("not ok ") || line.starts_with("  "))
        << line;
  }
}

TEST(CiReportTest, HoweverMuchIsWrongTheFormatsStayBelowTheirLimits) {
  const CiReport report = Huge();
  const std::string annotations = ShowAnnotations(report);
  EXPECT_THAT(LinesOf(annotations), SizeIs(10));
  EXPECT_THAT(annotations, EndsWith("more; the step summary tells them\n"));
  const std::string summary = ShowStepSummary(report);
  EXPECT_LT(summary.size(), 1U << 20);
  EXPECT_THAT(summary, EndsWith("more\n"));
  const std::string junit = ShowJunit(report);
  EXPECT_LT(junit.size(), 30U * 1000 * 1000);
  EXPECT_TRUE(XmlReader(junit).Read().has_value());
  EXPECT_LT(ShowSarif(report).size(), 30U * 1000 * 1000);
  EXPECT_LT(ShowTap(report).size(), 30U * 1000 * 1000);
  EXPECT_THAT(junit, HasSubstr("more kinds of failure are left out here."));
  std::set<std::string> fingerprints;
  const json issues = json::parse(ShowGitlab(report));
  for (const json& issue : issues) {
    EXPECT_TRUE(fingerprints.insert(issue.at("fingerprint")).second);
  }
}

TEST(CiReportTest, AReplayLineIsWholeOrAbsent) {
  CiReport report = OneOfEach();
  report.cases[1].findings[0].replay = "./flinch replay fl1~" + std::string(20'000, 'a');
  EXPECT_THAT(ShowTap(report), Not(HasSubstr("replay:")));
}

TEST(CiReportTest, WithoutCasesEveryFormatIsStillOne) {
  const CiReport report{.command = "run", .version = "0.1.0"};
  EXPECT_TRUE(XmlReader(ShowJunit(report)).Read().has_value());
  EXPECT_EQ(ShowTap(report), "TAP version 13\n1..0\n");
  EXPECT_EQ(json::parse(ShowGitlab(report)), json::array());
  EXPECT_EQ(ShowAnnotations(report), "");
  EXPECT_EQ(ShowStepSummary(report), "## flinch run: 0 failed, 0 passed\n");
}

}  // namespace

}  // namespace flinch::reports
