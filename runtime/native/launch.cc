#include "launch.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "module.h"
#include "stream.h"

namespace tilescript {
namespace {

// Numbers of CUlaunchAttributeID.
constexpr int kCooperative = 2, kCluster = 4, kClusterScheduling = 5, kProgrammaticSerialization = 6;
constexpr unsigned kSpread = 1;  // CU_CLUSTER_SCHEDULING_POLICY_SPREAD, as Triton launches its clusters

void ReadExtent(Napi::Value value, const char* argument, unsigned extent[3]) {
  if (!value.IsArray()) throw Napi::TypeError::New(value.Env(), std::string("argument ") + argument + " must be [x, y, z]");
  auto array = value.As<Napi::Array>();
  for (uint32_t axis = 0; axis < 3; ++axis)
    extent[axis] = axis < array.Length() ? static_cast<unsigned>(Count(array.Get(axis), argument)) : 1;
}

// Zeroed, and aligned for the tensor maps that may lie in it.
std::shared_ptr<uint8_t> AllocateBlock(size_t bytes) {
  constexpr size_t alignment = alignof(CUtensorMap);
  size_t rounded = (bytes + alignment) / alignment * alignment;
  void* block = std::aligned_alloc(alignment, rounded);
  if (!block) throw std::bad_alloc();
  std::memset(block, 0, rounded);
  return {static_cast<uint8_t*>(block), [](uint8_t* block) { std::free(block); }};
}

std::string Extent(const unsigned extent[3]) {
  return std::to_string(extent[0]) + "x" + std::to_string(extent[1]) + "x" + std::to_string(extent[2]);
}

// The launch as the hot path wants it: no argument reading, no handle scopes, one unwrap.
template <class T>
napi_value Launch(napi_env env, napi_callback_info info) {
  napi_value self;
  void* object = nullptr;
  if (napi_get_cb_info(env, info, nullptr, nullptr, &self, nullptr) != napi_ok) return nullptr;
  if (napi_unwrap(env, self, &object) != napi_ok) return nullptr;
  try {
    static_cast<T*>(object)->Run();
  } catch (const Failure& failure) {
    ToError(env, failure).ThrowAsJavaScriptException();
  }
  return nullptr;
}

template <class T>
napi_property_descriptor LaunchMethod() {
  return {"launch", nullptr, Launch<T>, nullptr, nullptr, nullptr, napi_default_method, nullptr};
}

}  // namespace

// (function, stream, { grid, block, cluster?, sharedBytes?, pdl?, cooperative? }, offsets, bytes)
PreparedLaunch::PreparedLaunch(const Napi::CallbackInfo& info)
    : function_(Function::From(info[0])), stream_(Stream::From(info[1])) {
  if (!info[2].IsObject()) throw Napi::TypeError::New(info.Env(), "argument config must be an object");
  auto options = info[2].As<Napi::Object>();
  ReadExtent(options.Get("grid"), "grid", config_.grid);
  ReadExtent(options.Get("block"), "block", config_.block);
  if (options.Has("sharedBytes")) config_.sharedBytes = static_cast<unsigned>(Count(options.Get("sharedBytes"), "sharedBytes"));
  config_.stream = stream_->raw;
  config_.attributes = attributes_;
  if (options.Get("cluster").IsArray()) {
    unsigned cluster[3];
    ReadExtent(options.Get("cluster"), "cluster", cluster);
    Attribute(kCluster, cluster[0], cluster[1], cluster[2]);
    Attribute(kClusterScheduling, kSpread);
  }
  if (options.Get("pdl").ToBoolean()) Attribute(kProgrammaticSerialization, 1);
  if (options.Get("cooperative").ToBoolean()) Attribute(kCooperative, 1);

  if (!info[3].IsArray()) throw Napi::TypeError::New(info.Env(), "argument offsets must be an array");
  auto offsets = info[3].As<Napi::Array>();
  bytes_ = Count(info[4], "bytes");
  block_ = AllocateBlock(bytes_);
  for (uint32_t index = 0; index < offsets.Length(); ++index) {
    uint64_t offset = Count(offsets.Get(index), "offset");
    CheckRange(info.Env(), offset, 1, bytes_, "argument block");
    params_.push_back(block_.get() + offset);
  }
}

void PreparedLaunch::Attribute(int id, unsigned x, unsigned y, unsigned z) {
  CUlaunchAttribute& attribute = attributes_[config_.attributeCount++];
  attribute.id = id;
  attribute.value.cluster = {x, y, z};
}

void PreparedLaunch::Run() {
  if (!function_) throw Failure(kInvalidValue, "cuLaunchKernelEx", "a launch that has been destroyed");
  if (config_.grid[0] == 0 || config_.grid[1] == 0 || config_.grid[2] == 0) return;
  function_->module->context->Enter();
  CALL(cuLaunchKernelEx, (&config_, function_->raw, params_.data(), nullptr), function_->name,
       "grid " + Extent(config_.grid), "block " + Extent(config_.block),
       std::to_string(config_.sharedBytes) + " bytes of shared memory");
  if (stream_->capturing) stream_->Keep(function_);
}

Napi::Value PreparedLaunch::Params(const Napi::CallbackInfo& info) {
  // Every buffer holds the block, so views of it stay valid after this object is gone.
  return Expose(info.Env(), block_.get(), bytes_, Live(info.Env(), block_, "PreparedLaunch"));
}

void PreparedLaunch::SetGrid(const Napi::CallbackInfo& info) {
  for (size_t axis = 0; axis < 3; ++axis) config_.grid[axis] = static_cast<unsigned>(Count(info[axis], "grid"));
}

void PreparedLaunch::SetStream(const Napi::CallbackInfo& info) {
  stream_ = Stream::From(info[0]);
  config_.stream = stream_->raw;
}

void PreparedLaunch::Destroy(const Napi::CallbackInfo&) {
  function_.reset();
  stream_.reset();
  block_.reset();
}

void PreparedLaunch::Define(Napi::Env env, Napi::Object exports) {
  using Own = Class<PreparedLaunch>;
  Own::Define(env, exports, "PreparedLaunch",
              {LaunchMethod<PreparedLaunch>(), Own::Method<&PreparedLaunch::Params>("params"),
               Own::Method<&PreparedLaunch::SetGrid>("setGrid"), Own::Method<&PreparedLaunch::SetStream>("setStream"),
               Own::Method<&PreparedLaunch::Destroy>("destroy")});
}

LaunchList::LaunchList(const Napi::CallbackInfo& info) {
  if (!info[0].IsArray()) throw Napi::TypeError::New(info.Env(), "argument launches must be an array");
  auto array = info[0].As<Napi::Array>();
  for (uint32_t index = 0; index < array.Length(); ++index) {
    Napi::Value launch = array.Get(index);
    launches_.push_back(&Class<PreparedLaunch>::Unwrap(launch, "launches"));
    kept_.push_back(Napi::Persistent(launch.As<Napi::Object>()));
  }
}

void LaunchList::Run() {
  for (PreparedLaunch* launch : launches_) launch->Run();
}

void LaunchList::Define(Napi::Env env, Napi::Object exports) {
  Class<LaunchList>::Define(env, exports, "LaunchList", {LaunchMethod<LaunchList>()});
}

}  // namespace tilescript
