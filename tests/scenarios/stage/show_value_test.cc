#include "scenarios/stage/show_value.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "engine/ids.h"
#include "engine/serializer.h"
#include "engine/state/state_meta.h"

namespace flinch::scenarios {

namespace {

template <typename T>
std::string Shown(const T& value) {
  return ShowValue(engine::ShapeOf<T>(), engine::Encode(value)).dump();
}

TEST(ShowValueTest, ShowsEachTypeByItsShape) {
  EXPECT_EQ(Shown(int64_t{-3}), "-3");
  EXPECT_EQ(Shown(uint32_t{7}), "7");
  EXPECT_EQ(Shown(true), "true");
  EXPECT_EQ(Shown(1.5), "1.5");
  EXPECT_EQ(Shown(std::string("a\"b")), R"("a\"b")");
  EXPECT_EQ(Shown(std::monostate()), "null");
  EXPECT_EQ(Shown(engine::EventTime(12)), "12");
  EXPECT_EQ(Shown(std::pair<std::string, int64_t>("a", 1)), R"(["a",1])");
  EXPECT_EQ(Shown(std::vector<int64_t>{1, 2}), "[1,2]");
  EXPECT_EQ(Shown(std::map<std::string, int64_t>{{"a", 1}}), R"([["a",1]])");
  EXPECT_EQ(Shown(std::optional<int64_t>()), "null");
  EXPECT_EQ(Shown(std::optional<int64_t>(4)), "4");
  EXPECT_EQ(Shown(std::vector<std::pair<std::optional<std::string>, bool>>{{"x", false}}),
            R"([["x",false]])");
}

TEST(ShowValueTest, BytesOfAnotherShapeAreHexadecimal) {
  EXPECT_EQ(ShowValue("i64", "abc").dump(), R"({"hex":"616263"})");
  EXPECT_EQ(ShowValue("(i64,", engine::Encode(int64_t{1})).size(), 1U);
  EXPECT_TRUE(ShowValue("i64", engine::Encode(int64_t{1}) + "x").contains("hex"));
}

TEST(ShowValueTest, AKeyIsTextOrANumberOrHexadecimal) {
  EXPECT_EQ(ShowKey(engine::Encode(std::string("page"))).dump(), R"("page")");
  EXPECT_EQ(ShowKey(engine::Encode(int64_t{5})).dump(), "5");
  EXPECT_TRUE(ShowKey("\x01\x02\x03").contains("hex"));
}

RC_GTEST_PROP(ShowValuePropertyTest, AnyBytesUnderAnyShapeAreShown,
              (std::string shape, std::string bytes)) {
  (void)ShowValue(shape, bytes).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  (void)ShowKey(bytes).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

}  // namespace flinch::scenarios
