#include "sim/hosted/swapped_image.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/hosted/hosted.h"

namespace flinch::sim {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(SwappedImageTest, EachOwnerFindsWhatItLeft) {
  static int number = 7;
  static std::string text = "short";
  {
    SwappedCopies first = CopiesOf(std::vector{BytesOf(number), BytesOf(text)});
    SwappedCopies second = CopiesOf(std::vector{BytesOf(number), BytesOf(text)});
    const auto bring_in = [](const SwappedCopies& copies) {
      for (const auto& copy : copies) {
        copy->BringIn();
      }
    };
    bring_in(first);
    EXPECT_EQ(number, 7);
    number = 1;
    text = "first";
    bring_in(second);
    EXPECT_EQ(number, 7);
    EXPECT_EQ(text, "short");
    number = 2;
    text = "second";
    bring_in(first);
    EXPECT_EQ(number, 1);
    EXPECT_EQ(text, "first");
    bring_in(second);
    EXPECT_EQ(number, 2);
    EXPECT_EQ(text, "second");
  }
  EXPECT_EQ(number, 7);
  EXPECT_EQ(text, "short");
}

TEST(SwappedImageTest, FindsWhatALibraryMayWriteTo) {
  EXPECT_THAT(FindLibrary("libstdc++").globals, Not(IsEmpty()));
  EXPECT_THAT(FindLibrary("libstdc++").thread_locals, Not(IsEmpty()));
  EXPECT_THAT(FindLibrary("libnosuch").globals, IsEmpty());
  EXPECT_THAT(LoadedLibraries(), Contains("libc.so.6"));
}

TEST(SwappedImageTest, WhatItFindsCanBeWritten) {
  const LibraryPlaces places = FindLibrary("libgcc_s");
  SwappedCopies copies = CopiesOf(places.globals);
  for (const auto& copy : copies) {
    copy->BringIn();
  }
}

}  // namespace
}  // namespace flinch::sim
