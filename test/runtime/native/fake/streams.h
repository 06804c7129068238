// Streams and events.
#pragma once

#include "state.h"

namespace {

CUresult RefuseInCapture(CUstream stream) {
  if (!stream->capturing) return 0;
  stream->invalidated = true;
  return kCaptureUnsupported;
}

}  // namespace

API CUresult cuStreamCreateWithPriority(CUstream* stream, unsigned flags, int priority) {
  CONTEXT_CALL("cuStreamCreateWithPriority", flags, priority);
  streams.insert(*stream = new StreamTag);
  (*stream)->context = current;
  return 0;
}
API CUresult cuStreamDestroy_v2(CUstream stream) {
  LOCK;
  CUresult told = Begin("cuStreamDestroy_v2");
  if (!streams.erase(stream)) return kInvalidValue;
  if (graphs.erase(stream->capturing)) delete stream->capturing;
  // What is queued runs all the same.
  orphans.insert(stream);
  RunAll(stream->context);
  return told;
}
API CUresult cuStreamSynchronize(CUstream stream) {
  Pause();
  {
    CONTEXT_CALL("cuStreamSynchronize");
    if (!streams.count(stream)) return kInvalidValue;
    OWN(stream);
    if (CUresult refused = RefuseInCapture(stream)) return refused;
  }
  Block([=, place = stream->queued] { return RunUntil(stream, place); });
  return current->lost;
}
API CUresult cuStreamQuery(CUstream stream) {
  CONTEXT_CALL("cuStreamQuery");
  if (!streams.count(stream)) return kInvalidValue;
  OWN(stream);
  if (CUresult refused = RefuseInCapture(stream)) return refused;
  RunAll(current);
  return Setting("PENDING", 0) || !stream->waiting.empty() ? kNotReady : 0;
}
API CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned) {
  CONTEXT_CALL("cuStreamWaitEvent");
  if (!streams.count(stream) || !events.count(event)) return kInvalidValue;
  // Of any device: this is how streams of several wait for each other.
  OWN(stream);
  // The launcher lets no event out of a capture, which would draw this stream into it.
  if (event->captured && !stream->capturing) return kCaptureUnsupported;
  RunUntil(event->stream, event->place);
  return 0;
}
API CUresult cuStreamBeginCapture_v2(CUstream stream, int mode) {
  CONTEXT_CALL("cuStreamBeginCapture_v2", mode);
  if (!streams.count(stream) || stream->capturing) return kInvalidValue;
  OWN(stream);
  graphs.insert(stream->capturing = new GraphTag{current, {}});
  return 0;
}
API CUresult cuStreamEndCapture(CUstream stream, CUgraph* graph) {
  LOCK;
  CUresult told = Begin("cuStreamEndCapture");
  if (!streams.count(stream) || !stream->capturing) return kInvalidValue;
  *graph = stream->capturing;
  stream->capturing = nullptr;
  if (stream->invalidated && !told) told = kCaptureInvalidated;
  stream->invalidated = false;
  if (told) {
    graphs.erase(*graph);
    delete *graph;
    *graph = nullptr;
  }
  return told;
}
API CUresult cuEventCreate(CUevent* event, unsigned flags) {
  CONTEXT_CALL("cuEventCreate", flags);
  events.insert(*event = new EventTag{current, {}});
  return 0;
}
API CUresult cuEventDestroy_v2(CUevent event) {
  LOCK;
  CUresult told = Begin("cuEventDestroy_v2");
  if (!events.erase(event)) return kInvalidValue;
  delete event;
  return told;
}
API CUresult cuEventRecord(CUevent event, CUstream stream) {
  CONTEXT_CALL("cuEventRecord");
  if (!events.count(event)) return kInvalidValue;
  if (!streams.count(stream)) return kInvalidValue;
  OWN(event);
  OWN(stream);
  event->captured = stream->capturing;
  CUresult put = Put(stream, 7, [=] {
    if (events.count(event)) event->at = std::chrono::steady_clock::now();
  });
  event->stream = stream;
  if (!put) event->place = stream->queued;
  return put;
}
API CUresult cuEventSynchronize(CUevent event) {
  Pause();
  {
    CONTEXT_CALL("cuEventSynchronize");
    if (!events.count(event)) return kInvalidValue;
    if (event->captured) return kCapturedEvent;
    OWN(event);
  }
  Block([stream = event->stream, place = event->place] { return RunUntil(stream, place); });
  return current->lost;
}
API CUresult cuEventQuery(CUevent event) {
  CONTEXT_CALL("cuEventQuery");
  if (!events.count(event)) return kInvalidValue;
  if (event->captured) return kCapturedEvent;
  OWN(event);
  RunAll(current);
  return Setting("PENDING", 0) || !RunUntil(event->stream, event->place) ? kNotReady : 0;
}
API CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end) {
  CONTEXT_CALL("cuEventElapsedTime");
  if (start->captured || end->captured) return kCapturedEvent;
  OWN(start);
  OWN(end);
  *milliseconds = std::chrono::duration<float, std::milli>(end->at - start->at).count();
  return 0;
}
