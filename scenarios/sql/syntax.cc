#include "scenarios/sql/syntax.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "scenarios/sql/grammar.h"
#include "sim/check.h"

namespace flinch::sql {

namespace {

namespace g = grammar;

int64_t CountOf(const Node& node) {
  int64_t number = 0;
  const std::string_view text = node.string_view();
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::vector<std::string> NamesOf(const Node& node) {
  std::vector<std::string> names;
  for (const auto& child : node.children) {
    names.push_back(NameOf(*child));
  }
  return names;
}

std::string LastOf(const Node& path) { return PathOf(path).back(); }

// ---- Tables

std::vector<std::vector<Expr>> RowsOf(const Node& node) {
  std::vector<std::vector<Expr>> rows;
  for (const auto& child : node.children) {
    std::vector<Expr>& row = rows.emplace_back();
    for (const auto& value : child->children) {
      row.push_back(ExprOf(*value));
    }
  }
  return rows;
}

TableRef JoinsOf(const Node& node);

TableRef PrimaryOf(const Node& node) {
  TableRef table{.place = PlaceOf(node)};
  for (const auto& child : node.children) {
    if (child->is_type<g::table_alias>()) {
      table.alias = NameOf(*child->children.front());
      if (child->children.size() > 1) {
        table.columns = NamesOf(*child->children[1]);
      }
    } else if (child->is_type<g::named_table>()) {
      table.name = LastOf(*child->children.front());
    } else if (child->is_type<g::derived>()) {
      table.kind = TableRef::Kind::kQuery;
      table.query.push_back(QueryOf(*child->children.front()->children.front()));
    } else if (child->is_type<g::values_table>()) {
      table.kind = TableRef::Kind::kValues;
      table.rows = RowsOf(*child->children.front());
    } else if (child->is_type<g::nested_joins>()) {
      table = JoinsOf(*child->children.front());
    } else {
      table.kind = TableRef::Kind::kFunction;
      table.name = UpperCase(NameOf(*child->children.front()));
      Expr call;
      if (child->children.size() > 1) {
        table.args = ArgumentsOf(*child->children[1], call);
      }
    }
  }
  return table;
}

TableRef JoinOf(const Node& node, TableRef left) {
  TableRef join{.kind = TableRef::Kind::kJoin, .place = PlaceOf(node)};
  join.sides.push_back(std::move(left));
  for (const auto& child : node.children) {
    if (child->is_type<g::table_primary>()) {
      join.sides.push_back(PrimaryOf(*child));
    } else if (child->is_type<g::left_word>()) {
      join.join = JoinKind::kLeft;
    } else if (child->is_type<g::right_word>()) {
      join.join = JoinKind::kRight;
    } else if (child->is_type<g::full_word>()) {
      join.join = JoinKind::kFull;
    } else if (child->is_type<g::on>()) {
      join.on.push_back(ExprOf(*child->children.front()));
    } else if (child->is_type<g::using_names>()) {
      join.shared_columns = NamesOf(*child);
    }
  }
  return join;
}

TableRef JoinsOf(const Node& node) {
  TableRef table = PrimaryOf(*node.children.front());
  for (size_t i = 1; i < node.children.size(); ++i) {
    table = JoinOf(*node.children[i], std::move(table));
  }
  return table;
}

// ---- Queries

SelectItem ItemOf(const Node& node) {
  SelectItem item;
  const Node& first = *node.children.front();
  if (first.is_type<g::plain_star>() || first.is_type<g::name_star>()) {
    item.expr = {.kind = ExprKind::kStar, .place = PlaceOf(first)};
    if (first.is_type<g::name_star>()) {
      item.expr.name = {NameOf(*first.children.front())};
    }
    return item;
  }
  item.expr = ExprOf(first);
  if (node.children.size() > 1) {
    item.alias = NameOf(*node.children[1]->children.front());
  }
  return item;
}

void ReadSelect(const Node& node, Query& query) {
  for (const auto& child : node.children) {
    if (child->is_type<g::distinct_select>()) {
      query.is_distinct = true;
    } else if (child->is_type<g::items>()) {
      for (const auto& item : child->children) {
        query.items.push_back(ItemOf(*item));
      }
    } else if (child->is_type<g::from>()) {
      for (const auto& table : child->children) {
        query.from.push_back(JoinsOf(*table));
      }
    } else if (child->is_type<g::where>()) {
      query.where.push_back(ExprOf(*child->children.front()));
    } else if (child->is_type<g::group_by>()) {
      query.is_grouped = true;
      for (const auto& key : child->children) {
        if (!key->is_type<g::empty_group>()) {
          query.group.push_back(ExprOf(*key));
        }
      }
    } else if (child->is_type<g::having>()) {
      query.having.push_back(ExprOf(*child->children.front()));
    }
  }
}

// SELECT …, VALUES … or a query in brackets.
Query CoreOf(const Node& node) {
  Query query{.place = PlaceOf(node)};
  if (node.is_type<g::select>()) {
    ReadSelect(node, query);
    return query;
  }
  if (node.is_type<g::nested_query>()) {
    return QueryOf(*node.children.front());
  }
  TableRef values{.kind = TableRef::Kind::kValues, .place = PlaceOf(node), .rows = RowsOf(node)};
  query.items.push_back({.expr = {.kind = ExprKind::kStar, .place = PlaceOf(node)}});
  query.from.push_back(std::move(values));
  return query;
}

std::vector<OrderItem> OrderOf(const Node& node) {
  std::vector<OrderItem> order;
  for (const auto& child : node.children) {
    OrderItem& item = order.emplace_back();
    item.expr = ExprOf(*child->children.front());
    for (const auto& more : child->children) {
      item.is_descending = item.is_descending || more->is_type<g::descending>();
      if (more->is_type<g::nulls_first>() || more->is_type<g::nulls_last>()) {
        item.nulls_last = more->is_type<g::nulls_last>();
      }
    }
  }
  return order;
}

std::optional<SetKind> SetOf(const Node& node) {
  if (node.is_type<g::union_all>()) {
    return SetKind::kUnionAll;
  }
  if (node.is_type<g::union_distinct>()) {
    return SetKind::kUnion;
  }
  if (node.is_type<g::intersect>()) {
    return SetKind::kIntersect;
  }
  return node.is_type<g::except>() ? std::optional(SetKind::kExcept) : std::nullopt;
}

// What stands behind the cores of a query: WITH comes first, but is one of it, too.
bool ReadFrame(const Node& node, Query& query) {
  if (node.is_type<g::with>()) {
    for (const auto& item : node.children) {
      query.with.push_back({.name = NameOf(*item->children.front()),
                            .query = {QueryOf(*item->children.at(1)->children.front())}});
    }
  } else if (node.is_type<g::order_by>()) {
    query.order = OrderOf(node);
  } else if (node.is_type<g::limit>() || node.is_type<g::fetch>()) {
    query.limit = CountOf(*node.children.front());
  } else if (node.is_type<g::offset>()) {
    query.offset = CountOf(*node.children.front());
  } else {
    return false;
  }
  return true;
}

// ---- Statements

ColumnSpec ColumnOf(const Node& node) {
  ColumnSpec column{.name = NameOf(*node.children.front()), .place = PlaceOf(node)};
  if (node.is_type<g::computed>()) {
    column.computed.push_back(ExprOf(*node.children.at(1)));
    return column;
  }
  column.type = TypeNameOf(*node.children.at(1));
  for (const auto& child : node.children) {
    column.is_metadata = column.is_metadata || child->is_type<g::metadata>();
    column.not_null = column.not_null || child->is_type<g::not_null>();
    column.is_key = column.is_key || child->is_type<g::column_key>();
  }
  return column;
}

void ReadOptions(const Node& node, Options& options) {
  for (const auto& pair : node.children) {
    options.emplace_back(TextOf(*pair->children.at(0)), TextOf(*pair->children.at(1)));
  }
}

void ReadTable(const Node& node, Statement& statement) {
  for (const auto& child : node.children) {
    if (child->is_type<g::column>()) {
      statement.name = LastOf(*child);
    } else if (child->is_type<g::options>()) {
      ReadOptions(*child, statement.options);
    } else if (child->is_type<g::computed>() || child->is_type<g::physical>()) {
      statement.columns.push_back(ColumnOf(*child));
    } else if (child->is_type<g::table_key>()) {
      statement.key = NamesOf(*child->children.back());
    } else if (child->is_type<g::watermark>()) {
      statement.watermark = {.column = NameOf(*child->children.at(0)),
                             .expr = ExprOf(*child->children.at(1)),
                             .place = PlaceOf(*child)};
    }
  }
}

// CREATE VIEW and INSERT INTO.
void ReadNamedQuery(const Node& node, Statement& statement) {
  for (const auto& child : node.children) {
    if (child->is_type<g::column>()) {
      statement.name = LastOf(*child);
    } else if (child->is_type<g::alias_columns>()) {
      statement.names = NamesOf(*child);
    } else if (child->is_type<g::query>()) {
      statement.query.push_back(QueryOf(*child));
    }
  }
}

}  // namespace

std::string UpperCase(std::string_view text) {
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(), g::Upper);
  return upper;
}

std::string NameOf(const Node& node) {
  const Node& leaf = node.children.empty() ? node : *node.children.front();
  std::string_view text = leaf.string_view();
  text = text.substr(0, text.size() - (text.size() - text.find_last_not_of(" \t\r\n") - 1));
  if (text.starts_with('`')) {
    text = text.substr(1, text.size() - 2);
  }
  return std::string(text);
}

std::string TextOf(const Node& node) {
  std::string text;
  const std::string_view quoted = node.string_view();
  for (size_t at = 1; at + 1 < quoted.size(); ++at) {
    text += quoted[at];
    at += quoted[at] == '\'' ? 1U : 0U;
  }
  return text;
}

Place PlaceOf(const Node& node) { return node.begin().byte; }

std::vector<std::string> PathOf(const Node& node) { return NamesOf(node); }

TypeName TypeNameOf(const Node& node) {
  TypeName type{.place = PlaceOf(node)};
  for (const auto& child : node.children) {
    if (child->is_type<g::type_word>()) {
      type.word = UpperCase(NameOf(*child));
    } else if (child->is_type<g::type_number>()) {
      type.numbers.push_back(CountOf(*child->children.front()));
    } else if (child->is_type<g::zone>()) {
      type.with_local_time_zone = UpperCase(child->string_view()).starts_with("WITH ");
    }
  }
  return type;
}

Query QueryOf(const Node& node) {
  std::vector<Query::Named> with;
  Query query;
  Query frame;
  std::optional<SetKind> set;
  bool has_core = false;
  for (const auto& child : node.children) {
    if (const std::optional<SetKind> op = SetOf(*child)) {
      set = op;
    } else if (ReadFrame(*child, frame)) {
      continue;
    } else if (!has_core) {
      query = CoreOf(*child);
      has_core = true;
    } else {
      query.parts.push_back({.kind = set.value(), .query = {CoreOf(*child)}});
    }
  }
  const bool has_frame = !frame.order.empty() || frame.limit || frame.offset || !frame.with.empty();
  if (has_frame && (!query.order.empty() || query.limit || query.offset || !query.with.empty())) {
    // A query in brackets with an order of its own, and another one around it.
    TableRef inner{.kind = TableRef::Kind::kQuery, .place = query.place, .query = {}};
    inner.query.push_back(std::move(query));
    query = {.place = inner.place};
    query.items.push_back({.expr = {.kind = ExprKind::kStar, .place = inner.place}});
    query.from.push_back(std::move(inner));
  }
  if (has_frame) {
    query.with = std::move(frame.with);
    query.order = std::move(frame.order);
    query.limit = frame.limit;
    query.offset = frame.offset;
  }
  return query;
}

Statement StatementOf(const Node& node) {
  Statement statement{.place = PlaceOf(node)};
  if (node.is_type<g::create_table>()) {
    statement.kind = Statement::Kind::kCreateTable;
    ReadTable(node, statement);
  } else if (node.is_type<g::create_view>() || node.is_type<g::insert>()) {
    statement.kind =
        node.is_type<g::insert>() ? Statement::Kind::kInsert : Statement::Kind::kCreateView;
    ReadNamedQuery(node, statement);
  } else if (node.is_type<g::set>()) {
    statement.kind = Statement::Kind::kSet;
    statement.name = TextOf(*node.children.at(0));
    statement.value = TextOf(*node.children.at(1));
  } else {
    statement.query.push_back(QueryOf(*node.children.front()));
  }
  return statement;
}

}  // namespace flinch::sql
