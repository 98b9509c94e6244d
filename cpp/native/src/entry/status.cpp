#include "viditq.h"

const char* viditq_version(void) { return VIDITQ_VERSION; }

const char* viditq_status_message(int status) {
  switch (status) {
    case VIDITQ_OK:
      return "done";
    case VIDITQ_NULL_POINTER:
      return "a buffer is null";
    case VIDITQ_BAD_SIZE:
      return "an extent is out of range";
    case VIDITQ_BAD_FORMAT:
      return "the bit width is not between 2 and 8";
    case VIDITQ_OVERFLOW:
      return "the extents are too large for memory or for int32 sums";
    case VIDITQ_OVERLAP:
      return "an output shares memory with another buffer";
    case VIDITQ_NOT_FINITE:
      return "the input holds NaN, infinity or a range beyond float32";
    case VIDITQ_BAD_GRID:
      return "a scale is not positive and finite";
    case VIDITQ_BAD_ISA:
      return "the instruction set is unknown or not supported by this processor";
    case VIDITQ_NO_MEMORY:
      return "memory could not be allocated";
    case VIDITQ_NO_THREADS:
      return "the threads could not be started";
    case VIDITQ_BAD_ARGUMENT:
      return "an argument is none of its allowed values";
    case VIDITQ_LIBRARY_FAILED:
      return "oneDNN refused the product";
    case VIDITQ_STILL_BUSY:
      return "work goes on for longer than was to be waited";
    default:
      return "unknown status";
  }
}
