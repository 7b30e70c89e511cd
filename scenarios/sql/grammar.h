// The grammar of Flink's dialect in PEGTL; only the parser includes it.
//
// Tokens take the blanks and comments behind them. Each says what it is, so that a mistake can name
// what could have stood at the furthest place that was reached.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <tao/pegtl.hpp>

namespace flinch::sql::grammar {

namespace pegtl = tao::pegtl;

template <size_t kSize>
struct Text {
  std::array<char, kSize> chars{};

  consteval Text(const char (&text)[kSize]) {  // NOLINT: a literal is one
    std::copy_n(text, kSize, chars.begin());
  }

  constexpr std::string_view view() const { return {chars.data(), kSize - 1}; }
};

constexpr bool IsWordChar(char each) {
  return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
         (each >= '0' && each <= '9') || each == '_' || each == '$' ||
         static_cast<unsigned char>(each) >= 0x80;
}

constexpr char Upper(char each) {
  return each >= 'a' && each <= 'z' ? static_cast<char>(each - 'a' + 'A') : each;
}

template <typename Input>
std::string_view Rest(const Input& in) {
  return {in.current(), static_cast<size_t>(in.end() - in.current())};
}

// Blanks, `-- …` and `/* … */`.
inline size_t BlanksOf(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const std::string_view rest = text.substr(at);
    if (std::string_view(" \t\r\n\f\v").contains(rest.front())) {
      ++at;
    } else if (rest.starts_with("--")) {
      at += std::min(rest.find('\n'), rest.size());
    } else if (rest.starts_with("/*")) {
      const size_t end = rest.find("*/");
      at += end == std::string_view::npos ? rest.size() : end + 2;
    } else {
      break;
    }
  }
  return at;
}

inline bool StartsWithWord(std::string_view text, std::string_view word) {
  if (text.size() < word.size() || (text.size() > word.size() && IsWordChar(text[word.size()]))) {
    return false;
  }
  return std::ranges::equal(text.substr(0, word.size()), word,
                            [](char one, char other) { return Upper(one) == other; });
}

struct Token {
  using subs_t = pegtl::empty_list;
};

struct blanks : Token {
  using rule_t = blanks;

  template <typename Input>
  static bool match(Input& in) {
    in.bump(BlanksOf(Rest(in)));
    return true;
  }
};

// A keyword in either case.
template <Text kText>
struct word : Token {
  using rule_t = word;
  static constexpr std::string_view kExpected = kText.view();

  template <typename Input>
  static bool match(Input& in) {
    const std::string_view rest = Rest(in);
    if (!StartsWithWord(rest, kText.view())) {
      return false;
    }
    in.bump(kText.view().size() + BlanksOf(rest.substr(kText.view().size())));
    return true;
  }
};

template <Text kText>
struct sign : Token {
  using rule_t = sign;
  static constexpr std::string_view kExpected = kText.view();

  template <typename Input>
  static bool match(Input& in) {
    const std::string_view rest = Rest(in);
    if (!rest.starts_with(kText.view())) {
      return false;
    }
    in.bump(kText.view().size() + BlanksOf(rest.substr(kText.view().size())));
    return true;
  }
};

// Words that end an expression or a table, and so can be no name without backticks.
inline constexpr auto kReserved = std::to_array<std::string_view>(
    {"ALL",   "AND",    "AS",       "ASC",   "BETWEEN", "BY",     "CASE",      "CAST",     "CREATE",
     "CROSS", "DESC",   "DISTINCT", "ELSE",  "END",     "EXCEPT", "EXISTS",    "FALSE",    "FROM",
     "FULL",  "GROUP",  "HAVING",   "IN",    "INNER",   "INSERT", "INTERSECT", "INTERVAL", "INTO",
     "IS",    "JOIN",   "LEFT",     "LIKE",  "LIMIT",   "NOT",    "NULL",      "OFFSET",   "ON",
     "OR",    "ORDER",  "OVER",     "RIGHT", "SELECT",  "TABLE",  "THEN",      "TRUE",     "UNION",
     "USING", "VALUES", "WHEN",     "WHERE", "WITH"});

inline bool IsReserved(std::string_view name) {
  return std::ranges::any_of(kReserved,
                             [name](std::string_view word) { return StartsWithWord(name, word); });
}

// `name` or name, without what is behind it.
struct name_text : Token {
  using rule_t = name_text;
  static constexpr std::string_view kExpected = "a name";

  template <typename Input>
  static bool match(Input& in) {
    const std::string_view rest = Rest(in);
    if (rest.starts_with('`')) {
      const size_t end = rest.find('`', 1);
      if (end == std::string_view::npos || end == 1) {
        return false;
      }
      in.bump(end + 1);
      return true;
    }
    const auto end = std::ranges::find_if_not(rest, IsWordChar);
    const auto size = static_cast<size_t>(end - rest.begin());
    if (size == 0 || (rest.front() >= '0' && rest.front() <= '9') || IsReserved(rest)) {
      return false;
    }
    in.bump(size);
    return true;
  }
};

// A function may have a name that is reserved elsewhere: LEFT(…), RIGHT(…).
struct function_name : Token {
  using rule_t = function_name;
  static constexpr std::string_view kExpected = "a function";

  template <typename Input>
  static bool match(Input& in) {
    const std::string_view rest = Rest(in);
    const bool may_be_called =
        StartsWithWord(rest, "LEFT") || StartsWithWord(rest, "RIGHT") || !IsReserved(rest);
    const auto end = std::ranges::find_if_not(rest, IsWordChar);
    const auto size = static_cast<size_t>(end - rest.begin());
    if (size == 0 || (rest.front() >= '0' && rest.front() <= '9') || !may_be_called ||
        !rest.substr(size + BlanksOf(rest.substr(size))).starts_with('(')) {
      return false;
    }
    in.bump(size);
    return true;
  }
};

// 'it''s'
struct text_text : Token {
  using rule_t = text_text;
  static constexpr std::string_view kExpected = "a text in single quotes";

  template <typename Input>
  static bool match(Input& in) {
    const std::string_view rest = Rest(in);
    if (!rest.starts_with('\'')) {
      return false;
    }
    for (size_t at = 1; at < rest.size(); ++at) {
      if (rest[at] != '\'') {
        continue;
      }
      if (!rest.substr(at + 1).starts_with('\'')) {
        in.bump(at + 1);
        return true;
      }
      ++at;
    }
    return false;
  }
};

struct number_text : Token {
  using rule_t = number_text;
  static constexpr std::string_view kExpected = "a number";

  template <typename Input>
  static bool match(Input& in) {
    const std::string_view rest = Rest(in);
    constexpr std::string_view kDigits = "0123456789";
    const auto digits = [&](size_t at) {
      return std::min(rest.find_first_not_of(kDigits, at), rest.size());
    };
    size_t end = digits(0);
    bool any = end > 0;
    if (end < rest.size() && rest[end] == '.') {
      const size_t point = end;
      end = digits(point + 1);
      any = any || end > point + 1;
    }
    if (!any) {
      return false;
    }
    if (end < rest.size() && Upper(rest[end]) == 'E') {
      const size_t sign = end + 1 < rest.size() && (rest[end + 1] == '-' || rest[end + 1] == '+');
      if (digits(end + 1 + sign) > end + 1 + sign) {
        end = digits(end + 1 + sign);
      }
    }
    if (end < rest.size() && IsWordChar(rest[end])) {
      return false;
    }
    in.bump(end);
    return true;
  }
};

template <typename... Rules>
using seq = pegtl::seq<Rules...>;
template <typename... Rules>
using sor = pegtl::sor<Rules...>;
template <typename... Rules>
using opt = pegtl::opt<Rules...>;
template <typename... Rules>
using star = pegtl::star<Rules...>;
template <typename Rule>
using commas = pegtl::list<Rule, sign<",">>;
template <typename... Rules>
using parens = seq<sign<"(">, Rules..., sign<")">>;

struct name : seq<name_text, blanks> {};

struct text : seq<text_text, blanks> {};

struct number : seq<number_text, blanks> {};

struct expr;
struct query;

// ---- Types

struct type_number : seq<number_text, blanks> {};

struct zone : sor<seq<word<"WITH">, opt<word<"LOCAL">>, word<"TIME">, word<"ZONE">>,
                  seq<word<"WITHOUT">, word<"TIME">, word<"ZONE">>> {};

struct type_word : seq<name_text, blanks> {};

struct type : seq<type_word, opt<parens<commas<type_number>>>, opt<zone>> {};

// ---- Expressions

struct column : seq<name, star<sign<".">, name>> {};

struct unit : seq<name_text, blanks> {};

struct true_word : word<"TRUE"> {};

struct false_word : word<"FALSE"> {};

struct null_word : word<"NULL"> {};

struct unit_to : seq<word<"TO">, unit> {};

struct interval
    : seq<word<"INTERVAL">, opt<sign<"-">>, text, unit, opt<parens<type_number>>, opt<unit_to>> {};

struct typed_word : sor<word<"TIMESTAMP">, word<"DATE">, word<"TIME">> {};

struct typed_text : seq<typed_word, pegtl::at<text>, text> {};

struct case_operand : seq<pegtl::not_at<word<"WHEN">>, expr> {};

struct case_when : seq<word<"WHEN">, expr, word<"THEN">, expr> {};

struct case_else : seq<word<"ELSE">, expr> {};

struct case_expr
    : seq<word<"CASE">, opt<case_operand>, pegtl::plus<case_when>, opt<case_else>, word<"END">> {};

struct cast_word : sor<word<"CAST">, word<"TRY_CAST">> {};

struct cast : seq<cast_word, parens<expr, word<"AS">, type>> {};

struct extract : seq<word<"EXTRACT">, parens<unit, word<"FROM">, expr>> {};

struct substring_tail
    : sor<seq<word<"FROM">, expr, opt<word<"FOR">, expr>>, seq<sign<",">, commas<expr>>> {};

struct substring : seq<word<"SUBSTRING">, parens<expr, substring_tail>> {};

struct trim_where : sor<word<"BOTH">, word<"LEADING">, word<"TRAILING">> {};

struct trim_of : seq<opt<trim_where>, opt<pegtl::not_at<word<"FROM">>, expr>, word<"FROM">, expr> {
};

struct trim : seq<word<"TRIM">, parens<sor<trim_of, expr>>> {};
struct add_expr;

struct position : seq<word<"POSITION">, parens<add_expr, word<"IN">, expr>> {};

struct floor_word : sor<word<"FLOOR">, word<"CEIL">, word<"CEILING">> {};

struct floor_to : seq<floor_word, parens<expr, word<"TO">, unit>> {};

struct unit_call_word : sor<word<"TIMESTAMPDIFF">, word<"TIMESTAMPADD">> {};

struct unit_call : seq<unit_call_word, parens<unit, sign<",">, commas<expr>>> {};

struct distinct_word : word<"DISTINCT"> {};

struct star_arg : sign<"*"> {};

struct descending : word<"DESC"> {};

struct nulls_first : seq<word<"NULLS">, word<"FIRST">> {};

struct nulls_last : seq<word<"NULLS">, word<"LAST">> {};

struct order_item
    : seq<expr, opt<sor<descending, word<"ASC">>>, opt<sor<nulls_first, nulls_last>>> {};

struct order_by : seq<word<"ORDER">, word<"BY">, commas<order_item>> {};

struct partition_by : seq<word<"PARTITION">, word<"BY">, sor<parens<commas<expr>>, commas<expr>>> {
};

struct frame_bound : sor<seq<word<"UNBOUNDED">, sor<word<"PRECEDING">, word<"FOLLOWING">>>,
                         seq<word<"CURRENT">, word<"ROW">>,
                         seq<add_expr, sor<word<"PRECEDING">, word<"FOLLOWING">>>> {};

struct frame : seq<sor<word<"ROWS">, word<"RANGE">>,
                   sor<seq<word<"BETWEEN">, frame_bound, word<"AND">, frame_bound>, frame_bound>> {
};

struct over : seq<word<"OVER">, parens<opt<partition_by>, opt<order_by>, opt<frame>>> {};

struct filter : seq<word<"FILTER">, parens<word<"WHERE">, expr>> {};

struct descriptor : seq<word<"DESCRIPTOR">, parens<name>> {};

struct parameter : seq<name, sign<"=>">> {};

// What follows its commas may be the next argument.
struct partition_column : seq<pegtl::not_at<word<"DESCRIPTOR">>, pegtl::not_at<parameter>, column> {
};

struct table_partition
    : seq<word<"PARTITION">, word<"BY">, sor<parens<commas<column>>, commas<partition_column>>> {};

struct table_arg : seq<word<"TABLE">, column, opt<table_partition>> {};

struct argument : seq<opt<parameter>, sor<table_arg, descriptor, expr>> {};

struct arguments : seq<opt<distinct_word>, sor<star_arg, commas<argument>>> {};

struct call : seq<function_name, blanks, parens<opt<arguments>>, opt<filter>, opt<over>> {};

struct bare_call
    : seq<sor<word<"CURRENT_TIMESTAMP">, word<"LOCALTIMESTAMP">, word<"CURRENT_DATE">>> {};

struct subquery : parens<pegtl::at<sor<word<"SELECT">, word<"VALUES">, word<"WITH">>>, query> {};

struct exists : seq<word<"EXISTS">, subquery> {};

struct scalar_query : seq<subquery> {};

struct primary : sor<interval, case_expr, cast, extract, substring, trim, position, floor_to,
                     unit_call, exists, call, typed_text, bare_call, true_word, false_word,
                     null_word, column, text, number, scalar_query, parens<expr>> {};

struct minus : sign<"-"> {};

struct unary : sor<seq<minus, unary>, seq<sign<"+">, unary>, primary> {};

struct multiply_op : sor<sign<"*">, sign<"/">, sign<"%">> {};

struct multiply_expr : seq<unary, star<multiply_op, unary>> {};

struct add_op : sor<sign<"||">, sign<"+">, seq<pegtl::not_at<pegtl::string<'-', '-'>>, sign<"-">>> {
};

struct add_expr : seq<multiply_expr, star<add_op, multiply_expr>> {};

struct not_word : word<"NOT"> {};

struct compare_op
    : sor<sign<"<=">, sign<">=">, sign<"<>">, sign<"!=">, sign<"=">, sign<"<">, sign<">">> {};

struct compare : seq<compare_op, add_expr> {};

struct between_kind : sor<word<"SYMMETRIC">, word<"ASYMMETRIC">> {};

struct between
    : seq<opt<not_word>, word<"BETWEEN">, opt<between_kind>, add_expr, word<"AND">, add_expr> {};

struct in_query : seq<opt<not_word>, word<"IN">, subquery> {};

struct in_list : seq<opt<not_word>, word<"IN">, parens<commas<expr>>> {};

struct escape : seq<word<"ESCAPE">, add_expr> {};

struct like : seq<opt<not_word>, word<"LIKE">, add_expr, opt<escape>> {};

struct is_what : sor<word<"NULL">, word<"TRUE">, word<"FALSE">, word<"UNKNOWN">> {};

struct is : seq<word<"IS">, opt<not_word>, is_what> {};

struct is_distinct : seq<word<"IS">, opt<not_word>, word<"DISTINCT">, word<"FROM">, add_expr> {};

struct predicate
    : seq<add_expr, star<sor<compare, between, in_query, in_list, like, is, is_distinct>>> {};

struct not_expr : sor<seq<not_word, not_expr>, predicate> {};

struct and_expr : seq<not_expr, star<word<"AND">, not_expr>> {};

struct or_expr : seq<and_expr, star<word<"OR">, and_expr>> {};

struct expr : seq<or_expr> {};

// ---- Queries

struct alias : seq<opt<word<"AS">>, name> {};

struct name_star : seq<name, sign<".">, sign<"*">> {};

struct plain_star : sign<"*"> {};

struct item : sor<plain_star, name_star, seq<expr, opt<alias>>> {};

struct items : commas<item> {};

struct distinct_select : word<"DISTINCT"> {};

struct alias_columns : parens<commas<name>> {};

struct table_alias : seq<opt<word<"AS">>, name, opt<alias_columns>> {};

struct table_function : seq<function_name, blanks, parens<opt<arguments>>> {};

struct wrapped_function : seq<word<"TABLE">, parens<table_function>> {};

struct values_row : sor<parens<commas<expr>>, expr> {};

struct values : seq<word<"VALUES">, commas<values_row>> {};

struct values_table : parens<values> {};

struct derived : seq<subquery> {};

struct named_table : seq<column> {};
struct table_joins;

struct nested_joins : parens<table_joins> {};

struct table_primary
    : seq<sor<wrapped_function, table_function, values_table, derived, nested_joins, named_table>,
          opt<table_alias>> {};

struct left_word : seq<word<"LEFT">, opt<word<"OUTER">>> {};

struct right_word : seq<word<"RIGHT">, opt<word<"OUTER">>> {};

struct full_word : seq<word<"FULL">, opt<word<"OUTER">>> {};

struct inner_word : word<"INNER"> {};

struct cross_word : word<"CROSS"> {};

struct on : seq<word<"ON">, expr> {};

struct using_names : seq<word<"USING">, parens<commas<name>>> {};

struct join : sor<seq<cross_word, word<"JOIN">, table_primary>,
                  seq<opt<sor<left_word, right_word, full_word, inner_word>>, word<"JOIN">,
                      table_primary, sor<on, using_names>>> {};

struct table_joins : seq<table_primary, star<join>> {};

struct from : seq<word<"FROM">, commas<table_joins>> {};

struct where : seq<word<"WHERE">, expr> {};

struct empty_group : seq<sign<"(">, sign<")">> {};

struct group_by : seq<word<"GROUP">, word<"BY">, sor<empty_group, commas<expr>>> {};

struct having : seq<word<"HAVING">, expr> {};

struct select : seq<word<"SELECT">, opt<sor<distinct_select, word<"ALL">>>, items, opt<from>,
                    opt<where>, opt<group_by>, opt<having>> {};

struct nested_query : parens<query> {};

struct core : sor<select, values, nested_query> {};

struct union_all : seq<word<"UNION">, word<"ALL">> {};

struct union_distinct : seq<word<"UNION">, opt<word<"DISTINCT">>> {};

struct intersect : word<"INTERSECT"> {};

struct except : word<"EXCEPT"> {};

struct set_op : sor<union_all, union_distinct, intersect, except> {};

struct limit : seq<word<"LIMIT">, number> {};

struct offset : seq<word<"OFFSET">, number, opt<sor<word<"ROWS">, word<"ROW">>>> {};

struct fetch : seq<word<"FETCH">, sor<word<"FIRST">, word<"NEXT">>, number,
                   sor<word<"ROWS">, word<"ROW">>, word<"ONLY">> {};

struct with_item : seq<name, word<"AS">, subquery> {};

struct with : seq<word<"WITH">, commas<with_item>> {};

struct query
    : seq<opt<with>, core, star<set_op, core>, opt<order_by>, opt<limit>, opt<offset>, opt<fetch>> {
};

// ---- Statements

struct comment : seq<word<"COMMENT">, text> {};

struct not_null : seq<word<"NOT">, word<"NULL">> {};

struct column_key : seq<word<"PRIMARY">, word<"KEY">, opt<word<"NOT">, word<"ENFORCED">>> {};

struct metadata : seq<word<"METADATA">, opt<word<"FROM">, text>, opt<word<"VIRTUAL">>> {};

struct computed : seq<name, word<"AS">, expr, opt<comment>> {};

struct physical : seq<name, type, star<sor<metadata, not_null, null_word, column_key, comment>>> {};

struct watermark : seq<word<"WATERMARK">, word<"FOR">, name, word<"AS">, expr> {};

struct table_key : seq<opt<word<"CONSTRAINT">, name>, word<"PRIMARY">, word<"KEY">, alias_columns,
                       opt<word<"NOT">, word<"ENFORCED">>> {};

struct element : sor<watermark, table_key, computed, physical> {};

struct option_pair : seq<text, sign<"=">, text> {};

struct options : seq<word<"WITH">, parens<commas<option_pair>>> {};

struct temporary : sor<word<"TEMPORARY">> {};

struct if_not_exists : seq<word<"IF">, word<"NOT">, word<"EXISTS">> {};

struct partitioned : seq<word<"PARTITIONED">, word<"BY">, parens<commas<name>>> {};

struct create_table : seq<word<"CREATE">, opt<temporary>, word<"TABLE">, opt<if_not_exists>, column,
                          parens<commas<element>>, opt<comment>, opt<partitioned>, opt<options>> {};

struct create_view : seq<word<"CREATE">, opt<temporary>, word<"VIEW">, opt<if_not_exists>, column,
                         opt<alias_columns>, opt<comment>, word<"AS">, query> {};

struct insert : seq<word<"INSERT">, word<"INTO">, column, opt<alias_columns>, query> {};

struct set : seq<word<"SET">, text, sign<"=">, text> {};

struct query_statement : seq<query> {};

struct statement : sor<create_table, create_view, insert, set, query_statement> {};

struct begin_set : sor<seq<word<"EXECUTE">, word<"STATEMENT">, word<"SET">, word<"BEGIN">>,
                       seq<word<"BEGIN">, word<"STATEMENT">, word<"SET">, sign<";">>> {};

struct separated : seq<opt<begin_set>, statement, sor<sign<";">, pegtl::at<pegtl::eof>>,
                       opt<word<"END">, opt<sign<";">>>> {};

struct script : seq<blanks, star<sign<";">>, pegtl::plus<separated, star<sign<";">>>, pegtl::eof> {
};

}  // namespace flinch::sql::grammar
