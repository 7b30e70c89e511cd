#include "scenarios/sql/bind_expr.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "scenarios/sql/bind_operators.h"
#include "scenarios/sql/civil.h"
#include "scenarios/sql/functions.h"
#include "sim/text/text.h"

namespace flinch::sql {

namespace {

// Which there are in Flink and cannot be here, with the reason.
struct Refused {
  std::string_view name;
  std::string_view why;
};

constexpr auto kRefused = std::to_array<Refused>({
    {"PROCTIME", "it differs from run to run; use the time of the rows"},
    {"NOW", "it differs from run to run; use the time of the rows"},
    {"CURRENT_TIMESTAMP", "it differs from run to run; use the time of the rows"},
    {"LOCALTIMESTAMP", "it differs from run to run; use the time of the rows"},
    {"CURRENT_DATE", "it differs from run to run; use the time of the rows"},
    {"RAND", "it differs from run to run"},
    {"UUID", "it differs from run to run"},
    {"FIRST_VALUE", "the order of arrival decides it; use MIN, or ROW_NUMBER with ORDER BY"},
    {"LAST_VALUE", "the order of arrival decides it; use MAX, or ROW_NUMBER with ORDER BY"},
    {"LISTAGG", "the order of arrival decides it"},
    {"COLLECT", "there are no multisets here"},
    {"CURRENT_WATERMARK", "it differs from run to run"},
});

constexpr std::string_view kWindowCalls[] = {"TUMBLE", "HOP", "SESSION", "CUMULATE"};

constexpr std::string_view kGenericCalls[] = {
    "ABS",      "SIGN",          "FLOOR",        "CEIL",      "CEILING", "ROUND",
    "TRUNCATE", "MOD",           "COALESCE",     "NULLIF",    "IFNULL",  "IF",
    "GREATEST", "LEAST",         "EXTRACT",      "YEAR",      "QUARTER", "MONTH",
    "WEEK",     "DAYOFYEAR",     "DAYOFMONTH",   "DAYOFWEEK", "HOUR",    "MINUTE",
    "SECOND",   "TIMESTAMPDIFF", "TIMESTAMPADD", "FLOOR TO",  "CEIL TO", "ISNULL"};

Checked<Typed> UnknownFunction(const Expr& expr) {
  const auto refused = std::ranges::find(kRefused, expr.word, &Refused::name);
  if (refused != kRefused.end()) {
    return Wrong(expr.place, fmt::format("{} is not here: {}.", expr.word, refused->why));
  }
  for (const std::string_view window : kWindowCalls) {
    if (expr.word.starts_with(window)) {
      return Wrong(expr.place,
                   fmt::format("{} belongs to a GROUP BY with {}(time, size), whose arguments are "
                               "the same.",
                               expr.word, window));
    }
  }
  std::vector<std::string_view> names(std::begin(kGenericCalls), std::end(kGenericCalls));
  for (const Function& function : Functions()) {
    names.push_back(function.name);
  }
  for (const std::string_view name : {"COUNT", "SUM", "AVG", "MIN", "MAX"}) {
    names.push_back(name);
  }
  return Wrong(expr.place,
               fmt::format("There is no function {}.{}", expr.word,
                           text::DidYouMean(expr.word, std::span<const std::string_view>(names))));
}

Type TypeOfLetter(char letter) {
  switch (letter) {
    case 'I':
      return kBigint;
    case 'N':
      return kInteger;
    case 'D':
      return kDouble;
    case 'S':
      return kTimestamp;
    case 'B':
      return kBoolean;
    default:
      return kText;
  }
}

bool Accepts(Type wanted, Type given) {
  if (given.kind == TypeKind::kNull) {
    return true;
  }
  if (wanted.kind == TypeKind::kDouble) {
    return IsNumeric(given);
  }
  return wanted.kind == given.kind || (IsWhole(wanted) && IsWhole(given)) ||
         (wanted.kind == TypeKind::kTimestamp && given.kind == TypeKind::kDate);
}

// The letters of a signature without its marks, and how many arguments must be there.
struct Signature {
  std::string letters;
  size_t least = 0;
  bool repeats = false;
};

Signature SignatureOf(const Function& function) {
  Signature signature;
  bool may_be_absent = false;
  for (const char letter : function.takes) {
    if (letter == '|') {
      may_be_absent = true;
    } else if (letter == '*') {
      signature.repeats = true;
    } else {
      signature.letters += letter;
      signature.least += may_be_absent ? 0 : 1;
    }
  }
  return signature;
}

Checked<Typed> ApplyFunction(const Function& function, const Expr& expr, std::vector<Typed> args) {
  const Signature signature = SignatureOf(function);
  if (args.size() < signature.least ||
      (!signature.repeats && args.size() > signature.letters.size())) {
    return Wrong(expr.place,
                 fmt::format("{} takes {}{} argument{}, and not {}.", expr.word, signature.least,
                             signature.repeats ? " or more"
                             : signature.letters.size() > signature.least
                                 ? fmt::format(" to {}", signature.letters.size())
                                 : "",
                             signature.letters.size() == 1 ? "" : "s", args.size()));
  }
  for (size_t i = 0; i < args.size(); ++i) {
    const Type wanted = TypeOfLetter(signature.letters[std::min(i, signature.letters.size() - 1)]);
    if (!Accepts(wanted, args[i].type)) {
      return Wrong(args[i].place,
                   fmt::format("Argument {} of {} is {}, but should be {}: write a CAST.", i + 1,
                               expr.word, ShowType(args[i].type), ShowType(wanted)));
    }
    if (wanted.kind != TypeKind::kTimestamp || args[i].type.kind != TypeKind::kTimestamp) {
      args[i] = CastTo(std::move(args[i]), wanted);
    }
  }
  Type type = TypeOfLetter(function.gives);
  type.is_local = function.name == "TO_TIMESTAMP_LTZ";
  return Typed{.op = Op::kCall,
               .type = type,
               .args = std::move(args),
               .function = &function,
               .place = expr.place};
}

}  // namespace

Checked<size_t> FindColumn(std::span<const Column> columns, const std::vector<std::string>& name,
                           Place place) {
  std::optional<size_t> found;
  for (size_t i = 0; i < columns.size(); ++i) {
    const bool is_meant = columns[i].name == name.back() &&
                          (name.size() < 2 || columns[i].qualifier == name[name.size() - 2]);
    if (is_meant && found) {
      return Wrong(place, fmt::format("There are two columns {}: say of which table, {}.{} or "
                                      "{}.{}.",
                                      name.back(), columns[*found].qualifier, name.back(),
                                      columns[i].qualifier, name.back()));
    }
    found = is_meant ? std::optional(i) : found;
  }
  if (found) {
    return *found;
  }
  std::vector<std::string> names;
  std::set<std::string> qualifiers;
  for (const Column& column : columns) {
    names.push_back(name.size() < 2 ? column.name : column.qualifier + "." + column.name);
    qualifiers.insert(column.qualifier);
  }
  const std::string wanted = fmt::format("{}", fmt::join(name, "."));
  if (name.size() > 1 && !qualifiers.contains(name[name.size() - 2])) {
    const std::vector<std::string> known(qualifiers.begin(), qualifiers.end());
    return Wrong(place, fmt::format("There is no table {} here; there is {}.{}",
                                    name[name.size() - 2], fmt::join(known, ", "),
                                    text::DidYouMean(name[name.size() - 2],
                                                     std::span<const std::string>(known))));
  }
  return Wrong(place,
               fmt::format("There is no column {}; there is {}.{}", wanted,
                           names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")),
                           text::DidYouMean(wanted, std::span<const std::string>(names))));
}

bool IsAggregateName(std::string_view word) {
  return word == "COUNT" || word == "SUM" || word == "AVG" || word == "MIN" || word == "MAX";
}

Checked<Typed> ExprBinder::Bind(const Expr& expr) const {
  if (resolve_) {
    Checked<std::optional<Typed>> resolved = resolve_(expr);
    if (!resolved) {
      return Wrong(resolved);
    }
    if (*resolved) {
      return **std::move(resolved);
    }
  }
  switch (expr.kind) {
    case ExprKind::kLiteral:
      return Constant(expr.value, expr.type, expr.place);
    case ExprKind::kColumn:
      return BindColumn(expr);
    case ExprKind::kOperator:
      return BindOperator(expr);
    case ExprKind::kCall:
      return BindCall(expr);
    case ExprKind::kCast: {
      Checked<Typed> arg = Bind(expr.args[0]);
      const Checked<Type> type = TypeFrom(expr.type_name);
      if (!arg || !type) {
        return arg ? Wrong(type) : Wrong(arg);
      }
      return ExplicitCast(*std::move(arg), *type, expr);
    }
    case ExprKind::kStar:
      return Wrong(expr.place, "A * stands in a select list or in COUNT(*) only.");
    case ExprKind::kInQuery:
    case ExprKind::kExists:
      return Wrong(expr.place,
                   "A query stands here within an expression: only WHERE column IN (SELECT …), "
                   "joined to others by AND, is here. Write a join.");
    default:
      return Wrong(expr.place, "This is an argument of TUMBLE, HOP, CUMULATE and SESSION only.");
  }
}

Checked<Typed> ExprBinder::BindCondition(const Expr& expr, const std::string& what) const {
  Checked<Typed> condition = Bind(expr);
  if (condition && condition->type.kind != TypeKind::kBoolean &&
      condition->type.kind != TypeKind::kNull) {
    return Wrong(expr.place, fmt::format("{} needs a condition, and this is {}.", what,
                                         ShowType(condition->type)));
  }
  return condition ? CastTo(*std::move(condition), kBoolean) : std::move(condition);
}

Checked<Typed> ExprBinder::BindColumn(const Expr& expr) const {
  const Checked<size_t> index = FindColumn(columns_, expr.name, expr.place);
  if (!index) {
    return Wrong(index);
  }
  return ColumnAt(*index, columns_[*index].type, expr.place);
}

Checked<std::vector<Typed>> ExprBinder::BindAll(std::span<const Expr> exprs) const {
  std::vector<Typed> bound;
  for (const Expr& expr : exprs) {
    Checked<Typed> one = Bind(expr);
    if (!one) {
      return Wrong(one);
    }
    bound.push_back(*std::move(one));
  }
  return bound;
}

Checked<Typed> ExprBinder::BindOperator(const Expr& expr) const {
  Checked<std::vector<Typed>> args = BindAll(expr.args);
  return args ? ApplyOperator(expr, *std::move(args)) : Wrong(args);
}

Checked<Typed> ExprBinder::BindCall(const Expr& expr) const {
  if (!expr.over.empty()) {
    return Wrong(expr.place, expr.word == "ROW_NUMBER"
                                 ? "ROW_NUMBER() OVER (…) stands in a select list by itself, with "
                                   "a name."
                                 : "OVER is here with ROW_NUMBER() alone.");
  }
  if (IsAggregateName(expr.word)) {
    return Wrong(
        expr.place,
        fmt::format("{} cannot stand here: aggregates stand in SELECT and HAVING.", expr.word));
  }
  Checked<std::vector<Typed>> args = BindAll(expr.args);
  if (!args) {
    return Wrong(args);
  }
  Checked<std::optional<Typed>> special = ApplySpecialCall(expr, *args);
  if (!special) {
    return Wrong(special);
  }
  if (*special) {
    return **std::move(special);
  }
  const Function* const function = FindFunction(expr.word);
  return function == nullptr ? UnknownFunction(expr)
                             : ApplyFunction(*function, expr, *std::move(args));
}

}  // namespace flinch::sql
