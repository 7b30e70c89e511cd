#include "scenarios/evidence_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace flinch::scenarios {

namespace {

using Json = nlohmann::ordered_json;
using sim::ErrorCode;
using sim::Fail;

constexpr std::string_view kMagic = "flinch-recording ";
constexpr auto kQuestions =
    std::to_array<std::string_view>({"retained", "checkpoint", "files", "with_files"});
constexpr auto kVerdicts = std::to_array(
    {reports::Verdict::kPassed, reports::Verdict::kInconclusive, reports::Verdict::kFailed});

// A line says what no writer of ours ever wrote.
struct Damage : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// ---- Bytes, each as one character

std::string FromBytes(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (const char letter : bytes) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte < 0x80) {
      text += letter;
    } else {
      text += static_cast<char>(0xC0U | (byte >> 6U));
      text += static_cast<char>(0x80U | (byte & 0x3FU));
    }
  }
  return text;
}

std::string ToBytes(const std::string& text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80) {
      bytes += text[at];
      continue;
    }
    ++at;
    if ((byte != 0xC2 && byte != 0xC3) || at == text.size()) {
      throw Damage("a text has characters that stand for no byte");
    }
    const unsigned high = static_cast<unsigned>(byte) << 6U;
    bytes += static_cast<char>(high | (static_cast<unsigned char>(text[at]) & 0x3FU));
  }
  return bytes;
}

Json Text(std::string_view bytes) { return FromBytes(bytes); }

std::string TextOf(const Json& json) { return ToBytes(json.get_ref<const std::string&>()); }

Json Texts(const std::vector<std::string>& texts) {
  Json all = Json::array();
  for (const std::string& text : texts) {
    all.push_back(Text(text));
  }
  return all;
}

std::vector<std::string> TextsOf(const Json& json) {
  std::vector<std::string> texts;
  for (const Json& text : json) {
    texts.push_back(TextOf(text));
  }
  return texts;
}

// ---- Numbers

// JSON's numbers that are none are refused, and so are those that do not fit.
template <typename Integer>
Integer NumberOf(const Json& json) {
  if (!json.is_number_integer()) {
    throw Damage("there is something else where a whole number belongs");
  }
  if (json.is_number_unsigned()) {
    const auto number = json.get<uint64_t>();
    if (!std::in_range<Integer>(number)) {
      throw Damage("a number is too large");
    }
    return static_cast<Integer>(number);
  }
  const auto number = json.get<int64_t>();
  if (!std::in_range<Integer>(number)) {
    throw Damage("a number is out of its range");
  }
  return static_cast<Integer>(number);
}

template <typename Integer>
Integer ParseNumber(std::string_view text, int base) {
  Integer number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw Damage("a text stands for no number");
  }
  return number;
}

sim::SimTime TimeOf(const Json& json) { return sim::AtNanos(NumberOf<int64_t>(json)); }

sim::Digest DigestOf(std::string_view text) {
  if (text.size() != 32) {
    throw Damage("the digest has not 32 digits");
  }
  return {.high = ParseNumber<uint64_t>(text.substr(0, 16), 16),
          .low = ParseNumber<uint64_t>(text.substr(16), 16)};
}

// ---- The run

Json ToJson(const reports::Finding& finding) {
  Json json = {{"oracle", Text(finding.oracle)},
               {"witness", Text(finding.witness)},
               {"details", Texts(finding.details)},
               {"breach", Text(finding.breach)},
               {"role", Text(finding.role)}};
  if (finding.event) {
    json["event"] = finding.event->value();
    json["event_kind"] = Text(finding.event_kind);
  }
  return json;
}

reports::Finding FindingOf(const Json& json) {
  reports::Finding finding{.oracle = TextOf(json.at("oracle")),
                           .witness = TextOf(json.at("witness")),
                           .details = TextsOf(json.at("details")),
                           .breach = TextOf(json.at("breach")),
                           .role = TextOf(json.at("role")),
                           .event = {}};
  if (json.contains("event")) {
    finding.event = sim::EventId(NumberOf<uint64_t>(json.at("event")));
    // Older recordings do not say.
    if (json.contains("event_kind")) {
      finding.event_kind = TextOf(json.at("event_kind"));
    }
  }
  return finding;
}

Json ToJson(const std::vector<reports::Finding>& findings) {
  Json json = Json::array();
  for (const reports::Finding& finding : findings) {
    json.push_back(ToJson(finding));
  }
  return json;
}

std::vector<reports::Finding> FindingsOf(const Json& json) {
  std::vector<reports::Finding> findings;
  for (const Json& finding : json) {
    findings.push_back(FindingOf(finding));
  }
  return findings;
}

// The numbers of a summary, each under its name, for both directions.
template <typename Summary, typename Visitor>
void VisitNumbers(Summary& summary, Visitor&& visit) {
  visit("events", summary.events);
  visit("records_in", summary.records_in);
  visit("records_out", summary.records_out);
  visit("rows_skipped", summary.rows_skipped);
  visit("checkpoints_completed", summary.checkpoints_completed);
  visit("checkpoints_failed", summary.checkpoints_failed);
  visit("restarts", summary.restarts);
  visit("faults_planned", summary.faults_planned);
}

Json RunToJson(const Evidence& evidence) {
  const reports::RunSummary& summary = evidence.summary;
  Json json = {
      {"scenario", Text(summary.scenario)},      {"why", Text(summary.why)},
      {"seed", fmt::format("{}", summary.seed)}, {"job", Text(evidence.job)},
      {"oracles", Texts(evidence.oracles)},      {"verdict", reports::Name(summary.verdict)},
      {"reason", Text(summary.reason)},          {"signature", Text(summary.signature)},
      {"digest", sim::Show(summary.digest)},     {"sim_ns", sim::Nanos(summary.sim_time)},
      {"replay", Text(summary.replay)}};
  VisitNumbers(summary, [&json](const char* name, uint64_t number) { json[name] = number; });
  json["faults"] = Json::array();
  for (const reports::FiredFault& fault : summary.faults) {
    json["faults"].push_back(
        {Text(fault.kind), Text(fault.target), sim::Nanos(fault.at), fault.fault});
  }
  json["faults_missed"] = Texts(summary.faults_missed);
  json["stuck"] = Text(summary.stuck);
  json["findings"] = ToJson(summary.findings);
  return json;
}

void ReadRun(const Json& json, Evidence& evidence) {
  reports::RunSummary& summary = evidence.summary;
  summary.scenario = TextOf(json.at("scenario"));
  summary.why = TextOf(json.at("why"));
  summary.seed = ParseNumber<uint64_t>(TextOf(json.at("seed")), 10);
  evidence.job = TextOf(json.at("job"));
  evidence.oracles = TextsOf(json.at("oracles"));
  const std::string verdict = TextOf(json.at("verdict"));
  const auto* const found = std::ranges::find(kVerdicts, verdict, reports::Name);
  if (found == kVerdicts.end()) {
    throw Damage("there is no such verdict");
  }
  summary.verdict = *found;
  summary.reason = TextOf(json.at("reason"));
  summary.signature = TextOf(json.at("signature"));
  summary.digest = DigestOf(TextOf(json.at("digest")));
  summary.sim_time = TimeOf(json.at("sim_ns"));
  summary.replay = TextOf(json.at("replay"));
  VisitNumbers(summary, [&json](const char* name, uint64_t& number) {
    number = NumberOf<uint64_t>(json.at(name));
  });
  for (const Json& fault : json.at("faults")) {
    summary.faults.push_back({.kind = TextOf(fault.at(0)),
                              .target = TextOf(fault.at(1)),
                              .at = TimeOf(fault.at(2)),
                              .fault = NumberOf<size_t>(fault.at(3))});
  }
  summary.faults_missed = TextsOf(json.at("faults_missed"));
  if (json.contains("stuck")) {  // later than version 1's first recordings
    summary.stuck = TextOf(json["stuck"]);
  }
  summary.findings = FindingsOf(json.at("findings"));
}

// ---- What it was about

Json ToJson(const Subject& subject) {
  Json rows = Json::array();
  for (const SubjectRow& row : subject.rows) {
    Json additions = Json::array();
    for (const Addition& addition : row.additions) {
      additions.push_back(
          {Text(addition.place.key), addition.place.slot, addition.last, addition.amount});
    }
    rows.push_back({row.partition, row.timestamp, std::move(additions)});
  }
  Json json = {
      {"operator", Text(subject.state_operator)},         {"timers", subject.has_timers},
      {"folding", static_cast<uint8_t>(subject.folding)}, {"modulus", subject.modulus},
      {"out_of_orderness", subject.out_of_orderness},     {"patience", subject.patience.count()}};
  if (subject.healed) {
    json["healed"] = sim::Nanos(*subject.healed);
  }
  if (subject.heartbeat_timeout) {
    json["heartbeat_timeout"] = subject.heartbeat_timeout->count();
  }
  json["rows"] = std::move(rows);
  return json;
}

// Recordings of before there were others have sums.
Folding FoldingOf(const Json& json) {
  const auto number = json.contains("folding") ? NumberOf<uint8_t>(json["folding"]) : uint8_t{0};
  if (number > static_cast<uint8_t>(Folding::kOnce)) {
    throw Damage("there is no such folding");
  }
  return static_cast<Folding>(number);
}

Subject SubjectOf(const Json& json) {
  Subject subject{.state_operator = TextOf(json.at("operator")),
                  .has_timers = json.at("timers").get<bool>(),
                  .folding = FoldingOf(json),
                  .modulus = json.contains("modulus") ? NumberOf<int64_t>(json["modulus"]) : 0,
                  .rows = {},
                  .out_of_orderness = NumberOf<int64_t>(json.at("out_of_orderness")),
                  .healed = {},
                  .patience = sim::Duration(NumberOf<int64_t>(json.at("patience")))};
  if (json.contains("healed")) {
    subject.healed = TimeOf(json.at("healed"));
  }
  // Recordings of before it was judged by have none.
  if (json.contains("heartbeat_timeout")) {
    subject.heartbeat_timeout = sim::Duration(NumberOf<int64_t>(json.at("heartbeat_timeout")));
  }
  for (const Json& row : json.at("rows")) {
    SubjectRow& own = subject.rows.emplace_back();
    own.partition = NumberOf<uint32_t>(row.at(0));
    own.timestamp = NumberOf<int64_t>(row.at(1));
    for (const Json& addition : row.at(2)) {
      own.additions.push_back(
          {.place = {.key = TextOf(addition.at(0)), .slot = NumberOf<int64_t>(addition.at(1))},
           .last = NumberOf<int64_t>(addition.at(2)),
           .amount = addition.size() > 3 ? NumberOf<int64_t>(addition.at(3)) : 1});
    }
  }
  return subject;
}

// ---- What was traced, and seen

Json ToJson(const SeenEvent& seen) {
  const sim::RecordedEvent& event = seen.event;
  Json fields = Json::array();
  for (const sim::RecordedEvent::OwnedField& field : event.fields) {
    fields.push_back(Text(field.name));
    if (const auto* const number = std::get_if<int64_t>(&field.value)) {
      fields.push_back(*number);
    } else {
      fields.push_back(Text(std::get<std::string>(field.value)));
    }
  }
  return {event.id.value(),    event.cause.value(), sim::Nanos(event.time), seen.process.value(),
          Text(event.process), Text(event.kind),    std::move(fields)};
}

SeenEvent EventOf(const Json& json) {
  SeenEvent seen{.process = sim::ProcessId(NumberOf<sim::ProcessId::rep>(json.at(3))),
                 .event = {.id = sim::EventId(NumberOf<uint64_t>(json.at(0))),
                           .cause = sim::EventId(NumberOf<uint64_t>(json.at(1))),
                           .time = TimeOf(json.at(2)),
                           .process = TextOf(json.at(4)),
                           .kind = TextOf(json.at(5)),
                           .fields = {}}};
  const Json& fields = json.at(6);
  for (size_t index = 0; index + 1 < fields.size(); index += 2) {
    sim::RecordedEvent::OwnedField field{.name = TextOf(fields.at(index)), .value = int64_t{0}};
    if (const Json& value = fields.at(index + 1); value.is_string()) {
      field.value = TextOf(value);
    } else {
      field.value = NumberOf<int64_t>(value);
    }
    seen.event.fields.push_back(std::move(field));
  }
  return seen;
}

Json ToJson(const CheckpointView& view) {
  Json positions = Json::array();
  for (const auto& [partition, next] : view.positions) {
    positions.push_back({partition, next});
  }
  Json entries = Json::array();
  for (const auto& [place, count] : view.entries) {
    entries.push_back({Text(place.key), place.slot, count});
  }
  Json timers = Json::array();
  for (const auto& [key, slot] : view.timers) {
    timers.push_back({Text(key), slot});
  }
  return {{"troubles", Texts(view.troubles)},
          {"positions", std::move(positions)},
          {"entries", std::move(entries)},
          {"timers", std::move(timers)}};
}

CheckpointView ViewOf(const Json& json) {
  CheckpointView view;
  view.troubles = TextsOf(json.at("troubles"));
  for (const Json& position : json.at("positions")) {
    view.positions.push_back({.partition = NumberOf<uint32_t>(position.at(0)),
                              .next = NumberOf<uint64_t>(position.at(1))});
  }
  for (const Json& entry : json.at("entries")) {
    view.entries.push_back(
        {.place = {.key = TextOf(entry.at(0)), .slot = NumberOf<int64_t>(entry.at(1))},
         .count = NumberOf<int64_t>(entry.at(2))});
  }
  for (const Json& timer : json.at("timers")) {
    view.timers.push_back({.key = TextOf(timer.at(0)), .slot = NumberOf<int64_t>(timer.at(1))});
  }
  return view;
}

Json ToJson(const Look& look) {
  Json answer;
  if (const auto* const ids = std::get_if<std::vector<int64_t>>(&look.answer)) {
    answer = *ids;
  } else if (const auto* const troubles = std::get_if<std::vector<std::string>>(&look.answer)) {
    answer = Texts(*troubles);
  } else {
    answer = ToJson(std::get<CheckpointView>(look.answer));
  }
  return {look.at.value(), kQuestions.at(static_cast<size_t>(look.question)), look.checkpoint,
          std::move(answer)};
}

Look LookOf(const Json& json) {
  const auto* const question = std::ranges::find(kQuestions, TextOf(json.at(1)));
  if (question == kQuestions.end()) {
    throw Damage("nobody can look at that");
  }
  Look look{.at = sim::EventId(NumberOf<uint64_t>(json.at(0))),
            .question = static_cast<Question>(question - kQuestions.begin()),
            .checkpoint = NumberOf<int64_t>(json.at(2))};
  const Json& answer = json.at(3);
  if (look.question == Question::kCheckpoint) {
    look.answer = ViewOf(answer);
  } else if (look.question == Question::kFiles) {
    look.answer = TextsOf(answer);
  } else {
    std::vector<int64_t> ids;
    for (const Json& id : answer) {
      ids.push_back(NumberOf<int64_t>(id));
    }
    look.answer = std::move(ids);
  }
  return look;
}

// ---- How it ended

Json EndToJson(const Evidence& evidence) {
  const FinalState& state = evidence.state;
  Json expected = Json::array();
  for (const ExpectedRecord& record : state.expected) {
    expected.push_back({Text(record.key), Text(record.value)});
  }
  Json output = Json::array();
  for (const OutputRecord& record : state.output) {
    output.push_back({Text(record.key), Text(record.value), Text(record.transaction),
                      record.log_partition, record.offset});
  }
  return {{"job_finished", state.job_finished},
          {"job_status", Text(state.job_status)},
          {"at_ns", sim::Nanos(state.end)},
          {"ending", Text(state.ending)},
          {"stuck", Text(state.stuck)},
          {"expected", std::move(expected)},
          {"output", std::move(output)},
          {"open_transactions", Texts(state.open_transactions)},
          {"found", ToJson(evidence.found)},
          {"excuses",
           {{"not_finished", Text(evidence.excuses.not_finished)},
            {"lost", Text(evidence.excuses.lost)},
            {"retracted", Text(evidence.excuses.retracted)}}}};
}

void ReadEnd(const Json& json, Evidence& evidence) {
  FinalState& state = evidence.state;
  state.job_finished = json.at("job_finished").get<bool>();
  state.job_status = TextOf(json.at("job_status"));
  state.end = TimeOf(json.at("at_ns"));
  state.ending = TextOf(json.at("ending"));
  state.stuck = TextOf(json.at("stuck"));
  for (const Json& record : json.at("expected")) {
    state.expected.push_back({.key = TextOf(record.at(0)), .value = TextOf(record.at(1))});
  }
  for (const Json& record : json.at("output")) {
    state.output.push_back({.key = TextOf(record.at(0)),
                            .value = TextOf(record.at(1)),
                            .transaction = TextOf(record.at(2)),
                            .log_partition = NumberOf<uint32_t>(record.at(3)),
                            .offset = NumberOf<uint64_t>(record.at(4))});
  }
  state.open_transactions = TextsOf(json.at("open_transactions"));
  evidence.found = FindingsOf(json.at("found"));
  const Json& excuses = json.at("excuses");
  evidence.excuses = {
      .not_finished = TextOf(excuses.at("not_finished")),
      .lost = TextOf(excuses.at("lost")),
      .retracted = excuses.contains("retracted") ? TextOf(excuses.at("retracted")) : std::string()};
}

// ---- Lines

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  // Nothing when the text has no whole line any more.
  std::optional<std::string_view> Next() {
    const size_t end = rest_.find('\n');
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    ++number_;
    return line;
  }

  uint64_t number() const { return number_; }

 private:
  std::string_view rest_;
  uint64_t number_ = 0;
};

// Whether it was the last.
bool ReadLine(std::string_view line, uint64_t number, Evidence& evidence) {
  const Json json = Json::parse(line);
  if (json.contains("event")) {
    evidence.events.push_back(EventOf(json.at("event")));
  } else if (json.contains("look")) {
    evidence.looks.push_back(LookOf(json.at("look")));
  } else if (json.contains("run")) {
    ReadRun(json.at("run"), evidence);
  } else if (json.contains("subject")) {
    evidence.subject = SubjectOf(json.at("subject"));
  } else if (json.contains("end")) {
    if (NumberOf<uint64_t>(json.at("lines")) != number) {
      throw Damage("lines are missing, or there are too many");
    }
    if (evidence.job.empty()) {
      throw Damage("nothing before it says what was recorded");
    }
    ReadEnd(json.at("end"), evidence);
    return true;
  }
  return false;
}

sim::Result<void> CheckVersion(std::string_view file, std::optional<std::string_view> line) {
  if (!line || !line->starts_with(kMagic)) {
    return Fail(ErrorCode::kCorruption,
                fmt::format("{} is no recording of flinch: it does not begin with \"{}{}\".", file,
                            kMagic, kRecordingVersion));
  }
  const std::string_view digits = line->substr(kMagic.size());
  uint64_t version = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (error != std::errc() || end != digits.data() + digits.size() || version == 0) {
    return Fail(
        ErrorCode::kCorruption,
        fmt::format("{} is no recording of flinch: its first line names no version.", file));
  }
  if (version > kRecordingVersion) {
    return Fail(ErrorCode::kCorruption,
                fmt::format("{} is a recording of version {}, but this flinch reads versions up to "
                            "{}: take a newer one.",
                            file, version, kRecordingVersion));
  }
  return {};
}

}  // namespace

std::string ShowRecording(const Evidence& evidence) {
  std::string text = fmt::format("{}{}\n", kMagic, kRecordingVersion);
  uint64_t lines = 1;
  const auto write = [&text, &lines](const char* what, Json json) {
    text += Json{{what, std::move(json)}}.dump() + "\n";
    ++lines;
  };
  write("run", RunToJson(evidence));
  write("subject", ToJson(evidence.subject));
  for (const SeenEvent& seen : evidence.events) {
    write("event", ToJson(seen));
  }
  for (const Look& look : evidence.looks) {
    write("look", ToJson(look));
  }
  return text + Json{{"end", EndToJson(evidence)}, {"lines", lines + 1}}.dump() + "\n";
}

sim::Result<Evidence> ParseRecording(std::string_view file, std::string_view text) {
  Reader reader(text);
  if (const sim::Result<void> known = CheckVersion(file, reader.Next()); !known) {
    return Fail(known);
  }
  Evidence evidence;
  while (const std::optional<std::string_view> line = reader.Next()) {
    const auto refuse = [&](std::string_view why) {
      return Fail(ErrorCode::kCorruption,
                  fmt::format("{}:{}: this line of the recording is damaged: {}.", file,
                              reader.number(), why));
    };
    try {
      if (ReadLine(*line, reader.number(), evidence)) {
        return evidence;
      }
    } catch (const Damage& damage) {
      return refuse(damage.what());
    } catch (const nlohmann::json::exception&) {
      return refuse("it is not what flinch writes there");
    }
  }
  return Fail(ErrorCode::kCorruption,
              fmt::format("{} breaks off behind line {}: the end of the recording is missing.",
                          file, reader.number()));
}

}  // namespace flinch::scenarios
