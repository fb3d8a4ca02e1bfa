#include "sim/fiber.h"

#include <gtest/gtest.h>

#include <string>

namespace cairn::sim {
namespace {

TEST(FiberTest, GoesOnWhereItYielded) {
  std::string said;
  Fiber* self = nullptr;
  Fiber fiber([&] {
    for (int i = 0; i < 3; ++i) {
      said += std::to_string(i);
      self->Yield();
    }
    said += "end";
  });
  self = &fiber;
  EXPECT_EQ(said, "") << "nothing runs before the first Resume";
  for (int i = 0; i < 3; ++i) {
    fiber.Resume();
    said += ",";
  }
  EXPECT_FALSE(fiber.finished());
  fiber.Resume();
  EXPECT_TRUE(fiber.finished());
  EXPECT_EQ(said, "0,1,2,end");
}

TEST(FiberTest, TwoOfThemDoNotMix) {
  std::string said;
  Fiber* one = nullptr;
  Fiber* two = nullptr;
  const auto body = [&said](const std::string& name, Fiber** self) {
    return [&said, name, self] {
      const std::string mine = name;
      (*self)->Yield();
      said += mine;
    };
  };
  Fiber first(body("first ", &one));
  Fiber second(body("second", &two));
  one = &first;
  two = &second;
  first.Resume();
  second.Resume();
  first.Resume();
  second.Resume();
  EXPECT_EQ(said, "first second");
}

}  // namespace
}  // namespace cairn::sim
