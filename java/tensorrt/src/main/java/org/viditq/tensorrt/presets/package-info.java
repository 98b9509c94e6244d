/** The device interfaces on NVIDIA's libraries, through JavaCPP's presets for CUDA and TensorRT. */
package org.viditq.tensorrt.presets;
