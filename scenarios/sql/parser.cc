#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "scenarios/sql/ast.h"
#include "scenarios/sql/grammar.h"
#include "scenarios/sql/syntax.h"
#include "sim/text/text.h"

namespace flinch::sql {

namespace {

namespace pegtl = tao::pegtl;
namespace g = grammar;

// The furthest place at which a token was looked for in vain, and which ones were.
struct Furthest {
  size_t place = 0;
  std::set<std::string_view> wanted{};
};

template <typename Rule>
struct Control : pegtl::normal<Rule> {
  template <typename Input, typename... States>
  static void failure(const Input& in, States&&... states) {
    if constexpr (requires { Rule::kExpected; }) {
      Record(static_cast<size_t>(in.current() - in.begin()), states...);
    }
    pegtl::normal<Rule>::failure(in, states...);
  }

 private:
  template <typename First, typename... More>
  static void Record(size_t place, First& first, More&... more) {
    if constexpr (std::is_same_v<First, Furthest>) {
      if (place > first.place) {
        first = {.place = place};
      }
      if (place == first.place) {
        first.wanted.insert(Rule::kExpected);
      }
    } else if constexpr (sizeof...(More) > 0) {
      Record(place, more...);
    }
  }
};

// Which rules make a node; a chain of operators with one operand makes none of its own.
template <typename Rule>
using Selector = pegtl::parse_tree::selector<
    Rule,
    pegtl::parse_tree::store_content::on<
        g::name_text, g::text_text, g::number_text, g::function_name, g::type_word, g::type_number,
        g::zone, g::type, g::column, g::unit, g::unit_to, g::true_word, g::false_word, g::null_word,
        g::interval, g::typed_word, g::typed_text, g::case_operand, g::case_when, g::case_else,
        g::case_expr, g::cast_word, g::cast, g::extract, g::substring, g::trim_where, g::trim_of,
        g::trim, g::position, g::floor_word, g::floor_to, g::unit_call_word, g::unit_call,
        g::distinct_word, g::star_arg, g::descending, g::nulls_first, g::nulls_last, g::order_item,
        g::order_by, g::partition_by, g::frame, g::over, g::filter, g::descriptor, g::table_arg,
        g::table_partition, g::parameter, g::argument, g::arguments, g::call, g::bare_call,
        g::subquery, g::exists, g::scalar_query, g::minus, g::multiply_op, g::add_op, g::not_word,
        g::compare_op, g::compare, g::between_kind, g::between, g::in_query, g::in_list, g::escape,
        g::like, g::is_what, g::is, g::is_distinct, g::alias, g::name_star, g::plain_star, g::item,
        g::items, g::distinct_select, g::alias_columns, g::table_alias, g::table_function,
        g::values_row, g::values, g::values_table, g::derived, g::named_table, g::nested_joins,
        g::table_primary, g::left_word, g::right_word, g::full_word, g::inner_word, g::cross_word,
        g::on, g::using_names, g::join, g::table_joins, g::from, g::where, g::empty_group,
        g::group_by, g::having, g::select, g::nested_query, g::union_all, g::union_distinct,
        g::intersect, g::except, g::limit, g::offset, g::fetch, g::with_item, g::with, g::query,
        g::not_null, g::column_key, g::metadata, g::computed, g::physical, g::watermark,
        g::table_key, g::option_pair, g::options, g::create_table, g::create_view, g::insert,
        g::set, g::query_statement>,
    pegtl::parse_tree::fold_one::on<g::unary, g::multiply_expr, g::add_expr, g::predicate,
                                    g::not_expr, g::and_expr, g::or_expr>>;

// Deeper brackets than anybody writes would cost a stack, not an answer.
constexpr int kDepthMax = 200;

std::optional<Mistake> FindDepth(std::string_view text) {
  int depth = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    depth += text[at] == '(' ? 1 : text[at] == ')' ? -1 : 0;
    if (depth > kDepthMax) {
      return Mistake{.place = at,
                     .sentence = fmt::format("More than {} brackets are open here.", kDepthMax)};
    }
  }
  return std::nullopt;
}

// The word that stands at the place, for a suggestion.
std::string_view WordAt(std::string_view text) {
  const auto end = std::ranges::find_if_not(text, g::IsWordChar);
  return text.substr(0, static_cast<size_t>(end - text.begin()));
}

Mistake Describe(std::string_view text, const Furthest& furthest) {
  constexpr size_t kShown = 6;
  const std::string_view rest = text.substr(std::min(furthest.place, text.size()));
  const std::string_view word = WordAt(rest);
  const std::string found = rest.empty()   ? "the end"
                            : word.empty() ? text::Quote(rest.substr(0, 1))
                                           : text::Quote(word);
  std::vector<std::string_view> wanted(furthest.wanted.begin(), furthest.wanted.end());
  std::string sentence = fmt::format("Here stands {}", found);
  if (wanted.empty()) {
    return {.place = furthest.place, .sentence = sentence + ", where nothing of SQL can."};
  }
  const std::string near =
      word.empty() ? ""
                   : text::DidYouMean(UpperCase(word), std::span<const std::string_view>(wanted));
  if (wanted.size() > kShown) {
    // Signs say little; words and what is no word at all come first.
    std::ranges::sort(wanted, {},
                      [](std::string_view each) { return std::pair(each.size() <= 2, each); });
    wanted.resize(kShown);
    sentence += fmt::format(", but SQL goes on with {} or the like.", fmt::join(wanted, ", "));
  } else {
    sentence += fmt::format(", but SQL goes on with {}.", fmt::join(wanted, " or "));
  }
  if (word.size() > 0 && g::IsReserved(word) && furthest.wanted.contains("a name")) {
    sentence += fmt::format(" A name that is a word of SQL stands in backticks: `{}`.", word);
  }
  return {.place = furthest.place, .sentence = sentence + near};
}

}  // namespace

std::string At(std::string_view text, Place place, std::string_view sentence) {
  place = std::min(place, text.size());
  const auto line = std::ranges::count(text.substr(0, place), '\n') + 1;
  const size_t begin = place == 0 ? 0 : text.rfind('\n', place - 1) + 1;
  const size_t end = std::min(text.find('\n', place), text.size());
  const std::string_view whole = text.substr(begin, end - begin);
  // Of a long line what is around the place.
  constexpr size_t kBefore = 60;
  constexpr size_t kShown = 90;
  const size_t skipped = place - begin > kBefore ? place - begin - kBefore : 0;
  std::string shown(whole.substr(skipped, kShown));
  std::ranges::replace(shown, '\t', ' ');
  const auto continues = [](char each) {
    return (static_cast<unsigned char>(each) & 0xC0U) == 0x80;
  };
  const std::string_view before = text.substr(begin + skipped, place - begin - skipped);
  const auto indent = before.size() - static_cast<size_t>(std::ranges::count_if(before, continues));
  const auto column = place - begin + 1;
  return fmt::format("sql:{}:{}: {}\n  {}\n  {}^", line, column, sentence, shown,
                     std::string(indent, ' '));
}

Checked<std::vector<Statement>> Parse(std::string_view text) {
  if (const std::optional<Mistake> depth = FindDepth(text)) {
    return std::unexpected(*depth);
  }
  pegtl::memory_input<> in(text.data(), text.size(), "sql");
  Furthest furthest;
  const auto root =
      pegtl::parse_tree::parse<g::script, Selector, pegtl::nothing, Control>(in, furthest);
  if (!root) {
    return std::unexpected(Describe(text, furthest));
  }
  std::vector<Statement> statements;
  for (const auto& child : root->children) {
    statements.push_back(StatementOf(*child));
  }
  return statements;
}

}  // namespace flinch::sql
