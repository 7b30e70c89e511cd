// Queries as they were written, as plans.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "scenarios/sql/bind_expr.h"
#include "scenarios/sql/bind_operators.h"
#include "scenarios/sql/script.h"

namespace flinch::sql {

class QueryBinder {
 public:
  QueryBinder(const Catalog& catalog, const CompileOptions& options)
      : catalog_(catalog), options_(options) {}

  Checked<Plan> Bind(const Query& query);

 private:
  struct Named {
    std::string name;
    const Query* query;
  };

  Checked<Plan> BindWhole(const Query& query);
  Checked<Plan> BindOrdered(const Query& query);
  Checked<Plan> BindSelect(const Query& query);
  Checked<Plan> BindPart(Plan left, const Query::Part& part);
  Checked<Plan> BindFrom(const Query& query);
  Checked<Plan> BindWhere(Plan plan, const Query& query);
  Checked<Plan> BindInQuery(Plan plan, const Expr& condition);
  Checked<Plan> BindItems(Plan plan, const Query& query);
  Checked<Plan> BindGroup(Plan plan, const Query& query);
  Checked<Plan> BindLimit(Plan input, const Query& query);
  Checked<Plan> AddRank(Plan input, const Expr& call, const std::string& name);
  Checked<std::vector<SortKey>> BindOrder(const std::vector<OrderItem>& order,
                                          const std::vector<Column>& columns);
  Checked<Plan> UniteAll(Plan left, Plan right, Place place);
  Checked<Plan> Distinct(Plan input, Place place);
  Plan Join(Plan left, Plan right, JoinKind kind, Place place);

  // ---- bind_table.cc
  Checked<Plan> BindTable(const TableRef& table);
  Checked<Plan> BindNamed(const std::string& name, Place place);
  Checked<Plan> BindJoin(const TableRef& table);
  Checked<Plan> BindFunction(const TableRef& table);
  Checked<Plan> BindValues(const TableRef& table);

  const Catalog& catalog_;
  CompileOptions options_;
  std::vector<Named> with_;
  int depth_ = 0;  // of views within views
};

Plan ProjectOf(Plan input, std::vector<Typed> exprs, std::vector<Column> columns, Place place);

// A window of these sizes over the input, with its three columns.
Checked<Plan> WindowOver(Plan input, const WindowSpec& spec, Place place);

}  // namespace flinch::sql
