// What an upload copies: stretches of files, cut into loads that each fill a slot of pinned memory.
#pragma once

#include <exception>
#include <memory>
#include <vector>

#include "owned.h"
#include "wrap.h"

namespace tilescript {

// A file that cannot be read, or ends where it did not when the copy was planned.
struct ReadFailure : std::exception {
  ReadFailure(size_t copy, uint64_t offset, int code) : copy(copy), offset(offset), code(code) {}
  const char* what() const noexcept override { return "a file could not be read"; }

  size_t copy;      // which of the copies
  uint64_t offset;  // where in the file
  int code;         // errno, or 0 where the file ended
};

// A JavaScript error with `copy`, `offset` and `errno`, from which the caller, who knows the file's name, makes a better one.
Napi::Error ToError(Napi::Env env, const ReadFailure& failure);

// A duplicate of JavaScript's descriptor: an upload reads this file whatever is closed, and opened under that number, meanwhile.
class OpenFile {
 public:
  OpenFile(int descriptor, size_t copy);  // throws ReadFailure
  ~OpenFile();
  OpenFile(const OpenFile&) = delete;

  const int descriptor;
};

struct FileCopy {
  std::shared_ptr<DeviceBlock> block;
  uint64_t to;  // in the block
  std::shared_ptr<OpenFile> file;
  uint64_t offset;  // in the file
  uint64_t bytes;
};

// The copies of a JavaScript array of { to, toOffset, file, offset, bytes }, checked against the device memory.
std::vector<FileCopy> FileCopies(Napi::Value list);

// The part of a copy that lies in one slot.
struct Part {
  size_t copy;
  uint64_t done;  // bytes of the copy before it
  size_t bytes;
  size_t at;  // in the slot
};

using Load = std::vector<Part>;

// Every load but the last fills its slot: what is left of one copy and the next share one, so small tensors travel together.
std::vector<Load> CutIntoLoads(const std::vector<FileCopy>& copies, size_t slotBytes);

// Reads a part into its place in the slot. Throws ReadFailure; a page of a mapping would end the process instead.
void ReadPart(const FileCopy& copy, const Part& part, uint8_t* slot);

}  // namespace tilescript
