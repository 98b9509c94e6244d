// TensorRT's interfaces for plugins and for watching a build: NVIDIA's headers where they are
// installed, else our declarations. VIDITQ_OWN_NVINFER takes ours anyway: NVIDIA's bring CUDA's,
// which the emulation replaces.
#pragma once

#if !defined(VIDITQ_OWN_NVINFER) && __has_include(<NvInfer.h>) && __has_include(<cuda_runtime_api.h>)
#include <NvInfer.h>
#else
#include "nvinfer_declarations.h"
#endif

static_assert(sizeof(nvinfer1::Dims) == 72 && sizeof(nvinfer1::PluginField) == 24 &&
                  sizeof(nvinfer1::PluginTensorDesc) == 88 &&
                  sizeof(nvinfer1::DynamicPluginTensorDesc) == 304 &&
                  sizeof(nvinfer1::DimsExprs) == 72,
              "the layouts of TensorRT 10 and 11");
