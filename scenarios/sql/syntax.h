// From the tree of what the grammar matched to what it means; only the parser includes it.
#pragma once

#include <string_view>
#include <tao/pegtl/contrib/parse_tree.hpp>

#include "scenarios/sql/ast.h"

namespace flinch::sql {

using Node = tao::pegtl::parse_tree::node;

Expr ExprOf(const Node& node);
Query QueryOf(const Node& node);
Statement StatementOf(const Node& node);

// ---- For both halves of it.

// What a node matched, without its backticks or quotes.
std::string NameOf(const Node& node);
std::string TextOf(const Node& node);
Place PlaceOf(const Node& node);
std::vector<std::string> PathOf(const Node& node);
TypeName TypeNameOf(const Node& node);
std::string UpperCase(std::string_view text);
std::vector<Expr> ArgumentsOf(const Node& node, Expr& call);

}  // namespace flinch::sql
