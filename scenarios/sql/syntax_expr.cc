#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "scenarios/sql/grammar.h"
#include "scenarios/sql/syntax.h"
#include "sim/check.h"

namespace flinch::sql {

namespace {

namespace g = grammar;

Expr Make(ExprKind kind, const Node& node, std::string word = {}) {
  return {.kind = kind, .place = PlaceOf(node), .word = std::move(word)};
}

Expr Operator(const Node& node, std::string word, std::vector<Expr> args) {
  Expr made = Make(ExprKind::kOperator, node, std::move(word));
  made.args = std::move(args);
  return made;
}

Expr Call(const Node& node, std::string word, std::vector<Expr> args) {
  Expr made = Make(ExprKind::kCall, node, std::move(word));
  made.args = std::move(args);
  return made;
}

Expr Literal(const Node& node, Value value, Type type) {
  Expr made = Make(ExprKind::kLiteral, node);
  made.value = std::move(value);
  made.type = type;
  return made;
}

Expr TextLiteral(const Node& node, std::string text) {
  return Literal(node, Value(std::move(text)), kText);
}

// 1 is INT, 3000000000 BIGINT, 1.50 DECIMAL(3, 2), 1e3 DOUBLE.
Expr NumberOf(const Node& node) {
  const std::string text(node.string_view());
  if (text.find_first_of("eE") != std::string::npos) {
    return Literal(node, *ParseValue(text, kDouble), kDouble);
  }
  const size_t point = text.find('.');
  if (point == std::string::npos) {
    const sim::Result<Value> whole = ParseValue(text, kBigint);
    if (whole) {
      const bool is_small = std::get<int64_t>(*whole) <= std::numeric_limits<int32_t>::max();
      return Literal(node, *whole, is_small ? kInteger : kBigint);
    }
  }
  const int scale = point == std::string::npos ? 0 : static_cast<int>(text.size() - point - 1);
  const std::optional<Decimal> decimal =
      scale > kDecimalDigitsMax ? std::nullopt : ParseDecimal(text, scale);
  if (!decimal) {  // too many digits for anything exact
    return Literal(node, ParseValue(text, kDouble).value_or(Value(0.0)), kDouble);
  }
  return Literal(node, *decimal, DecimalType(std::max(CountDigits(decimal->units), scale), scale));
}

Expr IntervalOf(const Node& node) {
  Expr made = Make(ExprKind::kOperator, node, "INTERVAL");
  bool is_negative = node.string_view().find('-') < node.string_view().find('\'');
  for (const auto& child : node.children) {
    if (child->is_type<g::text_text>()) {
      made.args.push_back(TextLiteral(*child, TextOf(*child)));
    } else if (child->is_type<g::unit>()) {
      made.name.push_back(UpperCase(NameOf(*child)));
    } else if (child->is_type<g::unit_to>()) {
      made.name.push_back(UpperCase(NameOf(*child->children.front())));
    }
  }
  made.is_negated = is_negative;
  return made;
}

std::vector<Expr> ExprsOf(const Node& node) {
  std::vector<Expr> exprs;
  for (const auto& child : node.children) {
    exprs.push_back(ExprOf(*child));
  }
  return exprs;
}

// a op b op c, from the left.
Expr LeftToRight(const Node& node) {
  Expr left = ExprOf(*node.children.front());
  for (size_t i = 1; i + 1 < node.children.size(); i += 2) {
    const Node& op = *node.children[i];
    std::string word(op.string_view().substr(0, op.string_view().starts_with("||") ? 2 : 1));
    std::vector<Expr> args;
    args.push_back(std::move(left));
    args.push_back(ExprOf(*node.children[i + 1]));
    left = Operator(op, std::move(word), std::move(args));
  }
  return left;
}

// AND and OR of any number.
Expr Joined(const Node& node, const char* word) {
  return Operator(*node.children.front(), word, ExprsOf(node));
}

Expr CaseOf(const Node& node) {
  // args: when, then, when, then, …, else. With an operand each `when` becomes a comparison.
  Expr made = Make(ExprKind::kOperator, node, "CASE");
  std::optional<Expr> operand;
  bool has_else = false;
  for (const auto& child : node.children) {
    if (child->is_type<g::case_operand>()) {
      operand = ExprOf(*child->children.front());
      continue;
    }
    std::vector<Expr> parts = ExprsOf(*child);
    if (child->is_type<g::case_when>() && operand) {
      Expr when = Operator(*child, "=", {*operand, std::move(parts.front())});
      parts.front() = std::move(when);
    }
    has_else = has_else || child->is_type<g::case_else>();
    std::ranges::move(parts, std::back_inserter(made.args));
  }
  if (!has_else) {
    made.args.push_back(Literal(node, Value(), Type{}));
  }
  return made;
}

std::string WordOf(const Node& node) {
  const std::string_view text = node.string_view();
  const auto end = std::ranges::find_if_not(text, g::IsWordChar);
  return UpperCase(text.substr(0, static_cast<size_t>(end - text.begin())));
}

// A comparison and the like, whose left operand stands before it.
Expr PredicateOf(const Node& node, Expr left) {
  std::string word;
  bool is_negated = false;
  Expr made = Make(ExprKind::kOperator, node);
  made.args.push_back(std::move(left));
  for (const auto& child : node.children) {
    if (child->is_type<g::not_word>()) {
      is_negated = true;
    } else if (child->is_type<g::compare_op>()) {
      const std::string_view text = child->string_view();
      const size_t size = text.size() > 1 && std::string_view("=>").contains(text[1]) ? 2 : 1;
      word = text.substr(0, size) == "!=" ? "<>" : std::string(text.substr(0, size));
      made.place = PlaceOf(*child);
    } else if (child->is_type<g::is_what>()) {
      word = "IS " + WordOf(*child);
    } else if (child->is_type<g::between_kind>()) {
      made.is_distinct = WordOf(*child) == "SYMMETRIC";
    } else if (child->is_type<g::escape>()) {
      made.args.push_back(ExprOf(*child->children.front()));
    } else if (child->is_type<g::subquery>()) {
      made.query.push_back(QueryOf(*child->children.front()));
    } else {
      made.args.push_back(ExprOf(*child));
    }
  }
  made.is_negated = is_negated;
  made.word = node.is_type<g::between>()       ? "BETWEEN"
              : node.is_type<g::in_list>()     ? "IN"
              : node.is_type<g::like>()        ? "LIKE"
              : node.is_type<g::is_distinct>() ? "IS DISTINCT FROM"
                                               : word;
  if (node.is_type<g::in_query>()) {
    made.kind = ExprKind::kInQuery;
  }
  return made;
}

Over OverOf(const Node& node) {
  Over over;
  for (const auto& child : node.children) {
    if (child->is_type<g::partition_by>()) {
      over.partition = ExprsOf(*child);
    } else if (child->is_type<g::frame>()) {
      over.has_frame = true;
    } else {
      for (const auto& item : child->children) {
        OrderItem& order = over.order.emplace_back();
        order.expr = ExprOf(*item->children.front());
        for (const auto& more : item->children) {
          order.is_descending = order.is_descending || more->is_type<g::descending>();
          if (more->is_type<g::nulls_first>() || more->is_type<g::nulls_last>()) {
            order.nulls_last = more->is_type<g::nulls_last>();
          }
        }
      }
    }
  }
  return over;
}

Expr CallOf(const Node& node) {
  Expr made = Make(ExprKind::kCall, node);
  for (const auto& child : node.children) {
    if (child->is_type<g::function_name>()) {
      made.word = UpperCase(NameOf(*child));
    } else if (child->is_type<g::arguments>()) {
      made.args = ArgumentsOf(*child, made);
    } else if (child->is_type<g::filter>()) {
      made.filter.push_back(ExprOf(*child->children.front()));
    } else if (child->is_type<g::over>()) {
      made.over.push_back(OverOf(*child));
    }
  }
  return made;
}

Expr CastOf(const Node& node) {
  Expr made = Make(ExprKind::kCast, node, WordOf(*node.children.at(0)));
  made.args.push_back(ExprOf(*node.children.at(1)));
  made.type_name = TypeNameOf(*node.children.at(2));
  return made;
}

Expr TypedText(const Node& node) {
  Expr made = Make(ExprKind::kCast, node, "CAST");
  made.args.push_back(TextLiteral(*node.children.at(1), TextOf(*node.children.at(1))));
  made.type_name = {.word = WordOf(*node.children.at(0)), .place = PlaceOf(node)};
  const size_t point = TextOf(*node.children.at(1)).find('.');
  if (made.type_name.word == "TIMESTAMP") {
    const size_t size = TextOf(*node.children.at(1)).size();
    made.type_name.numbers = {point == std::string::npos
                                  ? 0
                                  : static_cast<int64_t>(std::min<size_t>(size - point - 1, 9))};
  }
  return made;
}

// Calls with a syntax of their own; their units become texts.
Expr SpecialCall(const Node& node) {
  std::vector<Expr> args;
  std::string word = WordOf(node);
  for (const auto& child : node.children) {
    if (child->is_type<g::unit>()) {
      args.push_back(TextLiteral(*child, UpperCase(NameOf(*child))));
    } else if (child->is_type<g::trim_of>()) {
      std::string where = "BOTH";
      for (const auto& part : child->children) {
        if (part->is_type<g::trim_where>()) {
          where = WordOf(*part);
        } else {
          args.push_back(ExprOf(*part));
        }
      }
      std::ranges::reverse(args);  // what is trimmed comes first
      word = where == "BOTH" ? "BTRIM" : where == "LEADING" ? "LTRIM" : "RTRIM";
    } else if (!child->is_type<g::floor_word>() && !child->is_type<g::unit_call_word>()) {
      args.push_back(ExprOf(*child));
    }
  }
  if (node.is_type<g::trim>() && word == "TRIM") {
    word = "BTRIM";
  }
  if (node.is_type<g::floor_to>()) {
    word = word == "FLOOR" ? "FLOOR TO" : "CEIL TO";
  }
  return Call(node, std::move(word), std::move(args));
}

Expr NamedOf(const Node& node) {
  if (node.is_type<g::column>()) {
    Expr made = Make(ExprKind::kColumn, node);
    made.name = PathOf(node);
    return made;
  }
  if (node.is_type<g::descriptor>()) {
    Expr made = Make(ExprKind::kDescriptor, node);
    made.name = {NameOf(*node.children.front())};
    return made;
  }
  Expr made = Make(ExprKind::kTable, node);
  made.name = PathOf(*node.children.front());
  if (node.children.size() > 1) {
    made.partition = ExprsOf(*node.children[1]);
  }
  return made;
}

}  // namespace

std::vector<Expr> ArgumentsOf(const Node& node, Expr& call) {
  std::vector<Expr> args;
  for (const auto& child : node.children) {
    if (child->is_type<g::distinct_word>()) {
      call.is_distinct = true;
    } else if (child->is_type<g::star_arg>()) {
      args.push_back(Make(ExprKind::kStar, *child));
    } else {
      args.push_back(ExprOf(*child->children.back()));
      if (child->children.size() > 1) {
        args.back().parameter = UpperCase(NameOf(*child->children.front()->children.front()));
      }
    }
  }
  return args;
}

Expr ExprOf(const Node& node) {
  if (node.is_type<g::number_text>()) {
    return NumberOf(node);
  }
  if (node.is_type<g::text_text>()) {
    return TextLiteral(node, TextOf(node));
  }
  if (node.is_type<g::true_word>() || node.is_type<g::false_word>()) {
    return Literal(node, Value(node.is_type<g::true_word>()), kBoolean);
  }
  if (node.is_type<g::null_word>()) {
    return Literal(node, Value(), Type{});
  }
  if (node.is_type<g::column>() || node.is_type<g::descriptor>() || node.is_type<g::table_arg>()) {
    return NamedOf(node);
  }
  if (node.is_type<g::unary>() || node.is_type<g::not_expr>()) {
    return Operator(node, node.is_type<g::unary>() ? "NEGATE" : "NOT",
                    {ExprOf(*node.children.back())});
  }
  if (node.is_type<g::multiply_expr>() || node.is_type<g::add_expr>()) {
    return LeftToRight(node);
  }
  if (node.is_type<g::and_expr>()) {
    return Joined(node, "AND");
  }
  if (node.is_type<g::or_expr>()) {
    return Joined(node, "OR");
  }
  if (node.is_type<g::predicate>()) {
    Expr left = ExprOf(*node.children.front());
    for (size_t i = 1; i < node.children.size(); ++i) {
      left = PredicateOf(*node.children[i], std::move(left));
    }
    return left;
  }
  if (node.is_type<g::case_expr>()) {
    return CaseOf(node);
  }
  if (node.is_type<g::cast>()) {
    return CastOf(node);
  }
  if (node.is_type<g::typed_text>()) {
    return TypedText(node);
  }
  if (node.is_type<g::interval>()) {
    return IntervalOf(node);
  }
  if (node.is_type<g::call>()) {
    return CallOf(node);
  }
  if (node.is_type<g::bare_call>()) {
    return Call(node, WordOf(node), {});
  }
  if (node.is_type<g::exists>() || node.is_type<g::scalar_query>()) {
    Expr made = Make(node.is_type<g::exists>() ? ExprKind::kExists : ExprKind::kInQuery, node);
    made.query.push_back(QueryOf(*node.children.front()->children.front()));
    return made;
  }
  return SpecialCall(node);
}

}  // namespace flinch::sql
