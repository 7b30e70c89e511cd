#include "engine/graph/job_catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/data_stream.h"
#include "tests/support/number_job.h"

namespace flinch::engine {
namespace {

using ::testing::HasSubstr;

StreamGraph Numbers(const std::string& name) {
  StreamExecutionEnvironment job(name, {});
  job.FromSource<int64_t>("source", NumberSource::Make(1));
  return job.Build();
}

TEST(JobCatalogTest, BuildsOncePerArguments) {
  JobCatalog catalog;
  int built = 0;
  catalog.Add("numbers", [&built](const std::string& arguments) -> sim::Result<StreamGraph> {
    ++built;
    return Numbers("numbers " + arguments);
  });
  const auto first = catalog.Find({.name = "numbers", .arguments = "a"});
  ASSERT_TRUE(first);
  EXPECT_EQ((*first)->stream.job_name, "numbers a");
  EXPECT_EQ(*catalog.Find({.name = "numbers", .arguments = "a"}), *first);
  EXPECT_EQ(built, 1);
  EXPECT_NE(*catalog.Find({.name = "numbers", .arguments = "b"}), *first);
  EXPECT_EQ(built, 2);
}

TEST(JobCatalogTest, SaysWhichCodeThereIs) {
  JobCatalog catalog;
  catalog.Add(*BuildJobGraph(Numbers("numbers")));
  const auto found = catalog.Find({.name = "letters", .arguments = {}});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, sim::ErrorCode::kNotFound);
  EXPECT_THAT(found.error().message, HasSubstr("'letters'; there is: numbers."));
}

TEST(JobCatalogTest, AGraphThatIsWrongIsSaidToBe) {
  JobCatalog catalog;
  catalog.Add("empty",
              [](const std::string&) -> sim::Result<StreamGraph> { return StreamGraph(); });
  const auto found = catalog.Find({.name = "empty", .arguments = {}});
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, HasSubstr("no source"));
}

}  // namespace
}  // namespace flinch::engine
