#include "scenarios/evidence_file.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/input_file.h"
#include "scenarios/judging.h"
#include "scenarios/signature.h"
#include "tests/paths.h"

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kBytes = std::string("\0\x7f\x80\xff\"\\\n", 7) + "ä€";

Evidence Small() {
  Evidence evidence{.job = "url_clicks",
                    .oracles = {"exactly_once"},
                    .summary = {.scenario = "mine",
                                .why = "A test.",
                                .seed = UINT64_MAX,
                                .verdict = reports::Verdict::kFailed,
                                .reason = {},
                                .digest = {.high = UINT64_MAX, .low = 7},
                                .events = 12,
                                .faults = {{.kind = "crash", .target = "tm-1", .at = {}}},
                                .findings = {},
                                .replay = "flinch replay fl1"},
                    .subject = {.state_operator = "window",
                                .has_timers = true,
                                .rows = {},
                                .out_of_orderness = -5,
                                .healed = sim::AtNanos(9),
                                .patience = sim::Duration(4),
                                .heartbeat_timeout = sim::Duration(6)},
                    .events = {},
                    .looks = {},
                    .state = {},
                    .found = {{.oracle = "invariant",
                               .witness = "It broke.",
                               .details = {"a", kBytes},
                               .event = sim::EventId(3)}},
                    .excuses = {.not_finished = "Enough.", .lost = "", .retracted = "Rot."}};
  evidence.subject.rows = {
      {.partition = 2,
       .timestamp = INT64_MIN,
       .additions = {{.place = {kBytes, -7}, .last = 8, .amount = INT64_MIN}}}};
  evidence.subject.folding = Folding::kMax;
  evidence.subject.modulus = 7;
  evidence.summary.stuck = kBytes + "\nb\n";
  evidence.events = {{.process = sim::ProcessId(2),
                      .event = {.id = sim::EventId(3),
                                .cause = sim::EventId(1),
                                .time = sim::AtNanos(5),
                                .process = "tm-1",
                                .kind = "sink.committed",
                                .fields = {{"id", int64_t{INT64_MIN}}, {"key", kBytes}}}}};
  CheckpointView view{.troubles = {"bad"}, .positions = {{1, 2}}, .entries = {}, .timers = {}};
  view.entries.push_back({.place = {kBytes, 3}, .count = 4});
  view.timers.push_back({kBytes, 5});
  evidence.looks = {
      {.at = sim::EventId(3), .question = Question::kCheckpoint, .checkpoint = 1, .answer = view},
      {.at = sim::EventId(3),
       .question = Question::kFiles,
       .checkpoint = 1,
       .answer = std::vector<std::string>{"gone"}},
      {.at = {}, .question = Question::kRetained, .answer = std::vector<int64_t>{1, 2}}};
  evidence.state.job_status = "RUNNING";
  evidence.state.expected = {{.key = kBytes, .value = kBytes}};
  evidence.state.output = {{.key = kBytes,
                            .value = kBytes,
                            .transaction = "t-1",
                            .log_partition = 3,
                            .offset = UINT64_MAX}};
  evidence.state.open_transactions = {"t-2"};
  evidence.state.ending = "goal";
  return evidence;
}

std::string Complaint(std::string_view text) {
  const sim::Result<Evidence> read = ParseRecording("run.rec", text);
  EXPECT_FALSE(read.has_value());
  return read ? "" : read.error().message;
}

TEST(RecordingTest, ReadsBackWhatItWrote) {
  const Evidence evidence = Small();
  const std::string text = ShowRecording(evidence);
  EXPECT_THAT(text, StartsWith("flinch-recording 1\n"));
  const sim::Result<Evidence> read = ParseRecording("run.rec", text);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(ShowRecording(*read), text);
  EXPECT_EQ(read->summary.seed, UINT64_MAX);
  EXPECT_EQ(read->summary.digest, evidence.summary.digest);
  EXPECT_EQ(read->events, evidence.events);
  EXPECT_EQ(read->subject.rows[0].additions[0].place, (StatePlace{kBytes, -7}));
  EXPECT_EQ(read->subject.rows[0].additions[0].amount, INT64_MIN);
  EXPECT_EQ(read->subject.folding, Folding::kMax);
  EXPECT_EQ(read->subject.modulus, 7);
  EXPECT_EQ(read->summary.stuck, evidence.summary.stuck);
  EXPECT_EQ(read->subject.heartbeat_timeout, sim::Duration(6));
  EXPECT_EQ(std::get<CheckpointView>(read->looks[0].answer).entries[0].place.key, kBytes);
  EXPECT_EQ(read->state.expected, evidence.state.expected);
  EXPECT_EQ(read->state.output[0].offset, UINT64_MAX);
  EXPECT_EQ(read->found[0].details, evidence.found[0].details);
  EXPECT_EQ(read->excuses, evidence.excuses);
}

TEST(RecordingTest, RefusesWhatIsNone) {
  EXPECT_EQ(Complaint(""),
            "run.rec is no recording of flinch: it does not begin with \"flinch-recording 1\".");
  EXPECT_THAT(Complaint("{\"run\":{}}\n"), HasSubstr("is no recording of flinch"));
  EXPECT_THAT(Complaint("flinch-recording one\n"), HasSubstr("names no version"));
  EXPECT_EQ(Complaint("flinch-recording 2\n"),
            "run.rec is a recording of version 2, but this flinch reads versions up to 1: take a "
            "newer one.");
}

TEST(RecordingTest, RefusesWhatBreaksOffWhereverItDoes) {
  const std::string text = ShowRecording(Small());
  for (size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(ParseRecording("run.rec", std::string_view(text).substr(0, length)).has_value());
  }
  const size_t last = text.rfind("{\"end\"");
  EXPECT_EQ(Complaint(text.substr(0, last)),
            "run.rec breaks off behind line 7: the end of the recording is missing.");
}

TEST(RecordingTest, RefusesALineThatIsDamagedOrMissing) {
  const std::string text = ShowRecording(Small());
  std::string other = text;
  other.replace(other.find("\"event\":["), 9, "\"event\":{");
  EXPECT_THAT(Complaint(other), StartsWith("run.rec:4: this line of the recording is damaged: "));
  std::string shorter = text;
  const size_t begin = shorter.find("{\"event\"");
  shorter.erase(begin, shorter.find('\n', begin) + 1 - begin);
  EXPECT_THAT(Complaint(shorter), HasSubstr("lines are missing"));
  EXPECT_THAT(Complaint("flinch-recording 1\n{\"end\":{},\"lines\":2}\n"),
              HasSubstr("nothing before it says what was recorded"));
}

// Bad input never crashes: any byte may be any other.
TEST(RecordingTest, SurvivesAnyByte) {
  const std::string text = ShowRecording(Small());
  for (size_t at = 0; at < text.size(); ++at) {
    for (const char letter : {'\0', '"', '9', '[', '}', '\n', '\xff'}) {
      std::string other = text;
      other[at] = letter;
      if (const sim::Result<Evidence> read = ParseRecording("run.rec", other)) {
        (void)ShowRecording(*read);
      } else {
        EXPECT_THAT(read.error().message, StartsWith("run.rec"));
      }
    }
  }
}

// The promise to whoever keeps a recording: it can be read, and judged, for ever.
TEST(RecordingTest, ReadsTheFirstVersion) {
  const std::string path = std::string(FLINCH_SOURCE_DIR) + "/tests/scenarios/data/run_v1.rec";
  const sim::Result<std::string> text = ReadWholeFile(path);
  ASSERT_TRUE(text.has_value()) << text.error().message;
  const sim::Result<Evidence> read = ParseRecording("run_v1.rec", *text);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->summary.scenario, "url_clicks");
  EXPECT_EQ(read->summary.verdict, reports::Verdict::kFailed);
  EXPECT_FALSE(read->looks.empty());
  const sim::Result<JudgedAgain> judged =
      JudgeAgain(*read, std::vector<std::string>{"commit_after_durable", "consistent_cut"});
  ASSERT_TRUE(judged.has_value()) << judged.error().message;
  EXPECT_TRUE(MeansSignature(read->summary.signature, judged->summary.signature))
      << judged->summary.signature;
  EXPECT_TRUE(judged->not_judged.empty());
}

}  // namespace

}  // namespace flinch::scenarios
