/**
 * The CUDA kernels seen from Java. {@code org.viditq.cuda.bridge} is generated from {@code
 * viditq_cuda.h} by JavaCPP; its native library holds the kernels as they run in emulation, on host
 * memory, so that they can be held against other backends on a machine without a GPU.
 */
package org.viditq.cuda;
