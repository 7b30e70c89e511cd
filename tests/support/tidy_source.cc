#include "tests/support/tidy_source.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace flinch::tests {

bool IsIdentifierChar(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

namespace {

std::vector<std::string> SplitLines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// One pass over a text; knows in which kind of comment or literal it is.
class Blanker {
 public:
  explicit Blanker(std::string_view text) : text_(text), code_(text) {}

  std::string Run() {
    while (at_ < text_.size()) {
      const std::string_view rest = text_.substr(at_);
      if (rest.starts_with("//")) {
        BlankTo(EndOfLineComment());
      } else if (rest.starts_with("/*")) {
        BlankTo(After("*/", at_ + 2));
      } else if (rest.front() == '"' && IsRawPrefix()) {
        BlankRawString();
      } else if (rest.front() == '"' || (rest.front() == '\'' && !IsDigitSeparator())) {
        BlankQuoted(rest.front());
      } else {
        ++at_;
      }
    }
    return std::move(code_);
  }

 private:
  // The identifier-like characters (and separators of digits) directly before the current place.
  std::string_view WordBefore() const {
    std::size_t first = at_;
    while (first > 0 && (IsIdentifierChar(text_[first - 1]) || text_[first - 1] == '\'')) {
      --first;
    }
    return text_.substr(first, at_ - first);
  }

  bool IsRawPrefix() const {
    const std::string_view word = WordBefore();
    return word == "R" || word == "u8R" || word == "uR" || word == "UR" || word == "LR";
  }

  bool IsDigitSeparator() const {
    const std::string_view word = WordBefore();
    return !word.empty() && std::isdigit(static_cast<unsigned char>(word.front())) != 0 &&
           at_ + 1 < text_.size() && IsIdentifierChar(text_[at_ + 1]);
  }

  std::size_t After(std::string_view end, std::size_t from) const {
    const std::size_t found = text_.find(end, from);
    return found == std::string_view::npos ? text_.size() : found + end.size();
  }

  // A line comment that ends in a backslash goes on.
  std::size_t EndOfLineComment() const {
    std::size_t end = text_.find('\n', at_);
    while (end != std::string_view::npos && end > 0 && text_[end - 1] == '\\') {
      end = text_.find('\n', end + 1);
    }
    return std::min(end, text_.size());
  }

  void BlankTo(std::size_t end) {
    for (; at_ < end; ++at_) {
      if (code_[at_] != '\n') {
        code_[at_] = ' ';
      }
    }
  }

  void BlankRawString() {
    const std::size_t open = std::min(text_.find('(', at_), text_.size());
    const std::string close = ")" + std::string(text_.substr(at_ + 1, open - at_ - 1)) + "\"";
    const std::size_t end = After(close, open);
    ++at_;
    BlankTo(end - 1);
    at_ = end;
  }

  void BlankQuoted(char quote) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n') {
      end += text_[end] == '\\' ? 2U : 1U;
    }
    ++at_;
    BlankTo(std::min(end, text_.size()));
    if (at_ < text_.size() && text_[at_] == quote) {
      ++at_;
    }
  }

  std::string_view text_;
  std::string code_;
  std::size_t at_ = 0;
};

bool IsQualifier(std::string_view word) {
  constexpr std::string_view kQualifiers[] = {"const", "noexcept", "override",
                                              "final", "mutable",  "try"};
  return std::ranges::find(kQualifiers, word) != std::end(kQualifiers);
}

std::string_view LastWord(std::string_view text) {
  std::size_t first = text.size();
  while (first > 0 && IsIdentifierChar(text[first - 1])) {
    --first;
  }
  return text.substr(first);
}

// What stands before an opening brace, reduced to what lies outside brackets.
struct Head {
  bool is_empty = true;
  bool names_namespace = false;
  bool names_type = false;
  bool names_enum = false;
  bool assigns = false;
  bool has_parameters = false;
  // A constructor's member initialiser with braces: "Foo(int a) : a_" before "{a}".
  bool is_member_initialiser = false;
};

std::string_view DropTemplateClause(std::string_view text) {
  text = Trim(text);
  while (text.starts_with("template")) {
    std::size_t at = text.find('<');
    int depth = 0;
    for (; at < text.size(); ++at) {
      depth += text[at] == '<' ? 1 : text[at] == '>' ? -1 : 0;
      if (depth == 0) {
        break;
      }
    }
    text = at < text.size() ? Trim(text.substr(at + 1)) : std::string_view();
  }
  return text;
}

void NoteWord(std::string_view word, Head& head) {
  head.names_namespace |= word == "namespace" || word == "extern";
  head.names_type |= word == "class" || word == "struct" || word == "union";
  head.names_enum |= word == "enum";
}

bool IsAssignment(std::string_view text, std::size_t at) {
  constexpr std::string_view kPartOfOther = "=<>!+-*/%&|^";
  const bool joined = (at > 0 && kPartOfOther.contains(text[at - 1])) ||
                      (at + 1 < text.size() && text[at + 1] == '=');
  return !joined && LastWord(Trim(text.substr(0, at))) != "operator";
}

Head ReadHead(std::string_view text) {
  text = DropTemplateClause(text);
  Head head{.is_empty = text.empty()};
  int depth = 0;
  bool after_colon = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    depth += c == '(' || c == '[' || c == '{' ? 1 : c == ')' || c == ']' || c == '}' ? -1 : 0;
    if (depth > 0) {
      continue;
    }
    if (IsIdentifierChar(c)) {
      if (at + 1 == text.size() || !IsIdentifierChar(text[at + 1])) {
        NoteWord(LastWord(text.substr(0, at + 1)), head);
      }
    } else if (c == ')') {
      head.has_parameters = true;
    } else if (c == '=') {
      head.assigns |= IsAssignment(text, at);
    } else if (c == ':' && head.has_parameters) {
      after_colon |= at + 1 < text.size() && text[at + 1] != ':' && text[at - 1] != ':';
    }
  }
  const std::string_view last = LastWord(text);
  const bool ends_in_name = !text.empty() && (!last.empty() || text.back() == '>');
  head.is_member_initialiser = after_colon && ends_in_name && !IsQualifier(last);
  return head;
}

// Follows the braces of a file and tells functions from all else.
class FunctionScanner {
 public:
  std::vector<FunctionBody> Run(const SourceFile& file) {
    bool directive = false;
    for (const std::string& line : file.code) {
      ++line_;
      directive = directive || Trim(line).starts_with('#');
      if (directive) {
        directive = line.ends_with('\\');
        continue;
      }
      for (const char c : line) {
        Take(c);
      }
      head_ += ' ';
    }
    return std::move(functions_);
  }

 private:
  enum class Kind { kOpen, kFunction, kInside, kMemberInitialiser };

  struct Scope {
    Kind kind = Kind::kOpen;
    std::size_t line = 0;
    int parentheses = 0;
    std::string head;
  };

  void Take(char c) {
    switch (c) {
      case '{':
        OpenBrace();
        return;
      case '}':
        CloseBrace();
        return;
      case '(':
        ++parentheses_;
        break;
      case ')':
        --parentheses_;
        break;
      case ';':
        if (parentheses_ == 0) {
          head_.clear();
        }
        return;
      case ':':
        if (IsAccess(Trim(head_))) {
          head_.clear();
          return;
        }
        break;
      default:
        break;
    }
    head_ += c;
  }

  static bool IsAccess(std::string_view text) {
    return text == "public" || text == "protected" || text == "private";
  }

  Kind Classify() const {
    const bool open = scopes_.empty() || scopes_.back().kind == Kind::kOpen;
    if (!open || parentheses_ != 0) {
      return Kind::kInside;
    }
    const Head head = ReadHead(head_);
    if (head.names_namespace && !head.has_parameters) {
      return Kind::kOpen;
    }
    if (head.is_empty || head.assigns || head.names_enum) {
      return Kind::kInside;
    }
    if (head.names_type) {
      return Kind::kOpen;
    }
    if (head.is_member_initialiser) {
      return Kind::kMemberInitialiser;
    }
    return head.has_parameters ? Kind::kFunction : Kind::kInside;
  }

  void OpenBrace() {
    scopes_.push_back({.kind = Classify(),
                       .line = line_,
                       .parentheses = std::exchange(parentheses_, 0),
                       .head = std::exchange(head_, {})});
  }

  void CloseBrace() {
    if (scopes_.empty()) {
      return;
    }
    Scope scope = std::move(scopes_.back());
    scopes_.pop_back();
    parentheses_ = scope.parentheses;
    head_.clear();
    if (scope.kind == Kind::kFunction) {
      functions_.push_back({.first_line = scope.line, .last_line = line_});
    } else if (scope.kind != Kind::kOpen) {
      // Part of an expression or of an initialiser list: what it stands in goes on behind it.
      head_ = std::move(scope.head) + "{}";
    }
  }

  std::vector<FunctionBody> functions_;
  std::vector<Scope> scopes_;
  std::string head_;
  std::size_t line_ = 0;
  int parentheses_ = 0;
};

}  // namespace

std::string BlankCommentsAndLiterals(std::string_view text) { return Blanker(text).Run(); }

SourceFile MakeSource(std::string path, std::string_view text) {
  return {.path = std::move(path),
          .lines = SplitLines(text),
          .code = SplitLines(BlankCommentsAndLiterals(text))};
}

std::vector<Include> FindIncludes(const SourceFile& file) {
  std::vector<Include> includes;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    if (!Trim(file.code[i]).starts_with("#include")) {
      continue;
    }
    const std::string_view line = file.lines[i];
    const std::size_t open = line.find_first_of("\"<");
    const std::size_t close = line.find_first_of("\">", open + 1);
    if (open != std::string_view::npos && close != std::string_view::npos) {
      includes.push_back({.line = i + 1,
                          .path = std::string(line.substr(open + 1, close - open - 1)),
                          .quoted = line[open] == '"'});
    }
  }
  return includes;
}

std::vector<FunctionBody> FindFunctions(const SourceFile& file) {
  return FunctionScanner().Run(file);
}

}  // namespace flinch::tests
