#pragma once
// A system that refuses: calls on the files below a directory fail with an error of one's choice.
// It is a library between a program and libc. A test program that is linked with it says what is to
// fail; a process that it is preloaded into (LD_PRELOAD) is told by its environment:
//
//   REFUSE_BELOW   a path: only calls on it, and on what lies below it, count
//   REFUSE_ERROR   the number of the error
//   REFUSE_CALLS   which calls, by their kind: "open", "list", "look", "read", "write", "sync",
//                  "change" (names), "lock"; some with commas, or "all" (the default)
//   REFUSE_FROM    the first of these calls that fails (default 1), and all that follow it
//   REFUSE_COUNT   how many fail (default: all)
//
// What fails has not happened. Calls that take nothing from a file (close, seek) never fail.

#include <cstdint>

extern "C" {
/// From now on: of the calls below `directory`, `count` fail from the `from`th on (1 is the next).
void RefuseCalls(const char* directory, int error, std::uint64_t from, std::uint64_t count);
/// From now on nothing fails. Returns how many calls there were since RefuseCalls.
std::uint64_t RefuseNothing();
/// The name of the first call that failed since RefuseCalls; "" if none did.
const char* FirstRefused();
}
