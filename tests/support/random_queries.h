// Random queries over two small tables, as text: valid ones of every shape that the dialect has.
#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>
#include <rapidcheck.h>

#include "scenarios/sql/interpreter.h"
#include "scenarios/sql/value.h"

namespace flinch::tests {

inline constexpr std::string_view kRandomTables = R"(
CREATE TABLE a (id BIGINT, k STRING, n INT, d DECIMAL(8, 2), x DOUBLE, b BOOLEAN, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '20' SECOND);
CREATE TABLE c (id BIGINT, k STRING, m INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '20' SECOND);
)";

// What has few values: that groups and joins meet.
inline sql::Value SmallText() {
  const int at = *rc::gen::inRange(0, 6);
  return at == 5 ? sql::Value() : sql::Value(std::string(1, static_cast<char>('p' + at)));
}

inline int64_t SmallTime() {
  return 1'767'225'600'000'000'000 + *rc::gen::inRange<int64_t>(0, 60) * 500 * 1'000'000;
}

inline sql::Tables RandomTables() {
  sql::Tables tables;
  const auto maybe = [](sql::Value value) {
    return *rc::gen::inRange(0, 8) == 0 ? sql::Value() : value;
  };
  const int rows = *rc::gen::inRange(1, 25);
  for (int64_t i = 0; i < rows; ++i) {
    tables["a"].push_back({sql::Value(i), SmallText(), maybe(int64_t{*rc::gen::inRange(-5, 10)}),
                           maybe(sql::Decimal{.units = *rc::gen::inRange(-900, 900)}),
                           maybe(*rc::gen::inRange(-20, 20) / 4.0),
                           maybe(*rc::gen::inRange(0, 2) == 1), sql::Value(SmallTime())});
  }
  const int others = *rc::gen::inRange(1, 20);
  for (int64_t i = 0; i < others; ++i) {
    tables["c"].push_back({sql::Value(i), SmallText(), maybe(int64_t{*rc::gen::inRange(-5, 10)}),
                           sql::Value(SmallTime())});
  }
  return tables;
}

class RandomQuery {
 public:
  std::string Text() { return Query(2); }

 private:
  static int Up(int below) { return *rc::gen::inRange(0, below); }

  template <typename... Texts>
  static std::string OneOf(Texts... texts) {
    const std::vector<std::string> all = {std::string(texts)...};
    return all[static_cast<size_t>(Up(static_cast<int>(all.size())))];
  }

  // ---- Expressions over table a, or its alias.

  std::string Whole(int depth) {
    if (depth == 0) {
      return OneOf("id", "n", "3", "-2", "CAST(NULL AS INT)");
    }
    const std::string one = Whole(depth - 1);
    const std::string other = Whole(depth - 1);
    switch (Up(9)) {
      case 0:
        return fmt::format("({} + {})", one, other);
      case 1:
        return fmt::format("({} - {})", one, other);
      case 2:
        return fmt::format("({} * {})", one, other);
      case 3:
        return fmt::format("({} / 3)", one);
      case 4:
        return fmt::format("MOD({}, 4)", one);
      case 5:
        return fmt::format("CASE WHEN {} THEN {} ELSE {} END", Truth(depth - 1), one, other);
      case 6:
        return fmt::format("COALESCE({}, {})", one, other);
      case 7:
        return OneOf("CHAR_LENGTH(k)", "EXTRACT(SECOND FROM ts)", "EXTRACT(MINUTE FROM ts)",
                     "TIMESTAMPDIFF(SECOND, ts, TIMESTAMP '2026-01-01 00:00:20')", "ABS(n)",
                     "SIGN(n)", "CAST(d AS INT)", "CAST(x AS BIGINT)");
      default:
        return fmt::format("GREATEST({}, {})", one, other);
    }
  }

  std::string Number(int depth) {
    switch (Up(5)) {
      case 0:
        return OneOf("d", "d * 2", "d + 1.25", "d - n", "d / 3", "ROUND(d, 1)", "FLOOR(d)",
                     "ABS(d)", "CAST(n AS DECIMAL(10, 3))");
      case 1:
        return OneOf("x", "x * 2", "x + n", "x / 4", "CAST(n AS DOUBLE)", "FLOOR(x)");
      default:
        return Whole(depth);
    }
  }

  std::string Word(int) {
    return OneOf("k", "UPPER(k)", "k || 'z'", "COALESCE(k, 'none')", "SUBSTRING(k FROM 1 FOR 1)",
                 "CAST(n AS STRING)", "NULLIF(k, 'q')", "LPAD(k, 3, '-')", "REVERSE(k)",
                 "DATE_FORMAT(ts, 'HH:mm:ss')", "CAST(d AS STRING)", "TRIM(k)");
  }

  std::string Truth(int depth) {
    if (depth > 0 && Up(3) == 0) {
      return fmt::format("({} {} {})", Truth(depth - 1), OneOf("AND", "OR"), Truth(depth - 1));
    }
    switch (Up(9)) {
      case 0:
        return fmt::format("{} {} {}", Whole(0), OneOf("=", "<>", "<", ">=", ">"), Whole(0));
      case 1:
        return fmt::format("{} IS {}NULL", OneOf("k", "n", "d", "x", "b"), OneOf("", "NOT "));
      case 2:
        return OneOf("b", "NOT b", "b IS TRUE", "b IS NOT FALSE");
      case 3:
        return OneOf("k LIKE 'p%'", "k NOT LIKE '_'", "k IN ('p', 'r')", "k NOT IN ('q', 's')");
      case 4:
        return fmt::format("n BETWEEN {} AND {}", Up(4) - 3, Up(8));
      case 5:
        return OneOf("d > 1.5", "d <= n", "d <> x", "x < 2.25", "d = 0");
      case 6:
        return "ts > TIMESTAMP '2026-01-01 00:00:10'";
      case 7:
        return "k IS DISTINCT FROM 'p'";
      default:
        return "k >= 'q'";
    }
  }

  std::string Aggregates() {
    std::string text;
    for (int i = 0; i <= Up(3); ++i) {
      const std::string filter = Up(4) == 0 ? fmt::format(" FILTER (WHERE {})", Truth(0)) : "";
      text += fmt::format(
          ", {}{} AS g{}",
          OneOf("COUNT(*)", "COUNT(n)", "COUNT(DISTINCT k)", "SUM(n)", "SUM(DISTINCT n)", "SUM(id)",
                "SUM(d)", "SUM(x)", "AVG(n)", "AVG(d)", "AVG(x)", "MIN(n)", "MAX(k)", "MIN(d)",
                "MAX(x)", "MIN(ts)", "AVG(CAST(id AS DOUBLE))", "MAX(n + id)"),
          filter, i);
    }
    return text;
  }

  std::string Where() { return Up(2) == 0 ? "" : " WHERE " + Truth(1); }

  std::string Windowed() {
    return OneOf("TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '7' SECOND)",
                 "TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '2' SECOND)",
                 "HOP(TABLE a, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '6' SECOND)",
                 "CUMULATE(TABLE a, DESCRIPTOR(ts), INTERVAL '3' SECOND, INTERVAL '12' SECOND)",
                 "SESSION(TABLE a PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' SECOND)");
  }

  std::string Joined() {
    const std::string kind = OneOf("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN");
    switch (Up(3)) {
      case 0:
        return fmt::format(
            "SELECT a.id, c.id AS other, a.n + c.m AS s FROM a {} c ON a.k = c.k AND c.ts BETWEEN "
            "a.ts - INTERVAL '{}' SECOND AND a.ts + INTERVAL '{}' SECOND{}",
            kind, Up(6), Up(6), Up(2) == 0 ? "" : " AND a.n >= c.m");
      case 1:
        return fmt::format(
            "SELECT l.id, r.id AS other, l.window_start FROM (SELECT * FROM TABLE(TUMBLE(TABLE a, "
            "DESCRIPTOR(ts), INTERVAL '4' SECOND))) l {} (SELECT * FROM TABLE(TUMBLE(TABLE c, "
            "DESCRIPTOR(ts), INTERVAL '4' SECOND))) r ON l.k = r.k AND l.window_start = "
            "r.window_start AND l.window_end = r.window_end{}",
            kind, Up(2) == 0 ? "" : " AND l.n <> r.m");
      default:
        return fmt::format("SELECT a.id, a.k, c.m FROM a {} c ON a.k = c.k{}", kind,
                           Up(2) == 0 ? "" : " AND a.n < c.m");
    }
  }

  std::string Query(int depth) {
    switch (Up(9)) {
      case 0:
        return fmt::format("SELECT {} AS e, {} AS f, {} AS g FROM a{}", Number(depth), Word(depth),
                           Truth(1), Where());
      case 1:
        return fmt::format("SELECT DISTINCT {} AS e, b FROM a{}", OneOf(Whole(1), Word(0)),
                           Where());
      case 2:
        return fmt::format("SELECT {0} AS e{1} FROM a{2} GROUP BY {0}{3}", OneOf(Word(0), Whole(1)),
                           Aggregates(), Where(), Up(3) == 0 ? " HAVING COUNT(*) > 1" : "");
      case 3:
        return fmt::format(
            "SELECT k, window_start, window_end{} FROM TABLE({}) GROUP BY k, "
            "window_start, window_end",
            Aggregates(), Windowed());
      case 4:
        return Joined();
      case 5:
        return fmt::format(
            "SELECT id, k, n, place FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {} ORDER BY {} "
            "{}) AS place FROM a{}) WHERE place <= {}",
            OneOf("k", "b", "MOD(id, 3)"), OneOf("n", "ts", "d", "x", "k"), OneOf("ASC", "DESC"),
            Where(), 1 + Up(3));
      case 6:
        return fmt::format(
            "SELECT s, COUNT(*) AS times FROM (SELECT k, {} AS s FROM a{} GROUP BY "
            "k) GROUP BY s",
            OneOf("SUM(n)", "COUNT(*)", "MAX(d)"), Where());
      case 7:
        return fmt::format("SELECT id, k FROM a{} UNION {} SELECT id, k FROM c", Where(),
                           OneOf("", "ALL"));
      default:
        return fmt::format(
            "SELECT id, k, ts FROM a WHERE {} AND k IN (SELECT k FROM c WHERE m > {})", Truth(1),
            Up(5) - 2);
    }
  }
};

}  // namespace flinch::tests
