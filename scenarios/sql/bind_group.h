// Select lists, GROUP BY and what may stand behind it.
#pragma once

#include <string>
#include <vector>

#include "scenarios/sql/bind_expr.h"

namespace flinch::sql {

// A select list on its way to a projection.
class ItemList {
 public:
  // The first `visible` of the columns are those of *.
  ItemList(const std::vector<Column>& of, size_t visible) : of_(of), visible_(visible) {}

  Checked<void> AddStar(const SelectItem& item);
  Checked<void> AddExpr(const SelectItem& item, ExprBinder::Resolve resolve);
  Checked<void> AddColumn(size_t index, const SelectItem& item);

  // All columns as they are.
  bool IsIdentity() const;

  std::vector<Typed> exprs{};
  std::vector<Column> columns{};

 private:
  std::string NameFor(const SelectItem& item) const;

  const std::vector<Column>& of_;
  size_t visible_;
};

// Whether it has GROUP BY, HAVING or an aggregate.
bool IsGrouped(const Query& query);

}  // namespace flinch::sql
