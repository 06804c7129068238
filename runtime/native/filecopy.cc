#include "filecopy.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <unordered_map>

#include "memory.h"

namespace tilescript {

Napi::Error ToError(Napi::Env env, const ReadFailure& failure) {
  const char* reason = failure.code ? std::strerror(failure.code) : "the file ended";
  Napi::Error error = Napi::Error::New(env, std::string("pread: ") + reason);
  error.Set("copy", Napi::Number::New(env, static_cast<double>(failure.copy)));
  error.Set("offset", Napi::Number::New(env, static_cast<double>(failure.offset)));
  error.Set("errno", Napi::Number::New(env, failure.code));
  return error;
}

OpenFile::OpenFile(int from, size_t copy) : descriptor(fcntl(from, F_DUPFD_CLOEXEC, 0)) {
  if (descriptor < 0) throw ReadFailure(copy, 0, errno);
}

OpenFile::~OpenFile() { close(descriptor); }

std::vector<FileCopy> FileCopies(Napi::Value list) {
  Napi::Env env = list.Env();
  if (!list.IsArray()) throw Napi::TypeError::New(env, "argument copies must be an array");
  Napi::Array array = list.As<Napi::Array>();
  std::vector<FileCopy> copies;
  std::unordered_map<uint64_t, std::shared_ptr<OpenFile>> files;
  for (uint32_t index = 0; index < array.Length(); ++index) {
    Napi::HandleScope scope(env);
    Napi::Value value = array[index];
    if (!value.IsObject()) throw Napi::TypeError::New(env, "every one of the copies must be an object");
    auto fields = value.As<Napi::Object>();
    uint64_t toOffset = Count(fields.Get("toOffset"), "toOffset"), offset = Count(fields.Get("offset"), "offset");
    uint64_t bytes = Count(fields.Get("bytes"), "bytes"), descriptor = Count(fields.Get("file"), "file");
    if (descriptor > INT_MAX) throw Napi::RangeError::New(env, std::to_string(descriptor) + " is no file descriptor");
    auto block = Memory::Range(fields.Get("to"), toOffset, bytes);
    auto& file = files[descriptor];
    if (!file) file = std::make_shared<OpenFile>(static_cast<int>(descriptor), index);
    copies.push_back({block, toOffset, file, offset, bytes});
  }
  return copies;
}

std::vector<Load> CutIntoLoads(const std::vector<FileCopy>& copies, size_t slotBytes) {
  constexpr size_t line = 64;  // of the processor's cache: reads into the slot are fastest from its start
  std::vector<Load> loads;
  size_t at = slotBytes;
  for (size_t copy = 0; copy < copies.size(); ++copy) {
    for (uint64_t done = 0; done < copies[copy].bytes;) {
      at = (at + line - 1) / line * line;
      if (at >= slotBytes) {
        loads.emplace_back();
        at = 0;
      }
      size_t bytes = std::min<uint64_t>(copies[copy].bytes - done, slotBytes - at);
      loads.back().push_back({copy, done, bytes, at});
      at += bytes;
      done += bytes;
    }
  }
  return loads;
}

void ReadPart(const FileCopy& copy, const Part& part, uint8_t* slot) {
  const uint64_t start = copy.offset + part.done;
  for (size_t done = 0; done < part.bytes;) {
    ssize_t got = pread(copy.file->descriptor, slot + part.at + done, part.bytes - done, static_cast<off_t>(start + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw ReadFailure(part.copy, start + done, got < 0 ? errno : 0);
    done += static_cast<size_t>(got);
  }
}

}  // namespace tilescript
